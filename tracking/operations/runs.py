"""Making, changing, deleting and restoring runs."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import InvalidInput
from audit.operation import operation, record, require
from lineage import closure
from tracking import bulk
from tracking.blockers import check_deletable
from tracking.lineage import capture_run
from tracking.models import Lifecycle, Run, RunStatus
from tracking.names import random_name
from tracking.operations.active import check_experiment_active, check_run_active
from tracking.operations.experiments import experiment_to_add_to
from tracking.queries.heads import hold_run
from tracking.rows import RunRow, head_of
from tracking.rules import now, read_int64, read_tags, read_text
from tracking.rules.values import RUN_NAME_LENGTH

#: The tag that is the run's name.
NAME_TAG: Final = "mlflow.runName"


@operation
def create_run(
    actor: Principal,
    project: Project,
    *,
    experiment_id: str,
    start_time: Any = None,
    name: Any = None,
    tags: Sequence[Mapping[str, Any]] = (),
    uid: str = "",
) -> RunRow:
    """Start a run; without a name it gets a made-up one. Who made it is the actor, whatever the client says.

    ``uid`` is the id that another server gave it, for imports alone.

    Raises InvalidInput, also when the name and the tag ``mlflow.runName`` differ, and NotActive.
    """
    experiment = experiment_to_add_to(actor, project, experiment_id)
    require(Action.WRITE, experiment)
    check_experiment_active(experiment)
    remarks = read_tags(tags)
    run = Run(
        uid=uid or uuid.uuid4().hex,
        experiment=experiment,
        name=_name_at_start(name, remarks),
        start_time=read_int64(start_time, "start_time") if start_time is not None else 0,
        owner_id=actor.user_id,
    )
    run.artifact_uri = f"{experiment.artifact_location}/{run.uid}/artifacts"
    run.save(force_insert=True)
    remarks[NAME_TAG] = run.name
    bulk.put_tags(run, remarks)
    record(
        EventType.RUN_CREATED,
        run,
        after={"experiment": str(experiment.pk), "name": run.name, "status": run.status},
    )
    capture_run(actor, project, run, remarks)
    run.owner = actor.user
    return RunRow(head_of(run), tags=[{"key": key, "value": value} for key, value in remarks.items()])


@operation
def update_run(
    actor: Principal,
    project: Project,
    run_id: str,
    *,
    status: Any = None,
    end_time: Any = None,
    name: Any = None,
) -> RunRow:
    """Change a run's status, end or name. An unknown status and an empty name are ignored. Raises NotActive.

    The answer holds the run's head alone.
    """
    run = hold_run(project, run_id)
    require(Action.WRITE, run)
    check_run_active(run)
    wanted: dict[str, Any] = {
        "status": status if status in RunStatus.values else None,
        "end_time": read_int64(end_time, "end_time") if end_time is not None else None,
        "name": read_text(name, "run_name", RUN_NAME_LENGTH, cut=True) or None,
    }
    changed = {field: value for field, value in wanted.items() if value is not None and value != getattr(run, field)}
    if wanted["name"]:
        bulk.put_tags(run, {NAME_TAG: wanted["name"]})
    if changed:
        # As texts, because a time that a client made up may be larger than the numbers of an event.
        before = {field: str(getattr(run, field)) for field in changed}
        for field, value in changed.items():
            setattr(run, field, value)
        run.save(update_fields=list(changed))
        record(EventType.RUN_UPDATED, run, before=before, after={field: str(value) for field, value in changed.items()})
    return RunRow(head_of(run))


@operation
def delete_run(actor: Principal, project: Project, run_id: str) -> None:
    """Delete a run until it is restored; one that is deleted already stays so. Raises StillNeeded."""
    closure.hold(to_delete=True)
    run = hold_run(project, run_id)
    require(Action.TRASH, run)
    if run.lifecycle_stage == Lifecycle.DELETED:
        return
    check_deletable(run)
    _set_lifecycle(run, Lifecycle.DELETED, EventType.RUN_DELETED)


@operation
def restore_run(actor: Principal, project: Project, run_id: str) -> None:
    """Restore a run; one that is active stays so. Raises NotActive when its whole experiment is deleted."""
    run = hold_run(project, run_id)
    require(Action.TRASH, run)
    check_experiment_active(run.experiment)
    if run.lifecycle_stage == Lifecycle.DELETED:
        _set_lifecycle(run, Lifecycle.ACTIVE, EventType.RUN_RESTORED)


def _set_lifecycle(run: Run, stage: Lifecycle, event_type: EventType) -> None:
    before, run.lifecycle_stage = run.lifecycle_stage, stage
    run.deleted_time = now() if stage == Lifecycle.DELETED else None
    run.save(update_fields=["lifecycle_stage", "deleted_time"])
    record(event_type, run, before={"lifecycle_stage": before}, after={"lifecycle_stage": str(stage)})


def _name_at_start(name: Any, tags: Mapping[str, str]) -> str:
    wanted, tagged = read_text(name, "run_name", RUN_NAME_LENGTH, cut=True), tags.get(NAME_TAG, "")[:RUN_NAME_LENGTH]
    if wanted and tagged and wanted != tagged:
        raise InvalidInput(
            f"Both 'run_name' and the tag '{NAME_TAG}' are given, with different values: {wanted!r} and {tagged!r}."
        )
    return wanted or tagged or random_name()
