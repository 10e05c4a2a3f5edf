"""What runs and logged models are today, and how people name them, for the answers of the graph."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.urls import reverse

from accounts.principals import Principal
from lineage import keys
from lineage.kinds import Described
from lineage.visibility import Exceptions, exceptions_among
from tracking.models import Experiment, ExperimentTag, LatestMetric, Lifecycle, LoggedModel, Run

RUNS: Final = keys.run("")
LOGGED_MODELS: Final = keys.logged_model("")
_PRIMARY_METRIC: Final = "mlflow.experiment.primaryMetric.name"


def describe_runs(principal: Principal, asked: Sequence[str]) -> Mapping[str, Described]:
    """Runs as they are; the figure is that of their experiment's primary metric. Three queries."""
    uids = {key.removeprefix(RUNS) for key in asked}
    runs = list(Run.objects.visible_to(principal).select_related("experiment", "owner").filter(uid__in=uids))
    metrics = _primary_metrics(runs)
    return {
        keys.run(run.uid): Described(
            label=run.name,
            url=reverse("tracking:run", args=[run.uid]),
            status="DELETED" if not run.is_active else run.status,
            owner=run.owner.username if run.owner else "",
            owner_id=run.owner_id,
            metric=metrics.get(run.pk),
            details={"experiment": run.experiment.name, "experiment_id": str(run.experiment_id)},
        )
        for run in runs
    }


def describe_logged_models(principal: Principal, asked: Sequence[str]) -> Mapping[str, Described]:
    """Logged models as they are. One query."""
    uids = {key.removeprefix(LOGGED_MODELS) for key in asked}
    models = LoggedModel.objects.visible_to(principal).select_related("experiment", "owner").filter(uid__in=uids)
    return {
        keys.logged_model(model.uid): Described(
            label=model.name,
            url=reverse("tracking:logged-model", args=[model.uid]),
            status="DELETED" if _is_deleted(model) else model.status,
            owner=model.owner.username if model.owner else "",
            owner_id=model.owner_id,
            details={"experiment": model.experiment.name, "experiment_id": str(model.experiment_id)},
        )
        for model in models
    }


def find_runs(principal: Principal, names: Sequence[str]) -> Mapping[str, str]:
    """The keys of runs by their ids."""
    uids = Run.objects.visible_to(principal).filter(uid__in=names).values_list("uid", flat=True)
    return {uid: keys.run(uid) for uid in uids}


def find_logged_models(principal: Principal, names: Sequence[str]) -> Mapping[str, str]:
    """The keys of logged models by their ids."""
    uids = LoggedModel.objects.visible_to(principal).filter(uid__in=names).values_list("uid", flat=True)
    return {uid: keys.logged_model(uid) for uid in uids}


def experiments_apart(principal: Principal) -> Exceptions:
    """The experiments that this principal may see although they may not see the project."""
    return exceptions_among(Experiment.objects.all(), principal, "experiment")


def _is_deleted(model: LoggedModel) -> bool:
    return Lifecycle.DELETED in (model.lifecycle_stage, model.experiment.lifecycle_stage)


def _primary_metrics(runs: Sequence[Run]) -> dict[int, tuple[str, float]]:
    """The latest value of the metric that each run's experiment calls its primary one."""
    experiments = {run.experiment_id for run in runs}
    named = dict(
        ExperimentTag.objects.filter(experiment_id__in=experiments, key=_PRIMARY_METRIC).values_list(
            "experiment_id", "value"
        )
    )
    if not named:
        return {}
    wanted = [run.pk for run in runs if run.experiment_id in named]
    rows = LatestMetric.objects.filter(run_id__in=wanted, key__in=set(named.values()), is_nan=False)
    found = rows.values_list("run_id", "experiment_id", "key", "value")
    return {run_id: (key, value) for run_id, experiment_id, key, value in found if named[experiment_id] == key}
