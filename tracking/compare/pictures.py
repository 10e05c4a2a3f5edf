"""Runs as lines and points: the dimensions that parallel coordinates, scatter and contour pictures are drawn from."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracking.compare.better import less_is_better
from tracking.compare.selection import Selection
from tracking.compare.table import duration_of
from tracking.rows import RunRow

#: Numbers in one picture's data, which keeps it below a megabyte, and values on an axis that are no numbers.
MOST_VALUES: Final = 40_000
MOST_CATEGORIES: Final = 40
LONGEST_VALUE: Final = 60
#: Names of metrics that most readers look at first.
_QUALITY: Final = re.compile(r"acc|auc|f1|r2|loss|rmse|mse|mae|mape|precision|recall|score", re.IGNORECASE)
_FIRST_PARAMS: Final = 6
_FIRST_METRICS: Final = 2


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something that runs have a value of; ``values`` are the texts of a category, in order."""

    name: str
    label: str
    family: str
    values: list[str] | None
    of_runs: list[Any]

    @property
    def varies(self) -> bool:
        """Whether runs differ in it."""
        return len({value for value in self.of_runs if value is not None}) > 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What islands draw from. ``left_out`` counts dimensions without room."""

    data: dict[str, Any]
    left_out: int

    @property
    def numeric(self) -> int:
        """How many dimensions are numbers."""
        return sum(dimension["type"] == "number" for dimension in self.data["dimensions"])


def picture_of(selection: Selection) -> Picture:
    """All that can be drawn of these runs: what differs first, params before metrics."""
    rows = selection.rows
    found = sorted(_dimensions(rows), key=lambda one: not one.varies)
    room = max(10, MOST_VALUES // max(len(rows), 1))
    kept = found[:room]
    chosen = _chosen(kept)
    colour = min((one for one in kept if one.family == "metrics" and one.varies), key=_interest, default=None)
    data = {
        "dimensions": [_spoken(one) for one in kept],
        "rows": [
            {
                "uid": row.head.uid,
                "name": row.head.name,
                "status": row.head.status,
                "values": [one.of_runs[place] for one in kept],
            }
            for place, row in enumerate(rows)
        ],
        "shown": [one.name for one in chosen],
        "colour": colour.name if colour else "",
        "minimise": bool(colour and less_is_better(colour.label)),
    }
    return Picture(data, len(found) - len(kept))


def _spoken(one: Dimension) -> dict[str, Any]:
    spoken: dict[str, Any] = {"name": one.name, "label": one.label, "family": one.family}
    return spoken | ({"type": "number"} if one.values is None else {"type": "category", "values": one.values})


def _chosen(kept: Sequence[Dimension]) -> list[Dimension]:
    """The axes that are shown when nobody chose."""
    params = [one for one in kept if one.family == "params" and one.varies]
    metrics = sorted((one for one in kept if one.family == "metrics" and one.varies), key=_interest)
    return (params[:_FIRST_PARAMS] + metrics[:_FIRST_METRICS]) or list(kept[:_FIRST_PARAMS])


def _interest(metric: Dimension) -> tuple[bool, bool]:
    """Metrics of how good a model is come before others, and those of the machine last."""
    return metric.label.startswith("system/"), _QUALITY.search(metric.label) is None


def _dimensions(rows: Sequence[RunRow]) -> Iterator[Dimension]:
    yield from _of_family("params", rows, lambda row: {item["key"]: item["value"] for item in row.params})
    yield from _of_family("metrics", rows, lambda row: {item["key"]: item["value"] for item in row.metrics})
    yield _numbers("attributes.duration", "duration (ms)", "attributes", [duration_of(row.head) for row in rows])
    yield _numbers("attributes.start_time", "started (ms)", "attributes", [row.head.start_time for row in rows])


def _of_family(
    family: str, rows: Sequence[RunRow], values_of: Callable[[RunRow], dict[str, Any]]
) -> Iterator[Dimension]:
    each = [values_of(row) for row in rows]
    for key in sorted(set().union(*each)):
        values = [of_run.get(key) for of_run in each]
        numbers = [_number(value) for value in values]
        all_numbers = values.count(None) == numbers.count(None)
        if family == "metrics" or all_numbers:
            yield _numbers(f"{family}.{key}", key, family, numbers)
            continue
        texts = [None if value is None else str(value)[:LONGEST_VALUE] for value in values]
        categories = sorted({text for text in texts if text is not None})
        if len(categories) <= MOST_CATEGORIES:
            places = {text: place for place, text in enumerate(categories)}
            of_runs = [None if text is None else places[text] for text in texts]
            yield Dimension(f"{family}.{key}", key, family, categories, of_runs)


def _numbers(name: str, label: str, family: str, values: list[Any]) -> Dimension:
    return Dimension(name, label, family, None, values)


def _number(value: Any) -> float | None:
    """The number that a value is, short enough for a picture."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return float(f"{number:.9g}") if math.isfinite(number) else None
