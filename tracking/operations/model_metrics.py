"""Metrics that a run measured of a logged model: logged with the run's own, kept with the model too."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.operation import require
from tracking.lineage import capture_evaluations
from tracking.models import LoggedModel, LoggedModelMetric
from tracking.queries.heads import find_logged_models
from tracking.rows import RunHead
from tracking.rules import Point, read_text


def add_model_metrics(
    actor: Principal, project: Project, run: RunHead, metrics: Sequence[Mapping[str, Any]], points: Sequence[Point]
) -> None:
    """Keep the points that name a logged model with that model. Raises NoSuchLoggedModel and InvalidInput."""
    named = [(metric, point) for metric, point in zip(metrics, points, strict=True) if metric.get("model_id")]
    if not named:
        return
    models = find_logged_models(project, {read_text(metric["model_id"], "model_id", 34) for metric, _ in named})
    require_on_each(Action.WRITE, models.values())
    rows = [_row(models[metric["model_id"]], run, metric, point) for metric, point in named]
    LoggedModelMetric.objects.bulk_create(rows, ignore_conflicts=True)
    measured = [(models[metric["model_id"]], row) for (metric, _), row in zip(named, rows, strict=True)]
    capture_evaluations(actor, project, run, ((model, row.dataset_name, row.dataset_digest) for model, row in measured))


def _row(model: LoggedModel, run: RunHead, metric: Mapping[str, Any], point: Point) -> LoggedModelMetric:
    return LoggedModelMetric(
        logged_model=model,
        run_id=run.pk,
        key=point.key,
        timestamp=point.timestamp,
        step=point.step,
        value=point.value,
        is_nan=point.is_nan,
        dataset_name=read_text(metric.get("dataset_name"), "dataset_name", 500),
        dataset_digest=read_text(metric.get("dataset_digest"), "dataset_digest", 36),
    )


def require_on_each(action: Action, models: Any) -> None:
    """Refuse unless this operation's actor may do ``action`` to each of ``models``; rights lie with experiments."""
    for model in {model.experiment_id: model for model in models}.values():
        require(action, model)
