"""Whether a version could enter a stage now, said beforehand: what a CI job asks before it tries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils import timezone

from accounts.principals import Principal
from accounts.roles import Action
from approvals.gates import evaluate_beforehand
from approvals.masking import HIDDEN, Mask
from approvals.models import GateOutcome, PromotionRequest, RequestState
from approvals.queries import counted_votes, newest_revision, open_request_of, requirement_of
from approvals.recalled import with_recalls
from approvals.rules import missing_approvals
from approvals.standing import standing_of
from approvals.steps import check_step
from approvals.subject import incumbent_of
from audit.exceptions import NotFound, Refusal
from registry.models import ModelVersion
from registry.operations.quarantine import check_not_quarantined
from registry.rules import Stage, raises_trust


class Readiness(StrEnum):
    """Whether the step could be taken."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NEEDS_APPROVAL = "needs_approval"


@dataclass(frozen=True)
class CheckedGate:
    """What one gate says."""

    name: str
    type: str
    hard: bool
    outcome: str
    sentence: str
    observed: str
    expected: str

    @property
    def blocks(self) -> bool:
        """Whether the step cannot be taken with it."""
        return self.outcome in (GateOutcome.FAIL, GateOutcome.ERROR, GateOutcome.WAITING)


@dataclass(frozen=True)
class Check:
    """The whole answer: in one word, in one sentence, and gate by gate."""

    readiness: Readiness
    sentence: str
    policy: str
    tier: str
    approvals: int
    missing_approvals: int
    gates: Sequence[CheckedGate]
    request: PromotionRequest | None = None


def check_version(actor: Principal, version: ModelVersion, to_stage: Stage) -> Check:
    """Say whether a version could enter a stage, with every gate; changes nothing. Raises NotFound for the unseen."""
    if not actor.may(Action.VIEW, version):
        raise NotFound("There is no model version like that, or you may not see it.")
    standing = standing_of(version.model)
    requirement = with_recalls(standing.requirement(to_stage), version)
    request = open_request_of(version.model, to_stage)
    if request is not None and request.version_id != version.pk:
        request = None
    mask = Mask(actor, version, incumbent_of(version, to_stage))
    gates = [_masked(gate, mask) for gate in _gates(version, to_stage, request)]
    missing = requirement.approvals
    if request is not None:
        revision = newest_revision(request)
        votes = counted_votes(request, revision, requirement_of(revision), timezone.now())
        missing = missing_approvals(votes, requirement_of(revision))
    readiness, sentence = _verdict(version, to_stage, gates, missing)
    return Check(readiness, sentence, standing.name, standing.tier, requirement.approvals, missing, gates, request)


def _masked(gate: CheckedGate, mask: Mask) -> CheckedGate:
    return replace(gate, sentence=HIDDEN, observed="") if gate.sentence and mask.hides(gate.type) else gate


def _gates(version: ModelVersion, to_stage: Stage, request: PromotionRequest | None) -> list[CheckedGate]:
    """As the open request has them; without one, or while it is being checked, as they would be now."""
    if request is not None and request.state != RequestState.CHECKING:
        kept = newest_revision(request).gates.all()
        return [
            CheckedGate(gate.name, gate.type, gate.hard, gate.outcome, gate.sentence, gate.observed, gate.expected)
            for gate in kept
        ]
    requirement = with_recalls(standing_of(version.model).requirement(to_stage), version)
    return [
        CheckedGate(gate.name, gate.type, gate.hard, said.outcome, said.sentence, said.observed, said.expected)
        for gate, said in evaluate_beforehand(version, to_stage, requirement)
    ]


def _verdict(
    version: ModelVersion, to_stage: Stage, gates: Sequence[CheckedGate], missing: int
) -> tuple[Readiness, str]:
    if version.stage == to_stage:
        return Readiness.PASS, f"{version} is in {to_stage} already."
    if flaw := _flaw(version, to_stage):
        return Readiness.FAIL, flaw
    blocking = [gate for gate in gates if gate.blocks]
    if blocking:
        named = "; ".join(f"{gate.name}: {gate.sentence}" for gate in blocking)
        return Readiness.FAIL, f"{len(blocking)} of {len(gates)} gates do not let {version} pass. {named}"
    if missing:
        return Readiness.NEEDS_APPROVAL, f"{version} needs {missing} more approval{'s' if missing > 1 else ''}."
    return Readiness.PASS, f"{version} may go to {to_stage}."


def _flaw(version: ModelVersion, to_stage: Stage) -> str:
    """Why no approval could help; empty when nothing stands against the step itself."""
    if not raises_trust(Stage(version.stage), to_stage):
        return ""
    try:
        check_not_quarantined(version)
        check_step(version, to_stage, standing_of(version.model).requirement(to_stage))
    except Refusal as refusal:
        return str(refusal)
    return ""
