"""Approving, rejecting, asking for changes."""

from datetime import datetime

from django.utils import timezone

from accounts.principals import Principal
from accounts.roles import Action
from approvals.exceptions import GatesBlock, MayNotDecide, SubjectChanged, gates_block
from approvals.masking import Mask, for_everybody
from approvals.models import Decision, PromotionRequest, RequestRevision, RequestState, Verdict
from approvals.operations.checking import changes_since
from approvals.operations.held import hold_request
from approvals.policy import Requirement
from approvals.queries import blocking, counted_votes, newest_revision, requirement_of
from approvals.rights import decider_of, groups_of, makers_of
from approvals.rules import counting_rights, missing_approvals, stands_against
from approvals.standing import standing_of
from audit.event_types import EventType
from audit.exceptions import InvalidInput, Refusal
from audit.operation import operation, record, require
from registry.operations import transition_stage
from registry.rules import DESCRIPTION_LENGTH, Stage, check_text


@operation
def decide(
    actor: Principal,
    request: PromotionRequest,
    verdict: Verdict,
    *,
    subject_digest: str,
    comment: str = "",
    signed_in_at: datetime | None = None,
) -> PromotionRequest:
    """Decide on exactly the subject with this digest.

    The approval that completes the quorum also takes the step, unless the policy leaves that to a later call. A
    rejection ends the request. ``signed_in_at`` is when the actor last gave their password. Raises MayNotDecide,
    SubjectChanged, GatesBlock or RequestClosed.
    """
    require(Action.DECIDE, request)
    check_text("The comment", comment, DESCRIPTION_LENGTH)
    request = hold_request(request)
    revision = newest_revision(request)
    requirement = requirement_of(revision)
    decider = decider_of(actor, request, signed_in_at)
    now = timezone.now()
    if reason := stands_against(decider, makers_of(request), requirement, now):
        raise MayNotDecide(reason)
    if verdict != Verdict.APPROVE and not comment.strip():
        raise InvalidInput("Say why: whoever asked has to know what to change.")
    _check_subject(request, revision, subject_digest)
    if revision.decisions.filter(person=actor.user).exists():
        raise MayNotDecide("You have decided on this revision already.")
    if verdict == Verdict.APPROVE and (gates := blocking(revision.gates.all())):
        raise gates_block(Mask(actor, request.version, revision.incumbent).told(gates))
    rights = counting_rights(decider.rights, makers_of(request), requirement, now)
    Decision.objects.create(
        revision=revision,
        person=actor.user,
        verdict=verdict,
        comment=comment,
        subject_digest=subject_digest,
        by_right="; ".join(right.sentence for right in rights)[:500],
        groups=groups_of(rights),
        at=now,
    )
    state = _state_after(request, revision, requirement, verdict, now)
    after = {"verdict": str(verdict), "subject": subject_digest, "revision": revision.number, "state": str(state)}
    request.state, request.updated_at = state, now
    if state == RequestState.REJECTED:
        request.closed_at, request.outcome = now, comment[:1000]
    request.save(update_fields=["state", "updated_at", "closed_at", "outcome"])
    record(EventType.PROMOTION_REQUEST_DECIDED, request, after=after, reason=comment)
    if state == RequestState.APPROVED and requirement.execute == "automatically":
        take_step(actor, request)
    return request


def take_step(actor: Principal, request: PromotionRequest) -> None:
    """Take the step of an approved request within the caller's operation; what stands against it is kept for people."""
    try:
        transition_stage(actor, request.version, Stage(request.to_stage), reason=request.reason)
    except Refusal as refusal:
        request.outcome = _for_everybody(refusal)[:1000]
        request.save(update_fields=["outcome"])
    else:
        request.refresh_from_db(fields=["state", "closed_at", "outcome", "updated_at", "audit_seq", "audit_head"])


def _for_everybody(refusal: Refusal) -> str:
    """What stands against the step, as all may read it who see the model."""
    return str(gates_block(for_everybody(refusal.details["gates"])) if isinstance(refusal, GatesBlock) else refusal)


def _check_subject(request: PromotionRequest, revision: RequestRevision, subject_digest: str) -> None:
    if revision.checked_at is None:
        raise SubjectChanged("The gates of this request are being evaluated: decide when they have spoken.")
    changed = changes_since(request, revision, standing_of(request.model), ask_gates=True)
    if changed or subject_digest != revision.subject_digest:
        what = f": {', '.join(changed)} changed" if changed else ""
        raise SubjectChanged(f"This is no longer what you were shown{what}. Look at the request again, then decide.")


def _state_after(
    request: PromotionRequest,
    revision: RequestRevision,
    requirement: Requirement,
    verdict: Verdict,
    now: datetime,
) -> RequestState:
    if verdict == Verdict.REJECT:
        return RequestState.REJECTED
    if verdict == Verdict.REQUEST_CHANGES:
        return RequestState.CHANGES_REQUESTED
    missing = missing_approvals(counted_votes(request, revision, requirement, now), requirement)
    return RequestState.AWAITING if missing else RequestState.APPROVED
