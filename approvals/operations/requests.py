"""Asking that a version may enter a stage, and ending requests."""

from datetime import timedelta

from django.utils import timezone

from accounts.principals import Principal, System
from accounts.roles import Action
from approvals.exceptions import RequestClosed
from approvals.models import OPEN_STATES, PromotionRequest, RequestState
from approvals.operations.held import hold_request
from approvals.operations.revisions import begin_revision, supersede
from approvals.queries import open_request_of
from approvals.recalled import with_recalls
from approvals.standing import standing_of
from approvals.steps import check_step
from audit.event_types import EventType
from audit.exceptions import Conflict
from audit.operation import after_commit, operation, record, require
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion
from registry.operations.held import hold_makers, hold_version
from registry.rules import DESCRIPTION_LENGTH, Stage, check_text


@operation
def open_request(actor: Principal, version: ModelVersion, to_stage: Stage, *, reason: str = "") -> PromotionRequest:
    """Ask that a version may enter a stage; the open request for the same step is returned as it is.

    Its gates are evaluated after the commit. Raises StageChangeNotAllowed when the step needs no request or cannot be
    taken at all, and Conflict when another version of the model is waiting for the same stage.
    """
    require(Action.REQUEST, version)
    check_text("The reason", reason, DESCRIPTION_LENGTH)
    version = hold_version(version)
    standing = standing_of(version.model)
    requirement = with_recalls(standing.requirement(to_stage), version)
    check_step(version, to_stage, requirement)
    if (waiting := open_request_of(version.model, to_stage)) is not None:
        if waiting.version_id == version.pk:
            return waiting
        raise Conflict(
            f"{str(waiting).capitalize()} for {waiting.version} to {to_stage} is open: finish or cancel it first.",
            details={"request": waiting.pk},
        )
    if requirement.is_free:
        raise StageChangeNotAllowed(f"{version} needs nobody's approval for {to_stage}: move it there directly.")
    hold_makers(version)
    now = timezone.now()
    request = PromotionRequest.objects.create(
        project_id=version.project_id,
        model=version.model,
        version=version,
        to_stage=to_stage,
        requester=actor.user,
        reason=reason,
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(days=requirement.expires_after_days),
    )
    begin_revision(request, standing, now)
    after = {"version": version.number, "to_stage": str(to_stage), "policy": str(standing.policy)}
    record(EventType.PROMOTION_REQUEST_OPENED, request, after=after, reason=reason)
    after_commit(wake_checks, request.pk)
    return request


@operation
def resubmit(actor: Principal, request: PromotionRequest, *, reason: str | None = None) -> PromotionRequest:
    """Ask again after changes were requested, perhaps with another reason. Earlier decisions are void."""
    require(Action.REQUEST, request)
    request = hold_request(request)
    if reason is not None:
        check_text("The reason", reason, DESCRIPTION_LENGTH)
        request.reason = reason
        request.save(update_fields=["reason"])
    record(EventType.PROMOTION_REQUEST_RESUBMITTED, request, after={"revision": request.revision + 1})
    supersede(request, standing_of(request.model), f"{actor.user} submitted it again")
    after_commit(wake_checks, request.pk)
    return request


@operation
def cancel_request(actor: Principal, request: PromotionRequest, *, reason: str = "") -> PromotionRequest:
    """Take a request back: its requester, or whoever may decide."""
    own = request.requester_id == actor.user_id
    require(Action.VIEW if own else Action.DECIDE, request)
    request = hold_request(request)
    _end(request, RequestState.CANCELLED, reason)
    record(EventType.PROMOTION_REQUEST_CANCELLED, request, after={"state": request.state}, reason=reason)
    return request


@operation
def end_request(actor: System, request: PromotionRequest, state: RequestState, outcome: str) -> PromotionRequest:
    """End a request whose time is over, or whose step can no longer be taken. Harmless for one that has ended."""
    require(Action.REQUEST, request)
    request = PromotionRequest.objects.locked(request.pk)
    if request.state not in OPEN_STATES:
        return request
    if state not in (RequestState.EXPIRED, RequestState.INVALIDATED):
        raise RequestClosed(f"A request does not end as {state} by itself.")
    _end(request, state, outcome)
    types = {
        RequestState.EXPIRED: EventType.PROMOTION_REQUEST_EXPIRED,
        RequestState.INVALIDATED: EventType.PROMOTION_REQUEST_INVALIDATED,
    }
    record(types[state], request, after={"state": request.state}, reason=outcome)
    return request


def _end(request: PromotionRequest, state: RequestState, outcome: str) -> None:
    now = timezone.now()
    request.state, request.outcome, request.updated_at, request.closed_at = state, outcome[:1000], now, now
    request.save(update_fields=["state", "outcome", "updated_at", "closed_at"])


def wake_checks(request_pk: int) -> None:
    """Let a worker evaluate the gates; the scheduler finds the request too if the message is lost."""
    from approvals.tasks import check_gates

    check_gates.delay(request_pk)
