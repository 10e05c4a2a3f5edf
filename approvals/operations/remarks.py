"""What people and machines add to a request: comments, waivers, ticked checklists, results of outside checks."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.principals import Principal
from accounts.roles import Action
from approvals.exceptions import MayNotDecide
from approvals.models import (
    ChecklistAnswer,
    CheckResult,
    GateOutcome,
    PromotionRequest,
    RequestComment,
    Waiver,
)
from approvals.operations.held import hold_request
from approvals.operations.requests import wake_checks
from approvals.operations.revisions import supersede
from approvals.queries import newest_revision, requirement_of
from approvals.rights import decider_of, makers_of
from approvals.rules import WAIVER_REASON, stands_against
from approvals.standing import standing_of
from approvals.subject import digest_of_content
from audit.event_types import EventType
from audit.exceptions import InvalidInput, NotFound
from audit.operation import after_commit, operation, record, require
from registry.models import ModelVersion
from registry.operations.held import hold_version
from registry.rules import DESCRIPTION_LENGTH, check_text

_MOST_WAIVER_DAYS = 90


@operation
def add_comment(actor: Principal, request: PromotionRequest, text: str) -> RequestComment:
    """Say something in the thread of a request; whoever sees the model may, also after it has ended."""
    require(Action.VIEW, request)
    check_text("A comment", text, DESCRIPTION_LENGTH)
    if not text.strip():
        raise InvalidInput("Write something first.")
    request = PromotionRequest.objects.locked(request.pk)
    comment = RequestComment.objects.create(request=request, author=actor.user, text=text, at=timezone.now())
    record(EventType.PROMOTION_REQUEST_COMMENTED, request, after={"comment": comment.pk}, reason=text)
    return comment


@operation
def waive_gate(
    actor: Principal,
    request: PromotionRequest,
    gate: str,
    *,
    reason: str,
    days: int = 14,
    signed_in_at: datetime | None = None,
) -> Waiver:
    """Let a gate pass that does not, for some days. Earlier decisions are void, because they knew nothing of it.

    The requester cannot, hard gates cannot be waived, and the rules of an approval hold. Raises MayNotDecide, NotFound
    or InvalidInput.
    """
    require(Action.DECIDE, request)
    request = hold_request(request)
    revision = newest_revision(request)
    requirement = requirement_of(revision)
    now = timezone.now()
    if against := stands_against(decider_of(actor, request, signed_in_at), makers_of(request), requirement, now):
        raise MayNotDecide(against)
    if len(reason.strip()) < WAIVER_REASON:
        raise InvalidInput(f"Say in at least {WAIVER_REASON} characters why this gate may be passed over.")
    if not 1 <= days <= _MOST_WAIVER_DAYS:
        raise InvalidInput(f"A waiver holds for 1 to {_MOST_WAIVER_DAYS} days.")
    result = revision.gates.filter(name=gate).first()
    if result is None:
        raise NotFound(f"{str(request).capitalize()} has no gate “{gate}”.")
    if result.hard:
        raise MayNotDecide(f"The gate “{gate}” is hard: nobody can waive it.")
    if result.outcome in (GateOutcome.PASS, GateOutcome.WAITING, GateOutcome.WAIVED):
        raise InvalidInput(f"The gate “{gate}” does not need a waiver: it says {result.outcome}.")
    waiver = Waiver.objects.create(
        request=request, gate=gate, person=actor.user, reason=reason, at=now, expires_at=now + timedelta(days=days)
    )
    record(EventType.PROMOTION_REQUEST_GATE_WAIVED, request, after={"gate": gate, "days": days}, reason=reason)
    supersede(request, standing_of(request.model), f"{actor.user} waived the gate “{gate}”")
    after_commit(wake_checks, request.pk)
    return waiver


@operation
def answer_checklist(actor: Principal, request: PromotionRequest, gate: str, item: str) -> ChecklistAnswer:
    """Tick a line of a checklist, as a person. Raises NotFound for a line that is not asked, MayNotDecide."""
    require(Action.REQUEST, request)
    if actor.kind != "human" or actor.auth != "session":
        raise MayNotDecide("A checklist is ticked by a person who is signed in.")
    request = hold_request(request)
    requirement = requirement_of(newest_revision(request))
    asked = next((each for each in requirement.gates if each.name == gate and each.type == "human_checklist"), None)
    if asked is None or item not in asked.config["items"]:
        raise NotFound(f"{str(request).capitalize()} has no such line on a checklist.")
    answer, made = ChecklistAnswer.objects.get_or_create(
        request=request, gate=gate, item=item, defaults={"person": actor.user, "at": timezone.now()}
    )
    if made:
        record(EventType.PROMOTION_REQUEST_CHECKLIST_TICKED, request, after={"gate": gate, "line": item})
        supersede(request, standing_of(request.model), f"{actor.user} ticked a line of the checklist")
        after_commit(wake_checks, request.pk)
    return answer


@operation
def post_check_result(
    actor: Principal,
    version: ModelVersion,
    name: str,
    *,
    passed: bool,
    kind: str = "check",
    summary: str = "",
    url: str = "",
) -> CheckResult:
    """Keep what a CI job or scanner found about the content of a version; the newest result of a name counts."""
    require(Action.WRITE, version)
    for what, text, length in (("The name", name, 100), ("The summary", summary, 1000), ("The address", url, 500)):
        check_text(what, text, length)
    if not name.strip():
        raise InvalidInput("A check needs a name.")
    if url and not url.startswith(("https://", "http://")):
        raise InvalidInput("The address of a check begins with https:// or http://.")
    version = hold_version(version)
    result = CheckResult.objects.create(
        version=version,
        name=name,
        kind=kind,
        passed=passed,
        summary=summary,
        url=url,
        content_digest=digest_of_content(version),
        posted_by=actor.user,
        at=timezone.now(),
    )
    record(EventType.MODEL_VERSION_CHECKED, version, after={"check": name, "passed": passed, "kind": kind})
    after_commit(_recheck, version.pk)
    return result


def _recheck(version_pk: int) -> None:
    """Let open requests of the version hear of it."""
    from approvals.tasks import recheck_version

    recheck_version.delay(version_pk)
