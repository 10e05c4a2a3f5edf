"""Logging to a run: metrics, params, tags. None of it is governed, so it is written in bulk and recorded nowhere."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from accounts.models import Project
from accounts.principals import Principal
from audit.exceptions import InvalidInput, NotFound
from audit.operation import bulk_write
from tracking import bulk
from tracking.exceptions import ParamChanged
from tracking.lineage import capture_model_history, capture_tags
from tracking.models import RunTag
from tracking.operations.active import loggable_run
from tracking.operations.model_metrics import add_model_metrics
from tracking.operations.runs import NAME_TAG, update_run
from tracking.rows import RunHead
from tracking.rules import check_batch_size, read_params, read_points, read_tags, read_text
from tracking.rules.points import read_point

Items = Sequence[Mapping[str, Any]]

_HISTORY_TAG: Final = "mlflow.log-model.history"
_HISTORY_LENGTH: Final = 1_000_000


@bulk_write
def log_batch(
    actor: Principal, project: Project, run_id: str, *, metrics: Items = (), params: Items = (), tags: Items = ()
) -> None:
    """Log metrics, params and tags at once: all of them or, when one is refused, none.

    Raises InvalidInput, ParamChanged, NotActive and NoSuchRun.
    """
    run = loggable_run(project, run_id)
    check_batch_size(metrics, params, tags)
    points, texts, remarks = read_points(metrics), read_params(params), read_tags(tags)
    _add_params(run, texts)
    bulk.add_points(run, points)
    add_model_metrics(actor, project, run, metrics, points)
    _put_tags(actor, project, run, remarks)


@bulk_write
def log_metric(actor: Principal, project: Project, run_id: str, *, metric: Mapping[str, Any]) -> None:
    """Log one point of a metric. Raises InvalidInput, NotActive and NoSuchRun."""
    run = loggable_run(project, run_id)
    point = read_point(metric, "")
    bulk.add_points(run, [point])
    add_model_metrics(actor, project, run, [metric], [point])


@bulk_write
def log_param(actor: Principal, project: Project, run_id: str, *, key: Any, value: Any) -> None:
    """Log a param; the same value again is fine. Raises ParamChanged, InvalidInput, NotActive and NoSuchRun."""
    run = loggable_run(project, run_id)
    _add_params(run, read_params([{"key": key, "value": value}]))


@bulk_write
def set_run_tag(actor: Principal, project: Project, run_id: str, *, key: Any, value: Any) -> None:
    """Set a tag of a run; ``mlflow.runName`` names the run. Raises InvalidInput, NotActive and NoSuchRun."""
    run = loggable_run(project, run_id)
    _put_tags(actor, project, run, read_tags([{"key": key, "value": value}]))


@bulk_write
def delete_run_tag(actor: Principal, project: Project, run_id: str, *, key: str) -> None:
    """Delete a tag of a run; the run keeps its name whatever its tags. Raises NotFound when it has no such tag."""
    run = loggable_run(project, run_id)
    deleted, _ = RunTag.objects.filter(run_id=run.pk, key=key).delete() if "\x00" not in key else (0, {})
    if not deleted:
        raise NotFound(f"No tag with name: {key[:80]} in run with id {run_id}")


@bulk_write
def log_model_history(actor: Principal, project: Project, run_id: str, *, model: Any) -> None:
    """Add a model's description to the run's list of saved models, as clients before MLflow 3 do.

    ``model`` is the JSON text of an object. Raises InvalidInput, NotActive and NoSuchRun.
    """
    run = loggable_run(project, run_id)
    description = _json_object(read_text(model, "model_json", _HISTORY_LENGTH))
    known = RunTag.objects.filter(run_id=run.pk, key=_HISTORY_TAG).values_list("value", flat=True).first()
    history = orjson.loads(known) if known else []
    value = orjson.dumps([*history, description]).decode()
    bulk.put_tags(run, {_HISTORY_TAG: read_text(value, "model_json", _HISTORY_LENGTH)})
    capture_model_history(run, description)


def _add_params(run: RunHead, params: Mapping[str, str]) -> None:
    stored = bulk.add_params(run, params)
    changed = [key for key, value in params.items() if stored[key] != value]
    if changed:
        key = changed[0]
        raise ParamChanged(
            f"Changing param values is not allowed. Param with key={key!r} was already logged with value="
            f"{stored[key][:200]!r} for run ID={run.uid!r}; the new value was {params[key][:200]!r}."
        )


def _put_tags(actor: Principal, project: Project, run: RunHead, tags: dict[str, str]) -> None:
    if name := tags.pop(NAME_TAG, ""):
        update_run(actor, project, run.uid, name=name)
    bulk.put_tags(run, tags)
    capture_tags(actor, project, [run], tags)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise InvalidInput("Malformed model info: `model_json` must be the JSON text of an object.")
    return value
