"""What can be searched in tracking: experiments, runs, logged models."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from django.db.models import F, Q

from audit.exceptions import InvalidInput
from tracking.models import (
    ExperimentTag,
    LatestMetric,
    LoggedModelMetric,
    LoggedModelParam,
    LoggedModelStatus,
    LoggedModelTag,
    Param,
    RunInput,
    RunTag,
)
from tracking.rules import read_experiment_id
from tracking.search.entities import (
    EQUALITY,
    LISTS,
    NULLS,
    NUMBERS,
    TEXT,
    Attribute,
    Computed,
    EntitySpec,
    Keyed,
    Related,
    Type,
    compare,
)
from tracking.search.syntax import Operator, Value


def _prefixes(**families: str) -> Mapping[str, str]:
    return {spelling: family for family, spellings in families.items() for spelling in spellings.split()}


#: A metric that is not NaN. With IN, because SQLite does not look up `NOT is_nan` in an index.
NUMBER: Final = Q(is_nan__in=(False,))


def _match_metric(operator: Operator, value: Value) -> Q:
    """NaN differs from every number and is in no order with any."""
    number = NUMBER & compare("value", operator, value)
    return number | Q(is_nan=True) if operator is Operator.NE else number


_run_name = Attribute("name")
_start_time = Attribute("start_time", Type.INTEGER, NUMBERS)
_end_time = Attribute("end_time", Type.INTEGER, NUMBERS, nullable=True)
#: In milliseconds, of runs that have ended; MLflow's own language does not know it.
_duration = Computed("duration", Type.INTEGER, NUMBERS, nullable=True, expression=F("end_time") - F("start_time"))

RUNS = EntitySpec(
    plural="runs",
    attributes={
        "run_id": Attribute("uid", operators=TEXT | LISTS),
        "run_name": _run_name,
        "run name": _run_name,
        "Run name": _run_name,
        "Run Name": _run_name,
        "status": Attribute("status"),
        "user_id": Attribute("owner__username", nullable=True),
        "artifact_uri": Attribute("artifact_uri"),
        "start_time": _start_time,
        "created": _start_time,
        "Created": _start_time,
        "end_time": _end_time,
        "duration": _duration,
    },
    prefixes=_prefixes(
        attribute="attribute attributes attr run",
        metric="metric metrics",
        param="param params parameter parameters",
        tag="tag tags",
        dataset="dataset datasets",
    ),
    families={
        "metric": Keyed("metric", LatestMetric, "run", Type.NUMBER, NUMBERS, matching=_match_metric),
        "param": Keyed("param", Param, "run", operators=TEXT | NULLS),
        "tag": Keyed("tag", RunTag, "run", operators=TEXT | NULLS),
        "dataset": Related(
            "dataset",
            RunInput,
            "run",
            {
                "name": ("dataset__name", Q()),
                "digest": ("dataset__digest", Q()),
                "context": ("tags__value", Q(tags__key="mlflow.data.context")),
            },
        ),
    },
    orderable=frozenset(
        {
            "run_id",
            "run_name",
            "status",
            "user_id",
            "artifact_uri",
            "start_time",
            "created",
            "Created",
            "end_time",
            "duration",
        }
    ),
    ordering_families=frozenset({"metric", "param", "tag"}),
)

EXPERIMENTS = EntitySpec(
    plural="experiments",
    attributes={
        "name": Attribute("name"),
        "experiment_id": Attribute("pk", operators=EQUALITY | LISTS, read=read_experiment_id),
        "creation_time": Attribute("creation_time", Type.INTEGER, NUMBERS),
        "last_update_time": Attribute("last_update_time", Type.INTEGER, NUMBERS),
    },
    prefixes=_prefixes(attribute="attribute attributes", tag="tag tags"),
    families={"tag": Keyed("tag", ExperimentTag, "experiment", operators=TEXT | NULLS)},
    orderable=frozenset({"name", "experiment_id", "creation_time", "last_update_time"}),
)


def _read_model_status(text: str) -> str:
    """A status by the protocol's long name or a short one such as READY."""
    return LoggedModelStatus[text].value if text in LoggedModelStatus.names else text


_created = Attribute("creation_time", Type.INTEGER, NUMBERS)
_updated = Attribute("last_update_time", Type.INTEGER, NUMBERS)
_model_metrics = Keyed("metric", LoggedModelMetric, "logged_model", Type.NUMBER, NUMBERS, matching=_match_metric)

LOGGED_MODELS = EntitySpec(
    plural="logged models",
    attributes={
        "name": Attribute("name", operators=TEXT | LISTS),
        "model_id": Attribute("uid", operators=TEXT | LISTS),
        "model_type": Attribute("model_type", operators=TEXT | LISTS),
        "status": Attribute("status", operators=TEXT | LISTS, read=_read_model_status),
        "source_run_id": Attribute("source_run__uid", operators=TEXT | LISTS, nullable=True),
        "artifact_location": Attribute("artifact_uri", operators=TEXT | LISTS),
        "experiment_id": Attribute("experiment_id", operators=EQUALITY | LISTS, read=read_experiment_id),
        "creation_timestamp": _created,
        "creation_time": _created,
        "last_updated_timestamp": _updated,
        "last_updated_time": _updated,
    },
    prefixes=_prefixes(attribute="attribute attributes", metric="metric metrics", param="param params", tag="tag tags"),
    families={
        "metric": _model_metrics,
        "param": Keyed("param", LoggedModelParam, "logged_model", bare_numbers=True),
        "tag": Keyed("tag", LoggedModelTag, "logged_model"),
    },
    orderable=frozenset(
        {
            "name",
            "model_id",
            "model_type",
            "status",
            "source_run_id",
            "creation_timestamp",
            "creation_time",
            "last_updated_timestamp",
            "last_updated_time",
        }
    ),
)


def logged_models_on(datasets: Iterable[Mapping[str, Any]]) -> EntitySpec:
    """`LOGGED_MODELS` with metrics limited to those measured on one of ``datasets``; see `measured_on`."""
    rows = measured_on(datasets)
    return replace(LOGGED_MODELS, families={**LOGGED_MODELS.families, "metric": replace(_model_metrics, rows=rows)})


def measured_on(datasets: Iterable[Mapping[str, Any]]) -> Q:
    """The condition that a logged model's metric was measured on one of ``datasets``.

    Each has a ``dataset_name`` and may have a ``dataset_digest``. Raises InvalidInput.
    """
    rows = Q()
    for dataset in datasets:
        name, digest = dataset.get("dataset_name"), dataset.get("dataset_digest")
        if not isinstance(name, str) or not name:
            raise InvalidInput("`dataset_name` in the `datasets` clause must be specified.")
        if digest is not None and not isinstance(digest, str):
            raise InvalidInput("`dataset_digest` in the `datasets` clause must be a string.")
        rows |= Q(dataset_name=name, dataset_digest=digest) if digest else Q(dataset_name=name)
    return rows
