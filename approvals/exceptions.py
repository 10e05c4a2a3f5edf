"""Refusals of promotions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.exceptions import Conflict, InvalidInput, InvalidState, PermissionDenied


@dataclass(frozen=True)
class PolicyError:
    """A mistake in the text of a policy; lines are counted from 1."""

    line: int
    sentence: str


class InvalidPolicy(InvalidInput):
    """The text of a policy is wrong; ``errors`` says where."""

    def __init__(self, errors: Sequence[PolicyError]) -> None:
        self.errors = list(errors)
        told = [{"line": error.line, "message": error.sentence} for error in self.errors]
        first = self.errors[0]
        more = f" There are {len(told) - 1} more mistakes." if len(told) > 1 else ""
        super().__init__(f"Line {first.line}: {first.sentence}{more}", details={"errors": told})


class ApprovalNeeded(Conflict):
    """The step waits for people; the sentence says how many, and where they decide."""


class MayNotDecide(PermissionDenied):
    """This person may not decide on this request; the sentence says which rule stands against it."""


class RequestClosed(InvalidState):
    """The request can no longer change."""


class SubjectChanged(Conflict):
    """What was decided on is no longer what would be promoted."""


class GatesBlock(InvalidState):
    """Gates do not let the version pass; ``details`` names them."""


def gates_block(gates: Sequence[dict[str, Any]]) -> GatesBlock:
    """The refusal for gates that do not pass, each with ``name`` and ``sentence``."""
    named = "; ".join(f"{gate['name']}: {gate['sentence']}" for gate in gates[:3])
    more = f"; and {len(gates) - 3} more" if len(gates) > 3 else ""
    return GatesBlock(f"Gates block this step. {named}{more}.", details={"gates": list(gates)})
