"""Runs and logged models of another server, taken over with their ids: each whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.operation import bulk_write, operation, require
from tracking.models import LoggedModel, Run
from tracking.operations.active import loggable_run
from tracking.operations.inputs import log_inputs, log_outputs
from tracking.operations.logged_models import create_logged_model, finalize_logged_model
from tracking.operations.logging import log_batch
from tracking.operations.model_metrics import add_model_metrics
from tracking.operations.runs import create_run, update_run
from tracking.queries.heads import find_experiment
from tracking.rules import read_points

Items = Sequence[Mapping[str, Any]]

_METRICS_AT_ONCE: Final = 1_000
_TEXTS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class SaidRun:
    """A run as another server tells of it."""

    uid: str
    name: str
    status: str
    start_time: int
    end_time: int | None
    params: Items = ()
    tags: Items = ()
    metrics: Items = ()
    datasets: Items = ()


@dataclass(frozen=True, slots=True)
class SaidModel:
    """A logged model as another server tells of it; ``metrics`` are points that it measured, each of some run."""

    uid: str
    name: str
    model_type: str
    status: str
    source_run: str
    params: Items = ()
    tags: Items = ()
    metrics: Items = field(default_factory=list)


@operation
def import_run(actor: Principal, project: Project, experiment_id: str, said: SaidRun) -> bool:
    """Take over a run with its params, tags, metrics and datasets; False when it was taken over before.

    Raises what logging raises; then nothing of the run is there.
    """
    require(Action.WRITE, find_experiment(project, experiment_id))
    if Run.objects.filter(uid=said.uid).exists():
        return False
    create_run(actor, project, experiment_id=experiment_id, start_time=said.start_time, name=said.name, uid=said.uid)
    for tags in _portions(said.tags, _TEXTS_AT_ONCE):
        log_batch(actor, project, said.uid, tags=tags)
    for params in _portions(said.params, _TEXTS_AT_ONCE):
        log_batch(actor, project, said.uid, params=params)
    for metrics in _portions(said.metrics, _METRICS_AT_ONCE):
        log_batch(actor, project, said.uid, metrics=metrics)
    if said.datasets:
        log_inputs(actor, project, said.uid, datasets=said.datasets)
    update_run(actor, project, said.uid, status=said.status, end_time=said.end_time)
    return True


@operation
def import_logged_model(actor: Principal, project: Project, experiment_id: str, said: SaidModel) -> bool:
    """Take over a logged model with its params, tags and metrics; False when it was taken over before."""
    require(Action.WRITE, find_experiment(project, experiment_id))
    if LoggedModel.objects.filter(uid=said.uid).exists():
        return False
    source = said.source_run if Run.objects.filter(uid=said.source_run).exists() else None
    create_logged_model(
        actor,
        project,
        experiment_id=experiment_id,
        name=said.name,
        model_type=said.model_type,
        source_run_id=source,
        params=said.params,
        tags=said.tags,
        uid=said.uid,
    )
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for point in said.metrics:
        by_run.setdefault(str(point.get("run_id")), []).append(point)
    for run_id in Run.objects.filter(uid__in=by_run, experiment__project=project).values_list("uid", flat=True):
        # The run has them already, and more exactly: a server may tell a NaN of a model as 0.
        for metrics in _portions(by_run[run_id], _METRICS_AT_ONCE):
            named = [{**point, "model_id": said.uid} for point in metrics]
            add_model_metrics(actor, project, loggable_run(project, run_id), named, read_points(named))
    finalize_logged_model(actor, project, said.uid, status=said.status)
    return True


@bulk_write
def import_model_links(actor: Principal, project: Project, run_id: str, *, read: Items, made: Items) -> None:
    """Say which logged models a run that was taken over read and made; those that were not taken over are left out."""
    run = Run.objects.select_related("experiment").get(uid=run_id)
    require(Action.WRITE, run)
    ids = {str(item.get("model_id")) for item in (*read, *made)}
    here = set(LoggedModel.objects.filter(uid__in=ids, experiment__project=project).values_list("uid", flat=True))
    if known := [item for item in read if item.get("model_id") in here]:
        log_inputs(actor, project, run_id, models=known)
    if known := [item for item in made if item.get("model_id") in here]:
        log_outputs(actor, project, run_id, models=known)


def _portions(items: Iterable[Mapping[str, Any]], size: int) -> Iterable[Items]:
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
