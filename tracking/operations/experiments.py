"""Making, renaming, deleting and restoring experiments, and their tags."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import IntegrityError, transaction

from accounts.models import Project
from accounts.operations import create_default_project
from accounts.principals import CONSOLE, Principal, System
from accounts.roles import Action
from artifacts.uris import PROXIED_SCHEME
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, BadRequest, NotFound
from audit.operation import operation, record, require
from lineage import closure
from tracking.blockers import check_deletable
from tracking.exceptions import NoSuchExperiment
from tracking.models import Experiment, ExperimentTag, Lifecycle, Run
from tracking.operations.active import check_experiment_active
from tracking.queries.heads import (
    DEFAULT_EXPERIMENT_ID,
    DEFAULT_EXPERIMENT_NAME,
    find_experiment,
    hold_experiment,
)
from tracking.rules import check_key, now, read_experiment_name, read_location, read_text
from tracking.rules.values import EXPERIMENT_TAG_VALUE_LENGTH

#: How many runs one event of a restored experiment names.
_RUNS_PER_EVENT: Final = 500


@operation
def create_experiment(
    actor: Principal,
    project: Project,
    *,
    name: Any,
    artifact_location: Any = None,
    tags: Sequence[Mapping[str, Any]] = (),
) -> Experiment:
    """Make an experiment. Raises InvalidInput and AlreadyExists; deleted experiments keep their names."""
    require(Action.WRITE, project)
    name, location = read_experiment_name(name), read_location(artifact_location)
    remarks = {_tag_key(tag.get("key")): _tag_value(tag.get("value")) for tag in tags}
    _check_name_free(project, name)
    moment = now()
    experiment = Experiment(
        project=project,
        name=name,
        artifact_location=location,
        creation_time=moment,
        last_update_time=moment,
        owner_id=actor.user_id,
    )
    try:
        with transaction.atomic():
            experiment.save(force_insert=True)
    except IntegrityError:
        # Somebody else took the name between the look and the insert.
        raise AlreadyExists(f"Experiment(name={name}) already exists.") from None
    if not location:
        experiment.artifact_location = f"{PROXIED_SCHEME}:/{experiment.pk}"
        experiment.save(update_fields=["artifact_location"])
    ExperimentTag.objects.bulk_create(
        ExperimentTag(experiment=experiment, key=key, value=value) for key, value in remarks.items()
    )
    record(
        EventType.EXPERIMENT_CREATED,
        experiment,
        after={"name": name, "artifact_location": experiment.artifact_location, "tags": sorted(remarks)},
    )
    return experiment


@operation
def rename_experiment(actor: Principal, project: Project, experiment_id: str, *, name: Any) -> Experiment:
    """Give an experiment another name; its maker or a maintainer may. Raises BadRequest when the name is taken."""
    experiment = hold_experiment(project, experiment_id)
    require(Action.WRITE if experiment.owner_id == actor.user_id else Action.MANAGE, experiment)
    check_experiment_active(experiment)
    name, before = read_experiment_name(name), experiment.name
    if name == before:
        return experiment
    if Experiment.objects.filter(project=project, name=name).exists():
        raise BadRequest(f"Experiment(name={name}) already exists: choose another name.")
    experiment.name = name
    try:
        with transaction.atomic():
            _save(experiment, "name")
    except IntegrityError:
        raise BadRequest(f"Experiment(name={name}) already exists: choose another name.") from None
    record(EventType.EXPERIMENT_RENAMED, experiment, before={"name": before}, after={"name": name})
    return experiment


@operation
def delete_experiment(actor: Principal, project: Project, experiment_id: str) -> Experiment:
    """Delete an experiment and with it all its runs, until it is restored.

    Raises StillNeeded when something depends on it, and NotFound when it is deleted already.
    """
    closure.hold(to_delete=True)
    experiment = hold_experiment(project, experiment_id)
    require(Action.TRASH, experiment)
    if experiment.lifecycle_stage == Lifecycle.DELETED:
        raise NotFound(f"No active Experiment with id={experiment_id} exists: it is deleted already.")
    check_deletable(experiment)
    experiment.lifecycle_stage = Lifecycle.DELETED
    _save(experiment, "lifecycle_stage")
    record(EventType.EXPERIMENT_DELETED, experiment, before=_lifecycle("active"), after=_lifecycle("deleted"))
    return experiment


@operation
def restore_experiment(actor: Principal, project: Project, experiment_id: str) -> Experiment:
    """Restore an experiment and all its runs, also those that had been deleted before it was.

    Raises NotFound when it is not deleted.
    """
    experiment = hold_experiment(project, experiment_id)
    require(Action.TRASH, experiment)
    if experiment.lifecycle_stage == Lifecycle.ACTIVE:
        raise NotFound(f"No deleted Experiment with id={experiment_id} exists: it is active.")
    experiment.lifecycle_stage = Lifecycle.ACTIVE
    _save(experiment, "lifecycle_stage")
    runs = Run.objects.select_for_update().filter(experiment=experiment, lifecycle_stage=Lifecycle.DELETED)
    deleted = list(runs.order_by("pk"))
    runs.update(lifecycle_stage=Lifecycle.ACTIVE, deleted_time=None)
    for run in deleted:
        run.experiment = experiment
    for batch in _batches(deleted):
        record(
            EventType.EXPERIMENT_RESTORED,
            experiment,
            before=_lifecycle("deleted"),
            after=_lifecycle("active") | {"runs_restored": len(batch)},
            also=[(run, _lifecycle("deleted"), _lifecycle("active")) for run in batch],
        )
    return experiment


@operation
def set_experiment_tag(actor: Principal, project: Project, experiment_id: str, *, key: Any, value: Any) -> None:
    """Set a tag of an experiment. Raises InvalidInput for keys and values that are not taken."""
    experiment = hold_experiment(project, experiment_id)
    require(Action.WRITE, experiment)
    check_experiment_active(experiment)
    key, value = _tag_key(key), _tag_value(value)
    ExperimentTag.objects.update_or_create(experiment=experiment, key=key, defaults={"value": value})
    _save(experiment)
    record(EventType.EXPERIMENT_TAG_SET, experiment, after={"tag": key})


@operation
def delete_experiment_tag(actor: Principal, project: Project, experiment_id: str, *, key: str) -> None:
    """Delete a tag of an experiment. Raises NotFound when it has no such tag."""
    experiment = hold_experiment(project, experiment_id)
    require(Action.WRITE, experiment)
    check_experiment_active(experiment)
    deleted, _ = experiment.tags.filter(key=key).delete() if "\x00" not in key else (0, {})
    if not deleted:
        raise NotFound(f"No tag with name: {key[:80]} in experiment with id {experiment_id}")
    _save(experiment)
    record(EventType.EXPERIMENT_TAG_DELETED, experiment, before={"tag": key})


def experiment_to_add_to(actor: Principal, project: Project, experiment_id: str) -> Experiment:
    """The experiment with this id; a project's ``Default`` is made when it is needed first. Raises NoSuchExperiment."""
    try:
        return find_experiment(project, experiment_id)
    except NoSuchExperiment:
        if int(experiment_id) != DEFAULT_EXPERIMENT_ID:
            raise
    return create_experiment(actor, project, name=DEFAULT_EXPERIMENT_NAME)


def create_default_experiment() -> None:
    """Make experiment 0 in the project that serves clients which name none, unless it is there; after every migrate."""
    if not Experiment.objects.filter(pk=DEFAULT_EXPERIMENT_ID).exists():
        _make_default(CONSOLE, create_default_project())


@operation
def _make_default(actor: System, project: Project) -> None:
    require(Action.ADMINISTER, project)
    moment = now()
    experiment = Experiment.objects.create(
        pk=DEFAULT_EXPERIMENT_ID,
        project=project,
        name=DEFAULT_EXPERIMENT_NAME,
        artifact_location=f"{PROXIED_SCHEME}:/{DEFAULT_EXPERIMENT_ID}",
        creation_time=moment,
        last_update_time=moment,
    )
    record(EventType.EXPERIMENT_CREATED, experiment, after={"name": experiment.name})


def _check_name_free(project: Project, name: str) -> None:
    found = Experiment.objects.filter(project=project, name=name).values_list("lifecycle_stage", flat=True).first()
    if found == Lifecycle.DELETED:
        raise AlreadyExists(
            f"Experiment(name={name}) already exists, but is deleted: restore it, or choose another name."
        )
    if found:
        raise AlreadyExists(f"Experiment(name={name}) already exists.")


def _save(experiment: Experiment, *fields: str) -> None:
    experiment.last_update_time = now()
    experiment.save(update_fields=[*fields, "last_update_time"])


def _lifecycle(stage: str) -> dict[str, Any]:
    return {"lifecycle_stage": stage}


def _tag_key(key: Any) -> str:
    return check_key(key, "key")


def _tag_value(value: Any) -> str:
    return read_text(value, "value", EXPERIMENT_TAG_VALUE_LENGTH)


def _batches(runs: list[Run]) -> list[list[Run]]:
    """The runs in portions; one that is empty when there are none."""
    return [runs[start : start + _RUNS_PER_EVENT] for start in range(0, len(runs) or 1, _RUNS_PER_EVENT)]
