"""Making and changing logged models."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import InvalidInput, NotFound
from audit.operation import operation, record, require
from lineage import closure
from tracking.blockers import check_deletable
from tracking.exceptions import ParamChanged
from tracking.lineage import capture_logged_model, capture_model_files, capture_model_tags
from tracking.models import Lifecycle, LoggedModel, LoggedModelParam, LoggedModelStatus, LoggedModelTag, Run
from tracking.names import random_name
from tracking.operations.active import check_experiment_active
from tracking.operations.experiments import experiment_to_add_to
from tracking.queries.heads import hold_logged_model, hold_run
from tracking.rules import now, read_logged_model_name, read_text
from tracking.rules.values import LOGGED_MODEL_KEY_LENGTH, PARAM_VALUE_LENGTH, RUN_TAG_VALUE_LENGTH

Items = Sequence[Mapping[str, Any]]


@operation
def create_logged_model(
    actor: Principal,
    project: Project,
    *,
    experiment_id: str,
    name: Any = None,
    model_type: Any = None,
    source_run_id: Any = None,
    params: Items = (),
    tags: Items = (),
    uid: str = "",
) -> LoggedModel:
    """Make a logged model whose files are to come; ``uid`` is the id that another server gave it, for imports alone.

    Raises InvalidInput, NotActive, NoSuchRun and NoSuchExperiment.
    """
    experiment = experiment_to_add_to(actor, project, experiment_id)
    require(Action.WRITE, experiment)
    check_experiment_active(experiment)
    moment, uid = now(), uid or f"m-{uuid.uuid4().hex}"
    model = LoggedModel(
        uid=uid,
        experiment=experiment,
        name=read_logged_model_name(name) or random_name(),
        artifact_uri=f"{experiment.artifact_location}/models/{uid}/artifacts",
        model_type=read_text(model_type, "model_type", 500),
        source_run=_source_run(project, source_run_id),
        creation_time=moment,
        last_update_time=moment,
        owner_id=actor.user_id,
    )
    model.save(force_insert=True)
    given, remarks = _read_pairs(params, "params", PARAM_VALUE_LENGTH), _read_pairs(tags, "tags", RUN_TAG_VALUE_LENGTH)
    _add_params(model, given)
    _put_tags(model, remarks)
    after = {
        "experiment": str(experiment.pk),
        "name": model.name,
        "source_run": model.source_run and model.source_run.uid,
    }
    record(EventType.LOGGED_MODEL_CREATED, model, after={**after, "params": sorted(given), "tags": sorted(remarks)})
    capture_logged_model(actor, project, model, remarks)
    return model


@operation
def finalize_logged_model(actor: Principal, project: Project, model_id: str, *, status: Any) -> LoggedModel:
    """Say whether a logged model's files are complete. Raises InvalidInput and NoSuchLoggedModel."""
    model = hold_logged_model(project, model_id)
    require(Action.WRITE, model)
    if status not in LoggedModelStatus.values:
        raise InvalidInput(f"Invalid status {status!r}. Value must be one of {', '.join(LoggedModelStatus.values)}.")
    before, model.status = model.status, status
    _save(model, "status")
    record(EventType.LOGGED_MODEL_FINALIZED, model, before={"status": before}, after={"status": status})
    if status == LoggedModelStatus.READY:
        capture_model_files(actor, model)
    return model


@operation
def log_logged_model_params(actor: Principal, project: Project, model_id: str, *, params: Items) -> None:
    """Log params of a logged model; the same values again are fine. Raises ParamChanged and NoSuchLoggedModel."""
    model = hold_logged_model(project, model_id)
    require(Action.WRITE, model)
    given = _read_pairs(params, "params", PARAM_VALUE_LENGTH)
    _add_params(model, given)
    _save(model)
    record(EventType.LOGGED_MODEL_PARAMS_LOGGED, model, after={"params": sorted(given)})


@operation
def set_logged_model_tags(actor: Principal, project: Project, model_id: str, *, tags: Items) -> LoggedModel:
    """Set tags of a logged model. Raises InvalidInput and NoSuchLoggedModel."""
    model = hold_logged_model(project, model_id)
    require(Action.WRITE, model)
    remarks = _read_pairs(tags, "tags", RUN_TAG_VALUE_LENGTH)
    _put_tags(model, remarks)
    _save(model)
    record(EventType.LOGGED_MODEL_TAGS_SET, model, after={"tags": sorted(remarks)})
    capture_model_tags(actor, project, model, remarks)
    return model


@operation
def delete_logged_model_tag(actor: Principal, project: Project, model_id: str, *, key: str) -> None:
    """Delete a tag of a logged model. Raises NotFound when it has no such tag."""
    model = hold_logged_model(project, model_id)
    require(Action.WRITE, model)
    deleted, _ = model.tags.filter(key=key).delete() if "\x00" not in key else (0, {})
    if not deleted:
        raise NotFound(f"No tag with key {key[:80]!r} found for model with ID {model_id!r}.")
    _save(model)
    record(EventType.LOGGED_MODEL_TAG_DELETED, model, before={"tag": key})


@operation
def delete_logged_model(actor: Principal, project: Project, model_id: str) -> None:
    """Delete a logged model; its row stays as provenance. Raises StillNeeded and NoSuchLoggedModel."""
    closure.hold(to_delete=True)
    model = hold_logged_model(project, model_id)
    require(Action.TRASH, model)
    check_deletable(model)
    model.lifecycle_stage = Lifecycle.DELETED
    _save(model, "lifecycle_stage")
    record(
        EventType.LOGGED_MODEL_DELETED,
        model,
        before={"lifecycle_stage": "active"},
        after={"lifecycle_stage": "deleted"},
    )


def _source_run(project: Project, run_id: Any) -> Run | None:
    """The run that made the model, on which the actor must have the same right as on its experiment."""
    if not run_id:
        return None
    run = hold_run(project, read_text(run_id, "source_run_id", 32))
    require(Action.WRITE, run)
    return run


def _read_pairs(items: Items, what: str, longest: int) -> dict[str, str]:
    pairs = {}
    for index, item in enumerate(items):
        if not isinstance(item, Mapping) or not item.get("key"):
            raise InvalidInput(f"Missing value for required parameter '{what}[{index}].key'.")
        key = read_text(item["key"], f"{what}[{index}].key", LOGGED_MODEL_KEY_LENGTH)
        pairs[key] = read_text(item.get("value"), f"{what}[{index}].value", longest, cut=True)
    return pairs


def _add_params(model: LoggedModel, params: Mapping[str, str]) -> None:
    stored = dict(model.params.filter(key__in=params).values_list("key", "value")) if params else {}
    changed = [key for key, value in stored.items() if params[key] != value]
    if changed:
        raise ParamChanged(
            f"Changing param values is not allowed. Params {changed} were already logged with other values for "
            f"model {model.uid!r}."
        )
    LoggedModelParam.objects.bulk_create(
        LoggedModelParam(logged_model=model, key=key, value=value) for key, value in params.items() if key not in stored
    )


def _put_tags(model: LoggedModel, tags: Mapping[str, str]) -> None:
    LoggedModelTag.objects.bulk_create(
        (LoggedModelTag(logged_model=model, key=key, value=value) for key, value in tags.items()),
        update_conflicts=True,
        unique_fields=["logged_model", "key"],
        update_fields=["value"],
    )


def _save(model: LoggedModel, *fields: str) -> None:
    model.last_update_time = now()
    model.save(update_fields=[*fields, "last_update_time"])
