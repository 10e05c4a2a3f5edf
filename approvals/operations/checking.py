"""Evaluating the gates of a request, and noticing that what was decided on has changed."""

from typing import Any

from django.utils import timezone

from accounts.principals import System
from accounts.roles import Action
from approvals.exceptions import RequestClosed
from approvals.gates import has_moved, judged_again
from approvals.models import GateOutcome, GateResult, PromotionRequest, RequestRevision, RequestState
from approvals.operations.held import hold_request
from approvals.operations.requests import wake_checks
from approvals.operations.revisions import supersede
from approvals.queries import newest_revision, requirement_of
from approvals.recalled import differs
from approvals.standing import Standing, standing_of
from approvals.subject import changed_members, subject_digest, subject_of
from audit.event_types import EventType
from audit.operation import after_commit, bulk_write, operation, record, require


@bulk_write
def store_gate(
    actor: System,
    revision: RequestRevision,
    position: int,
    *,
    outcome: GateOutcome,
    sentence: str,
    observed: str = "",
    expected: str = "",
    inputs: dict[str, Any] | None = None,
    evaluator: str = "",
) -> None:
    """Keep what a gate said about a revision that is still being checked; pages show it at once."""
    require(Action.REQUEST, revision.request)
    GateResult.objects.filter(revision=revision, position=position, revision__checked_at=None).update(
        outcome=outcome,
        sentence=sentence,
        observed=observed,
        expected=expected,
        inputs=inputs or {},
        evaluator=evaluator,
        evaluated_at=timezone.now(),
    )


@operation
def finish_check(actor: System, request: PromotionRequest, revision_number: int) -> PromotionRequest:
    """Fix the subject of a revision once all its gates have spoken. Harmless when that was done, or is out of date."""
    require(Action.REQUEST, request)
    request = hold_request(request)
    revision = newest_revision(request)
    gates = list(revision.gates.all())
    done = revision.checked_at is not None or revision.number != revision_number
    if done or any(gate.outcome == GateOutcome.WAITING for gate in gates):
        return request
    now = timezone.now()
    revision.subject = subject_of(request, standing_of(request.model), gates)
    revision.subject_digest, revision.checked_at = subject_digest(revision.subject), now
    revision.save(update_fields=["subject", "subject_digest", "checked_at"])
    request.state, request.updated_at = RequestState.AWAITING, now
    request.save(update_fields=["state", "updated_at"])
    outcomes = {str(outcome): sum(gate.outcome == outcome for gate in gates) for outcome in GateOutcome}
    record(
        EventType.PROMOTION_REQUEST_CHECKED,
        request,
        after={
            "revision": revision.number,
            "subject": revision.subject_digest,
            "gates": {outcome: count for outcome, count in outcomes.items() if count},
        },
    )
    after_commit(_go_on, request.pk)
    return request


@operation
def refresh_request(actor: System, request: PromotionRequest, *, ask_gates: bool = False) -> PromotionRequest:
    """Compare what was decided on with what would be promoted now; a difference begins a new revision.

    With ``ask_gates`` the gates that need not read files are evaluated too. Does nothing while gates are being
    evaluated, or when nothing has changed.
    """
    require(Action.REQUEST, request)
    try:
        request = hold_request(request)
    except RequestClosed:
        return request
    revision = newest_revision(request)
    if revision.checked_at is None or revision.subject is None:
        return request
    standing = standing_of(request.model)
    changed = changes_since(request, revision, standing, ask_gates=ask_gates)
    if changed:
        supersede(request, standing, f"{_words(changed)} changed")
        after_commit(wake_checks, request.pk)
    return request


@operation
def reopen_check(actor: System, request: PromotionRequest, cause: str) -> PromotionRequest:
    """Evaluate all gates of an open request again, for a reason that its subject does not show."""
    require(Action.REQUEST, request)
    try:
        request = hold_request(request)
    except RequestClosed:
        return request
    if request.state != RequestState.CHECKING:
        supersede(request, standing_of(request.model), cause)
    after_commit(wake_checks, request.pk)
    return request


def changes_since(
    request: PromotionRequest, revision: RequestRevision, standing: Standing, *, ask_gates: bool = False
) -> list[str]:
    """The members of the subject that are not as they were when the revision was checked."""
    now = subject_of(request, standing, revision.gates.all())
    changed = changed_members(revision.subject or {}, now)
    if differs(requirement_of(revision), request.version):
        changed.append("what is recalled of what it was made from")
    if changed or not ask_gates:
        return changed
    judged = judged_again(request, revision, requirement_of(revision))
    return ["what the gates say"] if any(has_moved(kept, result) for kept, result in judged) else []


def _words(changed: list[str]) -> str:
    return changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"


def _go_on(request_pk: int) -> None:
    from approvals.tasks import go_on

    go_on.delay(request_pk)
