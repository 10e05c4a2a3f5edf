"""What was measured of a version: the latest values of a metric, and on which data."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from registry.models import ModelVersion
from tracking.models import LatestMetric, LoggedModelMetric, Run, RunInput, RunInputTag
from tracking.rules.points import LARGEST_FLOAT

_CONTEXT: Final = "mlflow.data.context"
_TRAINING: Final = frozenset({"train", "training"})
_MOST_DATASETS: Final = 50


@dataclass(frozen=True, slots=True)
class Measure:
    """The latest value of a metric, on the dataset of this name and digest; both are empty when nothing says which.

    ``said_by`` is the run or logged model that it was logged to.
    """

    value: float
    dataset: str
    digest: str
    said_by: str
    step: int
    timestamp: int

    @property
    def text(self) -> str:
        """The value as a person reads it, and a program without loss."""
        if self.is_infinite:
            return "infinite" if self.value > 0 else "minus infinite"
        return repr(self.value)

    @property
    def is_infinite(self) -> bool:
        """Whether it was logged as infinite, which is kept as the largest number."""
        return abs(self.value) >= LARGEST_FLOAT

    @property
    def flaw(self) -> str:
        """Why it cannot be compared with anything, as the end of a sentence; empty when it can."""
        if math.isnan(self.value):
            return "is not a number (NaN)"
        return "is infinite" if self.is_infinite else ""

    @property
    def on(self) -> str:
        """The dataset, for a sentence."""
        return f"{self.dataset} ({self.digest})" if self.dataset and self.digest else self.dataset or self.digest

    def as_input(self) -> dict[str, str]:
        """As a gate keeps it, without floats."""
        return {
            "value": repr(self.value),
            "dataset": self.dataset,
            "digest": self.digest,
            "said_by": self.said_by,
            "step": str(self.step),
            "timestamp": str(self.timestamp),
        }


def measures_of(version: ModelVersion, metric: str) -> list[Measure]:
    """The latest value on each dataset, the newest first: of the version's logged model, else of its run.

    A run may log several models and keeps one latest value for all of them, so the logged model's own come first.
    """
    of_model = list(_of_logged_model(version, metric))
    return sorted(of_model or _of_run(version, metric), key=lambda each: (each.timestamp, each.step), reverse=True)


def digests_trained_on(version: ModelVersion) -> set[str]:
    """The digests of the data that the version's run read to train on."""
    return {digest for (_, digest), to_train in _datasets_read(version.run) if to_train} if version.run else set()


def _of_logged_model(version: ModelVersion, metric: str) -> Iterator[Measure]:
    if version.logged_model is None:
        return
    rows = LoggedModelMetric.objects.filter(logged_model=version.logged_model, key=metric)
    for name, digest in rows.values_list("dataset_name", "dataset_digest").distinct()[:_MOST_DATASETS]:
        latest = _latest(rows.filter(dataset_name=name, dataset_digest=digest))
        on = (name, digest) if digest or name else _dataset_of(latest.run)
        value = math.nan if latest.is_nan else latest.value
        yield Measure(value, *on, f"logged model {version.logged_model.uid}", latest.step, latest.timestamp)


def _of_run(version: ModelVersion, metric: str) -> Iterator[Measure]:
    if version.run is None:
        return
    latest = LatestMetric.objects.filter(run=version.run, key=metric).first()
    if latest is not None:
        value = math.nan if latest.is_nan else latest.value
        yield Measure(value, *_dataset_of(version.run), f"run {version.run.uid}", latest.step, latest.timestamp)


def _latest(rows: QuerySet[LoggedModelMetric]) -> LoggedModelMetric:
    """The newest of some values, by time and then by step, as pages show them."""
    return rows.select_related("run").order_by("-timestamp", "-step", "-pk")[0]


def _dataset_of(run: Run) -> tuple[str, str]:
    """The dataset on which a run must have measured what it logged: the only one that it read not just to train on.

    Empty when it read none, or when it could have been one of several.
    """
    read = _datasets_read(run)
    candidates = [dataset for dataset, to_train in read if not to_train] or [dataset for dataset, _ in read]
    return candidates[0] if len(candidates) == 1 else ("", "")


def _datasets_read(run: Run) -> list[tuple[tuple[str, str], bool]]:
    """The name and digest of every dataset that a run read, and whether it did to train on it."""
    read = RunInput.objects.filter(run=run).select_related("dataset").order_by("pk")[: _MOST_DATASETS + 1]
    datasets = {each.pk: (each.dataset.name, each.dataset.digest) for each in read}
    contexts = RunInputTag.objects.filter(input__in=datasets, key=_CONTEXT).values_list("input_id", "value")
    to_train = {pk for pk, context in contexts if context.strip().lower() in _TRAINING}
    return [(dataset, pk in to_train) for pk, dataset in datasets.items()]
