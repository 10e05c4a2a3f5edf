"""Moving a version between stages.

The model's row is held first and then the versions', so that of two promotions at once one waits for the other and
nobody ever sees two versions in Production, or none in between.
"""

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from registry import statements
from registry.exceptions import InvalidName, InvalidStage, StageChangeNotAllowed
from registry.gatekeeping import check_may_enter, tell_roll_back
from registry.loading import lock_versions_in
from registry.models import ModelVersion
from registry.operations.alias_rules import detach_misfits
from registry.operations.freezing import freeze_content
from registry.operations.held import hold_makers, hold_version
from registry.operations.intervals import end_stays, new_stay
from registry.operations.mirrors import Step, follow_stages
from registry.operations.quarantine import check_not_quarantined
from registry.queries.way_back import flaw_of_roll_back
from registry.rules import Stage, is_live, raises_trust


@operation
def transition_stage(
    actor: Principal,
    version: ModelVersion,
    to_stage: Stage,
    *,
    archive_existing: bool = False,
    reason: str = "",
) -> ModelVersion:
    """Move a version to another stage; the same stage again changes nothing.

    Who is in Production makes room by being archived in the same transaction. ``archive_existing`` also archives the
    others in Staging, for which the right to retire each of them is asked. A version that leaves None is frozen.
    Raises PermissionDenied, InvalidStage or StageChangeNotAllowed, and whatever a gatekeeper raises.
    """
    require(_right_to_move(version, to_stage), version)
    version = hold_version(version)
    require(_right_to_move(version, to_stage), version)  # its stage may have changed while we waited
    if archive_existing and not is_live(to_stage):
        raise InvalidStage(f"Versions can make room in Staging and Production only, not in {to_stage}.")
    if version.is_prompt:
        raise StageChangeNotAllowed(f"The prompt {version} has no stages: give it an alias instead.")
    displaced = _displaced(version, to_stage, archive_existing=archive_existing)
    if version.stage != to_stage:
        if is_live(to_stage):
            check_not_quarantined(version)
            hold_makers(version)
        check_may_enter(actor, version, to_stage)
    elif not displaced:
        return version
    _move(actor, version, to_stage, displaced, reason)
    return version


@operation
def roll_back(actor: Principal, version: ModelVersion, *, reason: str) -> ModelVersion:
    """Let Production go back to a version that was there before, in one step and without asking again.

    Its files must be what they were then, and it must not be quarantined; who is in Production is archived. Raises
    PermissionDenied, StageChangeNotAllowed, or InvalidName without a reason.
    """
    require(Action.ROLL_BACK, version)
    if not reason.strip():
        raise InvalidName("Say why: a roll-back is looked at afterwards.")
    version = hold_version(version)
    if flaw := flaw_of_roll_back(version):
        raise StageChangeNotAllowed(flaw)
    hold_makers(version)
    displaced = [other for other in lock_versions_in(version.model, Stage.PRODUCTION) if other.pk != version.pk]
    tell_roll_back(actor, version)
    _move(actor, version, Stage.PRODUCTION, displaced, reason, EventType.MODEL_VERSION_ROLLED_BACK)
    return version


def _right_to_move(version: ModelVersion, to_stage: Stage) -> Action:
    if version.stage == to_stage:
        return Action.VIEW
    return Action.REQUEST if raises_trust(Stage(version.stage), to_stage) else Action.RETIRE


def _displaced(version: ModelVersion, to_stage: Stage, *, archive_existing: bool) -> list[ModelVersion]:
    """The versions that must be archived to make room, held."""
    if to_stage != Stage.PRODUCTION and not archive_existing:
        return []
    displaced = [other for other in lock_versions_in(version.model, to_stage) if other.pk != version.pk]
    if to_stage != Stage.PRODUCTION:
        for other in displaced:
            require(Action.RETIRE, other)
    return displaced


def _move(
    actor: Principal,
    version: ModelVersion,
    to_stage: Stage,
    displaced: list[ModelVersion],
    reason: str,
    event_type: EventType = EventType.MODEL_VERSION_TRANSITIONED,
) -> None:
    moment = version.model.next_moment()
    steps = [Step(other, Stage(other.stage), Stage.ARCHIVED) for other in displaced]
    if version.stage != to_stage:
        steps.append(Step(version, Stage(version.stage), to_stage))
    before = {"stage": version.stage}
    after = {"stage": str(to_stage)} | (freeze_content(version, moment) if version.stage == Stage.NONE else {})
    end_stays([step.version for step in steps], moment)
    for step in steps:
        _enter(step.version, step.after, moment)
    also = [
        (step.version, {"stage": step.before}, {"stage": step.after}) for step in steps if step.version is not version
    ]
    event = record(event_type, version, before=before, after=after, reason=reason, also=also)
    statements.add(*(new_stay(actor, step.version, event) for step in steps))
    follow_stages(actor, version.model, steps, moment)
    detach_misfits(version.model, [step.version.pk for step in steps])


def _enter(version: ModelVersion, stage: Stage, moment: int) -> None:
    version.stage, version.stage_since, version.updated_at = stage, moment, moment
    statements.change(version, "stage", "stage_since", "updated_at", "content_digest", "frozen_at")
