"""What every evaluator of a gate gets and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from approvals.models import GateOutcome, PromotionRequest
from registry.models import ModelVersion

#: Changes when an evaluator judges differently than before; kept with every result.
EVALUATOR_VERSION = "1"


@dataclass(frozen=True)
class Context:
    """What is judged: the version, the request, and when. ``request`` is None for a mere check beforehand.

    ``gate`` is what the policy calls the gate. A ``trial`` is a check by a worker for somebody who is about to ask: all
    bytes are read, and what only time or the request itself can bring is a warning. ``thorough`` reads all bytes too.
    """

    version: ModelVersion
    request: PromotionRequest | None
    now: datetime
    to_stage: str = ""
    gate: str = ""
    trial: bool = False
    thorough: bool = False

    @property
    def target(self) -> str:
        """The stage that the version would enter."""
        return str(self.request.to_stage) if self.request else self.to_stage


@dataclass(frozen=True)
class Result:
    """What a gate says: ``sentence`` for people, ``observed``, ``expected`` as text, ``inputs`` to judge it again."""

    outcome: GateOutcome
    sentence: str
    observed: str = ""
    expected: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Whether the step cannot be taken with it."""
        return self.outcome in (GateOutcome.FAIL, GateOutcome.ERROR, GateOutcome.WAITING)

    def waived(self, reason: str) -> "Result":
        """The same, passed over by an approver."""
        return replace(self, outcome=GateOutcome.WAIVED, sentence=f"Waived: {reason} ({self.sentence})")

    def columns(self) -> dict[str, Any]:
        """As a `GateResult` keeps it."""
        return {
            "outcome": self.outcome,
            "sentence": self.sentence,
            "observed": self.observed,
            "expected": self.expected,
            "inputs": dict(self.inputs),
            "evaluator": f"stagekeeper/{EVALUATOR_VERSION}",
        }


Evaluator = Callable[[Context, Mapping[str, Any]], Result]


def passed(sentence: str, **more: Any) -> Result:
    """The gate lets the version pass."""
    return Result(GateOutcome.PASS, sentence, **more)


def failed(sentence: str, **more: Any) -> Result:
    """The gate blocks."""
    return Result(GateOutcome.FAIL, sentence, **more)


def error(sentence: str, **more: Any) -> Result:
    """The gate cannot say, which blocks too."""
    return Result(GateOutcome.ERROR, sentence, **more)


def warned(sentence: str, **more: Any) -> Result:
    """The gate lets the version pass, and somebody should look."""
    return Result(GateOutcome.WARN, sentence, **more)
