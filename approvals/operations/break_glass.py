"""Emergencies: the step first, the decision of a second person afterwards, and everybody is told."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.principals import Principal, System
from accounts.roles import Action
from approvals.emergency import Findings, check_words, counts_in_emergency
from approvals.exceptions import MayNotDecide, RequestClosed, gates_block
from approvals.gates import evaluate_now
from approvals.masking import Mask
from approvals.models import GateOutcome, PromotionRequest, RequestKind, RequestState
from approvals.operations.revisions import begin_revision
from approvals.policy import Requirement
from approvals.queries import open_request_of, whole_requests
from approvals.rights import decider_of, makers_of
from approvals.rules import stands_against
from approvals.standing import standing_of
from approvals.steps import check_step
from approvals.subject import subject_digest, subject_of
from audit.event_types import EventType
from audit.models import AuditEvent
from audit.operation import operation, record, require
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion
from registry.operations import transition_stage
from registry.operations.held import hold_version
from registry.rules import Stage

#: People are reminded when a third of the time for ratification is left, or this much.
LITTLE_TIME = timedelta(hours=24)


@operation
def break_glass(
    actor: Principal,
    version: ModelVersion,
    to_stage: Stage,
    *,
    reason: str,
    incident: str,
    findings: Findings,
) -> PromotionRequest:
    """Move a version at once, without approval, in an emergency. Hard gates and the integrity of its files still count.

    ``reason`` has at least 30 characters, ``incident`` refers to where the emergency is handled, ``findings`` is what
    `approvals.emergency.look` found in the files before. Somebody else must ratify the step before the time that the
    policy gives. Raises StageChangeNotAllowed, InvalidInput, GatesBlock, or Conflict when the files changed meanwhile.
    """
    require(Action.BREAK_GLASS, version)
    check_words(reason, incident)
    version = hold_version(version)
    standing = standing_of(version.model)
    requirement = standing.requirement(to_stage)
    check_step(version, to_stage, requirement)
    if not requirement.break_glass:
        raise StageChangeNotAllowed(f"The policy {standing.name} does not allow break-glass.")
    findings.check_still_true(version, standing)
    _displace(version, to_stage)
    request = _request(actor, version, to_stage, requirement, reason, incident)
    revision = begin_revision(request, standing, request.created_at)
    gates = evaluate_now(request, revision, only=counts_in_emergency, known=findings.results)
    failed = [gate for gate in gates if gate.outcome in (GateOutcome.FAIL, GateOutcome.ERROR)]
    if failed:
        raise gates_block(Mask(actor, version, revision.incumbent).told(failed))
    revision.subject = subject_of(request, standing, gates)
    revision.subject_digest, revision.checked_at = subject_digest(revision.subject), request.created_at
    revision.save(update_fields=["subject", "subject_digest", "checked_at"])
    after = {"version": version.number, "to_stage": str(to_stage), "incident": incident}
    record(EventType.PROMOTION_REQUEST_GLASS_BROKEN, request, after=after, reason=reason)
    transition_stage(actor, version, to_stage, reason=reason)
    return whole_requests().get(pk=request.pk)


@operation
def ratify(
    actor: Principal, request: PromotionRequest, *, comment: str = "", signed_in_at: datetime | None = None
) -> PromotionRequest:
    """Agree afterwards with an emergency step; the rules of an approval hold. Raises MayNotDecide or RequestClosed."""
    require(Action.DECIDE, request)
    PromotionRequest.objects.locked(request.pk)
    request = whole_requests().get(pk=request.pk)
    if request.kind != RequestKind.BREAK_GLASS or request.ratified_at is not None:
        raise RequestClosed(f"{str(request).capitalize()} does not wait for ratification.")
    requirement = standing_of(request.model).requirement(request.to_stage)
    now = timezone.now()
    decider = decider_of(actor, request, signed_in_at)
    if against := stands_against(decider, makers_of(request), requirement, now):
        raise MayNotDecide(against)
    request.ratified_at, request.ratified_by, request.updated_at = now, actor.user, now
    request.save(update_fields=["ratified_at", "ratified_by", "updated_at"])
    record(EventType.PROMOTION_REQUEST_RATIFIED, request, after={"ratified_by": actor.uid}, reason=comment)
    return request


@operation
def remind_of_ratification(actor: System, request: PromotionRequest) -> None:
    """Say once that an emergency step waits for ratification with little time left, and once that the time is over."""
    require(Action.REQUEST, request)
    request = PromotionRequest.objects.locked(request.pk)
    if request.ratify_by is None or request.ratified_at is not None or request.state != RequestState.EXECUTED:
        return
    now = timezone.now()
    is_over = request.ratify_by <= now
    if not is_over and request.ratify_by - min(LITTLE_TIME, (request.ratify_by - request.created_at) / 3) > now:
        return
    events = AuditEvent.objects.filter(object_type=request.audit_type, object_id=request.audit_id)
    said = set(events.filter(action__startswith="promotion_request.ratification_").values_list("action", flat=True))
    after = {"ratify_by": request.ratify_by.isoformat()}
    if is_over and EventType.PROMOTION_REQUEST_RATIFICATION_OVERDUE not in said:
        record(EventType.PROMOTION_REQUEST_RATIFICATION_OVERDUE, request, after=after)
    elif not is_over and not said:
        record(EventType.PROMOTION_REQUEST_RATIFICATION_DUE, request, after=after)


def _displace(version: ModelVersion, to_stage: Stage) -> None:
    """Whatever waited for the same stage is overtaken."""
    waiting = open_request_of(version.model, to_stage)
    if waiting is None:
        return
    now = timezone.now()
    waiting.state, waiting.outcome = RequestState.INVALIDATED, f"Overtaken by an emergency step of {version}."
    waiting.updated_at = waiting.closed_at = now
    waiting.save(update_fields=["state", "outcome", "updated_at", "closed_at"])
    record(EventType.PROMOTION_REQUEST_INVALIDATED, waiting, after={"state": waiting.state}, reason=waiting.outcome)


def _request(
    actor: Principal, version: ModelVersion, to_stage: Stage, requirement: Requirement, reason: str, incident: str
) -> PromotionRequest:
    now = timezone.now()
    return PromotionRequest.objects.create(
        project_id=version.project_id,
        model=version.model,
        version=version,
        to_stage=to_stage,
        kind=RequestKind.BREAK_GLASS,
        state=RequestState.APPROVED,
        requester=actor.user,
        reason=reason,
        incident=incident,
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(days=requirement.expires_after_days),
        ratify_by=now + timedelta(hours=requirement.ratify_within_hours),
    )
