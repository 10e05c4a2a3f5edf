"""The metrics of a model's versions, read from the runs that made them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from accounts.principals import Principal
from audit.exceptions import InvalidInput
from registry.models import ModelVersion, RegisteredModel
from tracking.models import LatestMetric, Run

#: How many versions a chart shows, the newest of them, and how many metrics.
MOST_VERSIONS: Final = 200
MOST_KEYS: Final = 8
#: Among how many versions the keys are looked for that can be chosen, and how many are offered.
_LOOKED_AT: Final = 20
_MOST_OFFERED: Final = 300
#: What is shown when nobody chose: metrics of these names come first, whatever set they were measured on.
_COMMON: Final = ("roc_auc", "auc", "accuracy", "f1", "f1_score", "rmse", "mae", "r2", "loss", "log_loss")
_BY_DEFAULT: Final = 3
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class MeasuredVersion:
    """A version in the chart."""

    number: int
    stage: str
    created_at: int
    run: str


@dataclass(frozen=True, slots=True)
class KeyMetrics:
    """Metrics over versions, the oldest first. ``series`` maps a key to its values; None where there is none."""

    versions: list[MeasuredVersion]
    series: dict[str, list[float | None]]


def metric_keys(actor: Principal, model: RegisteredModel) -> list[str]:
    """The metrics that the newest versions were measured by, as far as ``actor`` may see their runs; one query."""
    newest = ModelVersion.objects.active().filter(model=model).order_by("-number").values("run")[:_LOOKED_AT]
    runs = Run.objects.visible_to(actor).filter(pk__in=list(_known(newest.values_list("run", flat=True))))
    keys = LatestMetric.objects.filter(run__in=runs).order_by("key").values_list("key", flat=True).distinct()
    return list(keys[:_MOST_OFFERED])


def common_keys(keys: Iterable[str]) -> list[str]:
    """A few of ``keys`` that most readers want to see; the first ones when none is known to be such."""
    offered = list(keys)
    return ([key for key in foremost(offered) if _rank(key) is not None] or offered)[:_BY_DEFAULT]


def foremost(keys: Iterable[str]) -> list[str]:
    """All of ``keys``, those before that most readers want to see."""
    return sorted(keys, key=lambda key: (_rank(key) is None, _rank(key) or 0, len(key), key))


def key_metrics(actor: Principal, model: RegisteredModel, keys: Sequence[str]) -> KeyMetrics:
    """These metrics of the model's newest versions; two queries. Raises InvalidInput for too many keys."""
    if len(keys) > MOST_KEYS:
        raise InvalidInput(f"At most {MOST_KEYS} metrics can be shown at once; {len(keys)} were named.")
    newest = ModelVersion.objects.active().filter(model=model).order_by("-number")
    rows = list(newest.values_list("number", "stage", "created_at", "run_id", "run_uid")[:MOST_VERSIONS])[::-1]
    values = figures_of_runs(actor, {run for _, _, _, run, _ in rows if run}, keys)
    return KeyMetrics(
        [MeasuredVersion(number, stage, created_at, uid) for number, stage, created_at, _, uid in rows],
        {key: [values.get((run, key)) for _, _, _, run, _ in rows] for key in keys},
    )


def figures_of_runs(actor: Principal, runs: Iterable[int], keys: Sequence[str]) -> dict[tuple[int, str], float]:
    """The latest values by (run, key), of runs that ``actor`` may see, without NaN; one query, none without keys."""
    wanted = [key for key in keys if "\x00" not in key]
    if not wanted:
        return {}
    seen = Run.objects.visible_to(actor).filter(pk__in=set(runs))
    found = LatestMetric.objects.filter(run__in=seen, key__in=wanted, is_nan=False)
    return {(run, key): value for run, key, value in found.values_list("run_id", "key", "value")}


def _known(runs: Iterable[int | None]) -> set[int]:
    return {run for run in runs if run is not None}


def _rank(key: str) -> int | None:
    """How common a metric is by a part of its name: ``val_f1``, ``test/f1`` and ``f1_macro`` count as ``f1``."""
    name = f"_{_BETWEEN.sub('_', key.lower())}_"
    return next((place for place, common in enumerate(_COMMON) if f"_{common}_" in name), None)
