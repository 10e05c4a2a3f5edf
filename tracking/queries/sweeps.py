"""The children of a run, as one sweep: which param was tried with which result, which child is best, what mattered."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from accounts.principals import Principal
from tracking.columns import PARENT_TAG
from tracking.compare.better import less_is_better
from tracking.models import Run
from tracking.queries.run_page import as_float, duration_of
from tracking.queries.run_search import search_runs
from tracking.rows import RunHead, RunRow
from tracking.rules.importance import Importance, as_number, importances

#: How many children are looked at: the newest. More lines than these no picture can show.
MOST_CHILDREN: Final = 500
MOST_SHOWN: Final = 50
MOST_DIMENSIONS: Final = 10
#: An axis with more categories than this cannot be read.
_MOST_CATEGORIES: Final = 40
#: Columns of params in the table.
MOST_COLUMNS: Final = 8
_LONGEST_VALUE: Final = 80
#: Metrics that a sweep is usually made for; what machines report of themselves is not.
_TELLING: Final = re.compile(r"auc|accuracy|f1|r2|score|loss|mse|mae|error|precision|recall|reward|perplexity", re.I)
_OF_MACHINES: Final = "system/"


@dataclass(frozen=True, slots=True)
class Child:
    """A run of a sweep, with its value of the metric; None when it has none, NaN included."""

    head: RunHead
    params: dict[str, str]
    metric: float | None
    logged: float | None
    duration: int | None


@dataclass(frozen=True)
class Sweep:
    """The children of a run for one metric; ``minimise`` says that less of it is better."""

    children: list[Child]
    metrics: list[str]
    metric: str
    minimise: bool
    has_more: bool

    @cached_property
    def ranked(self) -> list[Child]:
        """The children from the best on; those without a number come last."""
        known = [child for child in self.children if child.metric is not None]
        unknown = [child for child in self.children if child.metric is None]
        return sorted(known, key=_metric_of, reverse=not self.minimise) + unknown

    @property
    def best(self) -> Child | None:
        """The child with the best value of the metric."""
        return self.ranked[0] if self.ranked and self.ranked[0].metric is not None else None

    @property
    def measured(self) -> int:
        """How many children have a number."""
        return sum(child.metric is not None for child in self.children)

    @cached_property
    def importances(self) -> list[Importance]:
        """How much of the metric's differences each param explains, the most first."""
        return importances((child.params, child.metric) for child in self.children if child.metric is not None)

    @cached_property
    def varied(self) -> list[str]:
        """The params that differ between children, the most important first."""
        ranked = [one.param for one in self.importances]
        different = {param for param in self._params if len(self._values(param)) > 1}
        return ranked + sorted(different.difference(ranked))

    @cached_property
    def constant(self) -> list[tuple[str, str]]:
        """The params that are the same in all children."""
        return [(param, next(iter(self._values(param)))) for param in self._params if len(self._values(param)) == 1]

    @property
    def columns(self) -> list[str]:
        """The params that the table shows."""
        return self.varied[:MOST_COLUMNS]

    @property
    def rows(self) -> list[tuple[Child, list[tuple[str, str]]]]:
        """The best children, each with its params by column."""
        return [
            (child, [(name, child.params.get(name, "")) for name in self.columns]) for child in self.ranked[:MOST_SHOWN]
        ]

    def picture(self) -> dict[str, Any]:
        """For parallel coordinates: a dimension for each param that differs, and the metric."""
        axes = (_dimension(name, [child.params.get(name) for child in self.children]) for name in self.varied)
        readable = (axis for axis in axes if len(axis.get("values", ())) <= _MOST_CATEGORIES)
        dimensions = list(islice(readable, MOST_DIMENSIONS))
        return {
            "dimensions": [*dimensions, {"name": self.metric, "type": "number"}],
            "rows": [self._line(child, dimensions) for child in self.ranked],
            "colour": self.metric,
            "minimise": self.minimise,
        }

    def _line(self, child: Child, dimensions: Sequence[dict[str, Any]]) -> dict[str, Any]:
        values: list[Any] = []
        for dimension in dimensions:
            value = child.params.get(dimension["name"])
            is_number = value is not None and dimension["type"] == "number"
            values.append(as_number(value) if is_number and value is not None else _cut(value))
        return {
            "uid": child.head.uid,
            "name": child.head.name,
            "status": child.head.status,
            "values": [*values, child.metric],
        }

    @cached_property
    def _params(self) -> list[str]:
        return sorted({param for child in self.children for param in child.params})

    def _values(self, param: str) -> set[str]:
        return {child.params.get(param, "") for child in self.children}


def sweep_of(principal: Principal, run: Run, *, metric: str = "", goal: str = "") -> Sweep:
    """The children of a run, for ``metric``, or the one that most of them have; ``goal`` is min, max or a guess.

    Seven queries, however many children there are.
    """
    found = search_runs(
        principal,
        run.experiment.project,
        experiment_ids=[str(run.experiment_id)],
        filter_string=f"tags.`{PARENT_TAG}` = '{run.uid}'",
        max_results=MOST_CHILDREN,
    )
    keys = Counter(item["key"] for row in found.rows for item in row.metrics)
    names = sorted(keys)
    if metric not in keys:
        metric = min(keys, key=lambda key: (-keys[key], *_telling(key)), default="")
    return Sweep(
        children=[_child(row, metric) for row in found.rows],
        metrics=names,
        metric=metric,
        minimise=goal == "min" if goal in ("min", "max") else less_is_better(metric),
        has_more=bool(found.next_page_token),
    )


def _telling(key: str) -> tuple[bool, bool, str]:
    """Sorts metrics by how likely a sweep was made for them."""
    return key.startswith(_OF_MACHINES), not _TELLING.search(key), key


def _child(row: RunRow, metric: str) -> Child:
    logged = next((as_float(item["value"]) for item in row.metrics if item["key"] == metric), None)
    usable = logged is not None and math.isfinite(logged)
    params = {item["key"]: item["value"] for item in row.params}
    return Child(row.head, params, logged if usable else None, logged, duration_of(row.head))


def _metric_of(child: Child) -> float:
    assert child.metric is not None
    return child.metric


def _dimension(name: str, values: Sequence[str | None]) -> dict[str, Any]:
    """An axis: of numbers when all values are, else of the values themselves in order."""
    known = {value for value in values if value is not None}
    if known and all(as_number(value) is not None for value in known):
        return {"name": name, "type": "number"}
    return {"name": name, "type": "category", "values": sorted({value[:_LONGEST_VALUE] for value in known})}


def _cut(value: str | None) -> str | None:
    return value[:_LONGEST_VALUE] if value is not None else None
