"""The way to a stage: take the step, or ask for it and say what is missing."""

from accounts.principals import Principal
from accounts.roles import Action
from approvals import operations
from approvals.emergency import NO_FINDINGS, check_words, look
from approvals.models import PromotionRequest
from approvals.operations import open_request
from approvals.policy import Requirement
from approvals.recalled import with_recalls
from approvals.standing import standing_of
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion
from registry.operations import transition_stage
from registry.rules import Stage, raises_trust


def promote(
    actor: Principal, /, version: ModelVersion, to_stage: Stage, *, archive_existing: bool = False, reason: str = ""
) -> ModelVersion:
    """Move a version to a stage; when that takes approval, open the request or find it, and say what is missing.

    Repeating the call is harmless, and after the approval it succeeds. Raises ApprovalNeeded, and whatever
    `open_request` and `registry.operations.transition_stage` raise.
    """
    if raises_trust(Stage(version.stage), to_stage) and not _asked(version, to_stage).is_free:
        try:
            open_request(actor, version, to_stage, reason=reason)
        except StageChangeNotAllowed:
            if not ModelVersion.objects.filter(pk=version.pk, stage=to_stage).exists():
                raise  # else somebody took the step between our reading and our asking
    return transition_stage(actor, version, to_stage, archive_existing=archive_existing, reason=reason)


def break_glass(
    actor: Principal, version: ModelVersion, to_stage: Stage, *, reason: str, incident: str
) -> PromotionRequest:
    """Move a version at once, in an emergency: its files are read before any row is held, so nobody waits for that.

    Raises what `approvals.operations.break_glass` raises.
    """
    findings = NO_FINDINGS
    if actor.may(Action.BREAK_GLASS, version):  # else the operation refuses, and keeps that
        check_words(reason, incident)
        findings = look(version, to_stage)
    return operations.break_glass(actor, version, to_stage, reason=reason, incident=incident, findings=findings)


def _asked(version: ModelVersion, to_stage: Stage) -> Requirement:
    return with_recalls(standing_of(version.model).requirement(to_stage), version)
