"""The gatekeeper of the registry: whether a version may enter a stage now, and by which road."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from accounts.principals import Principal
from approvals.exceptions import ApprovalNeeded, GatesBlock, SubjectChanged, gates_block
from approvals.masking import Mask
from approvals.models import Passage, PromotionRequest, RequestKind, RequestRevision, RequestState, Road
from approvals.policy import Requirement
from approvals.queries import (
    counted_votes,
    newest_revision,
    open_request_of,
    requirement_of,
    unratified,
)
from approvals.recalled import with_recalls
from approvals.rules import missing_approvals
from approvals.standing import Standing, standing_of
from audit.event_types import EventType
from audit.exceptions import InvalidState
from audit.operation import record
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion
from registry.rules import Stage, raises_trust


def check_may_enter(actor: Principal, version: ModelVersion, to_stage: Stage) -> None:
    """Let a version enter a stage when the policy asks for nothing, or an approved request is there to be executed.

    Called by the registry inside the transition, with model and version held. Raises StageChangeNotAllowed,
    ApprovalNeeded, GatesBlock or SubjectChanged.
    """
    if not raises_trust(Stage(version.stage), to_stage):
        return
    standing = standing_of(version.model)
    requirement = with_recalls(standing.requirement(to_stage), version)
    check_step(version, to_stage, requirement)
    request = open_request_of(version.model, to_stage)
    if request is not None and request.version_id == version.pk:
        _execute(actor, request, standing)
    elif requirement.is_free:
        _pass(version, to_stage, Road.UNREVIEWED, standing)
    else:
        raise approval_needed(version, to_stage, requirement, None, requirement.approvals)


def witness_roll_back(actor: Principal, version: ModelVersion) -> None:
    """Note by what road Production goes back to a version. Called by the registry inside the roll-back."""
    _pass(version, Stage.PRODUCTION, Road.ROLL_BACK, standing_of(version.model))


@dataclass(frozen=True)
class Hindrance:
    """Why no approval can make a step possible; ``url`` leads to where it is put right, which ``label`` names."""

    sentence: str
    label: str = ""
    url: str = ""


def check_step(version: ModelVersion, to_stage: Stage, requirement: Requirement) -> None:
    """Refuse a step that no approval can make possible. Raises StageChangeNotAllowed."""
    for hindrance in hindrances_of(version, to_stage, requirement):
        raise StageChangeNotAllowed(hindrance.sentence)


def hindrances_of(version: ModelVersion, to_stage: Stage, requirement: Requirement) -> Iterator[Hindrance]:
    """Everything that stands against a step, whoever approves; one query."""
    if version.is_prompt:
        yield Hindrance(f"The prompt {version} has no stages: give it an alias instead.")
    if not raises_trust(Stage(version.stage), to_stage):
        yield Hindrance(f"{version} is in {version.stage}: going to {to_stage} needs no approval.")
    if to_stage == Stage.PRODUCTION and version.stage != Stage.STAGING and not requirement.skip_staging:
        here = [version.model.project.slug, version.model.name, version.number]
        url = f"{reverse('registry:transition', args=here)}?to=Staging"
        yield Hindrance(
            f"{version} must be in Staging before Production: move it to Staging first.", "Move it to Staging", url
        )
    overdue = unratified(version.model)
    if overdue is not None:
        yield Hindrance(
            f"The emergency step of {overdue!s} was not ratified in time: ratify or roll it back first.",
            f"Open {overdue!s}",
            reverse("approvals:request", args=[overdue.pk]),
        )


def approval_needed(
    version: ModelVersion, to_stage: Stage, requirement: Requirement, request: PromotionRequest | None, missing: int
) -> ApprovalNeeded:
    """The refusal that says how many approvals are missing, and where to give them."""
    from approvals.links import request_url

    what = f"{missing} more approval{'s' if missing != 1 else ''}" if missing else "its gates to pass"
    where = f" Request {request.pk}: {request_url(request)}" if request else ""
    details = {"missing_approvals": missing, "to_stage": str(to_stage), "version": version.number}
    if request:
        details |= {"request": request.pk, "request_url": request_url(request), "request_state": str(request.state)}
    return ApprovalNeeded(f"{version.model.name} v{version.number} needs {what}.{where}", details=details)


def _execute(actor: Principal, request: PromotionRequest, standing: Standing) -> None:
    """Spend an approved request, when everything that was approved still holds."""
    from approvals.operations.checking import changes_since

    PromotionRequest.objects.locked(request.pk)
    revision = newest_revision(request)
    requirement = requirement_of(revision)
    if request.kind == RequestKind.NORMAL:
        _check_approved(request, revision, requirement)
        if changed := changes_since(request, revision, standing):
            raise SubjectChanged(f"{', '.join(changed)} changed since the approval: it has to be approved again.")
        _check_gates(actor, request, revision, requirement)
    now = timezone.now()
    request.state, request.outcome, request.updated_at, request.closed_at = RequestState.EXECUTED, "", now, now
    request.save(update_fields=["state", "outcome", "updated_at", "closed_at"])
    road = Road.BREAK_GLASS if request.kind == RequestKind.BREAK_GLASS else Road.REVIEWED
    _pass(request.version, Stage(request.to_stage), road, standing, request)
    record(
        EventType.PROMOTION_REQUEST_EXECUTED,
        request,
        after={"state": str(request.state), "subject": revision.subject_digest, "revision": revision.number},
    )


def _check_approved(request: PromotionRequest, revision: RequestRevision, requirement: Requirement) -> None:
    now = timezone.now()
    if request.expires_at <= now:
        raise InvalidState(f"{str(request).capitalize()} has expired: ask again.")
    missing = missing_approvals(counted_votes(request, revision, requirement, now), requirement)
    if revision.checked_at is None or missing or request.state == RequestState.CHANGES_REQUESTED:
        raise approval_needed(request.version, Stage(request.to_stage), requirement, request, missing)


def _check_gates(
    actor: Principal, request: PromotionRequest, revision: RequestRevision, requirement: Requirement
) -> None:
    """The gates as they are now, which is as they were approved. Raises GatesBlock or SubjectChanged."""
    from approvals.gates import has_moved, judged_again

    failed, moved = [], []
    for kept, now in judged_again(request, revision, requirement):
        if has_moved(kept, now):
            moved.append(kept.name)
        if now.blocks:
            kept.sentence = now.sentence
            failed.append(kept)
    if failed:
        raise gates_block(Mask(actor, request.version, revision.incumbent).told(failed))
    if moved:
        raise SubjectChanged(f"What {', '.join(moved)} says changed since the approval: it has to be approved again.")


def _pass(
    version: ModelVersion, to_stage: Stage, road: Road, standing: Standing, request: PromotionRequest | None = None
) -> None:
    Passage.objects.create(
        version=version, to_stage=to_stage, road=road, request=request, policy=standing.policy, at=timezone.now()
    )


__all__ = ["GatesBlock", "approval_needed", "check_may_enter", "check_step"]
