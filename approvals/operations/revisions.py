"""Revisions of a request: what is decided on, and what happens to votes when it changes. Parts of operations."""

from datetime import datetime

from django.utils import timezone

from approvals.models import Decision, GateResult, PromotionRequest, RequestRevision, RequestState
from approvals.queries import newest_revision
from approvals.recalled import with_recalls
from approvals.standing import Standing
from approvals.subject import incumbent_of
from audit.event_types import EventType
from audit.operation import record


def begin_revision(request: PromotionRequest, standing: Standing, now: datetime) -> RequestRevision:
    """Make the revision whose number the request has, with all its gates waiting."""
    requirement = with_recalls(standing.requirement(request.to_stage), request.version)
    revision = RequestRevision.objects.create(
        request=request,
        number=request.revision,
        policy=standing.policy,
        requirement=requirement.as_document(),
        incumbent=incumbent_of(request.version, request.to_stage),
        made_at=now,
    )
    GateResult.objects.bulk_create(
        GateResult(revision=revision, position=position, name=gate.name, type=gate.type, hard=gate.hard)
        for position, gate in enumerate(requirement.gates)
    )
    return revision


def supersede(request: PromotionRequest, standing: Standing, cause: str) -> RequestRevision:
    """Begin a new revision for ``cause``: decisions on the old one are void, and those who decided are told why."""
    now = timezone.now()
    old = newest_revision(request)
    voided = _void(old, cause, now)
    old.superseded_at, old.cause = now, cause[:500]
    old.save(update_fields=["superseded_at", "cause"])
    request.revision += 1
    request.state, request.outcome, request.updated_at = RequestState.CHECKING, "", now
    request.save(update_fields=["revision", "state", "outcome", "updated_at"])
    revision = begin_revision(request, standing, now)
    record(
        EventType.PROMOTION_REQUEST_REVISED,
        request,
        before={"revision": old.number},
        after={"revision": revision.number, "voided": voided},
        reason=cause,
    )
    return revision


def _void(revision: RequestRevision, cause: str, now: datetime) -> list[str]:
    decisions = list(Decision.objects.filter(revision=revision, voided_at=None).select_related("person"))
    for decision in decisions:
        decision.voided_at, decision.void_reason = now, cause[:500]
        decision.save(update_fields=["voided_at", "void_reason"])
    return [decision.person.uid for decision in decisions]
