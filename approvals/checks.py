"""Work on open requests that nobody waits for: evaluating gates, taking approved steps, noticing changes, expiry."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db.models import F
from django.utils import timezone

from accounts.principals import Principal
from approvals.actors import PROMOTIONS
from approvals.gates import evaluate, with_waiver
from approvals.models import GateOutcome, PromotionRequest, RequestKind, RequestState
from approvals.operations import end_request, finish_check, refresh_request, remind_of_ratification, store_gate
from approvals.operations.break_glass import LITTLE_TIME
from approvals.operations.checking import reopen_check
from approvals.queries import counted_votes, newest_revision, requirement_of, whole_requests
from approvals.querysets import PromotionRequestQuerySet
from approvals.rules import missing_approvals
from audit.exceptions import Refusal
from registry.exceptions import VersionNotFound
from registry.operations import transition_stage
from registry.rules import Stage

#: Longer than any gate takes: a check that has not moved for so long has lost its worker.
_STALE = timedelta(minutes=15)
_AT_ONCE = 200


def check_request(request_pk: int) -> None:
    """Evaluate every waiting gate of a request's newest revision, one by one, then fix the subject."""
    request = whole_requests().filter(pk=request_pk, state=RequestState.CHECKING).first()
    if request is None:
        return
    revision = newest_revision(request)
    gates = requirement_of(revision).gates
    for kept in revision.gates.filter(outcome=GateOutcome.WAITING).order_by("position"):
        gate = gates[kept.position]
        store_gate(PROMOTIONS, revision, kept.position, **with_waiver(request, gate, evaluate(request, gate)).columns())
    _end_if_gone(request, partial(finish_check, PROMOTIONS, request, revision.number))


def go_on(request_pk: int) -> None:
    """Take the step of a request that waits for nobody, as its requester; what stands against it stays to be read."""
    request = whole_requests().filter(pk=request_pk, state__in=[RequestState.AWAITING, RequestState.APPROVED]).first()
    if request is None:
        return
    revision = newest_revision(request)
    requirement = requirement_of(revision)
    votes = counted_votes(request, revision, requirement, timezone.now())
    if requirement.execute != "automatically" or missing_approvals(votes, requirement):
        return
    try:
        transition_stage(
            Principal(request.requester, auth="task"), request.version, Stage(request.to_stage), reason=request.reason
        )
    except Refusal:
        return  # the next look finds it again; its page says what the gates say


def recheck_version(version_pk: int) -> None:
    """Evaluate the gates of a version's open requests again, because an outside check has spoken."""
    for request in whole_requests().open().filter(version_id=version_pk):
        _end_if_gone(request, partial(reopen_check, PROMOTIONS, request, "an outside check has spoken"))


def refresh_project(project_pk: int) -> None:
    """Begin new revisions of a project's open requests whose subject has changed."""
    _refresh(whole_requests().open().filter(project_id=project_pk))


def refresh_open() -> None:
    """Begin new revisions of open requests whose subject has changed, such as by a recall."""
    _refresh(whole_requests().open().exclude(state=RequestState.CHECKING).order_by("updated_at")[:_AT_ONCE])


def look_after_requests() -> None:
    """End what is due, void votes on what changed, wake what lost its worker, take steps whose time has come."""
    now = timezone.now()
    for request in whole_requests().open().filter(expires_at__lte=now)[:_AT_ONCE]:
        end_request(PROMOTIONS, request, RequestState.EXPIRED, "Nobody finished it in time.")
    refresh_open()
    lost = PromotionRequest.objects.filter(state=RequestState.CHECKING, updated_at__lt=now - _STALE)
    for pk in lost.values_list("pk", flat=True)[:_AT_ONCE]:
        check_request(pk)
    ready = PromotionRequest.objects.filter(state__in=[RequestState.APPROVED, RequestState.AWAITING])
    for pk in ready.values_list("pk", flat=True)[:_AT_ONCE]:
        go_on(pk)
    _remind(now)


def _remind(now: datetime) -> None:
    """Emergencies that nobody has ratified, when the time for it is nearly over or past."""
    broken = PromotionRequest.objects.filter(kind=RequestKind.BREAK_GLASS, ratified_at=None)
    stands = broken.filter(state=RequestState.EXECUTED, version__stage=F("to_stage"))
    near = stands.filter(ratify_by__lte=now + LITTLE_TIME)
    for request in near.select_related("model").order_by("ratify_by")[:_AT_ONCE]:
        remind_of_ratification(PROMOTIONS, request)


def _refresh(requests: PromotionRequestQuerySet) -> None:
    for request in requests:
        # Votes that are complete wait for nothing but the step, which asks the gates too.
        ask_gates = request.state == RequestState.APPROVED
        _end_if_gone(request, partial(refresh_request, PROMOTIONS, request, ask_gates=ask_gates))


def _end_if_gone(request: PromotionRequest, work: Callable[[], object]) -> None:
    """Do something about a request, or end it when its version is no longer there."""
    try:
        work()
    except VersionNotFound:
        end_request(PROMOTIONS, request, RequestState.INVALIDATED, "Its version is no longer there.")
