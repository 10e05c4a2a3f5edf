"""Which params of a sweep matter for a metric: the share of its differences that each param explains by itself.

Method: the runs are put into groups by the param, and the variance between the groups is compared with the whole
variance (one-way analysis, epsilon squared: corrected for what as many groups of so few runs would explain by chance,
and not below zero). Two things make it fit for sweeps. The metric counts by its rank, so that one run that diverged
does not decide everything. A param whose values are all numbers, of which there are more than a few, is cut into groups
of about equal size by rank; the values of any other param are groups themselves.

A share says nothing about params that matter only together, and little when the runs are few.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: Numbers with more different values than this are grouped by rank.
MOST_GROUPS: Final = 6
#: A group by rank holds at least so many runs.
FEWEST_IN_GROUP: Final = 3
#: Below so many runs shares are guesses.
FEW_RUNS: Final = 20
#: A category with fewer runs per value than this tells runs apart instead of explaining them.
_RUNS_PER_CATEGORY: Final = 1.5


@dataclass(frozen=True, slots=True)
class Importance:
    """The share, between 0 and 1, of the metric's differences that a param explains; None when that cannot be said.

    ``runs`` have both the param and the metric, ``groups`` is how many groups they were put into.
    """

    param: str
    share: float | None
    runs: int
    groups: int
    is_numeric: bool

    @property
    def is_guess(self) -> bool:
        """Whether the runs are too few to rely on the share."""
        return self.runs < FEW_RUNS


def importances(runs: Iterable[tuple[Mapping[str, str], float]]) -> list[Importance]:
    """The params of runs that differ, the most important first; each run is its params and its metric.

    Runs whose metric is no finite number do not count.
    """
    values: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for params, metric in runs:
        if math.isfinite(metric):
            for param, value in params.items():
                values[param].append((value, metric))
    found = [_importance(param, pairs) for param, pairs in values.items() if len({value for value, _ in pairs}) > 1]
    return sorted(found, key=lambda one: (one.share is None, -(one.share or 0), one.param))


def as_number(text: str) -> float | None:
    """The finite number that a param's text says, if any."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _importance(param: str, pairs: Sequence[tuple[str, float]]) -> Importance:
    numbers = [as_number(value) for value, _ in pairs]
    is_numeric = None not in numbers
    groups = _ranked(numbers) if is_numeric else [value for value, _ in pairs]
    ranks = ranks_of([metric for _, metric in pairs])
    count = len(set(groups))
    tells_apart = not is_numeric and len(pairs) < count * _RUNS_PER_CATEGORY
    share = None if tells_apart else explained(groups, ranks)
    return Importance(param, share, len(pairs), count, is_numeric)


def _ranked(numbers: Sequence[float | None]) -> list[float]:
    """The group of each number: the number itself, or one of a few groups by rank; equal numbers stay together."""
    known = [number for number in numbers if number is not None]
    if len(set(known)) <= MOST_GROUPS:
        return known
    groups = max(2, min(MOST_GROUPS, len(known) // FEWEST_IN_GROUP))
    return [math.floor((rank - 0.5) * groups / len(known)) for rank in ranks_of(known)]


def ranks_of(numbers: Sequence[float]) -> list[float]:
    """The rank of each number from 1 on; equal ones share the mean of their ranks."""
    places: dict[float, list[int]] = defaultdict(list)
    for place, number in enumerate(sorted(numbers), start=1):
        places[number].append(place)
    return [sum(places[number]) / len(places[number]) for number in numbers]


def explained(groups: Sequence[object], values: Sequence[float]) -> float | None:
    """The share of the variance of ``values`` that lies between groups (epsilon squared); None without any."""
    members: dict[object, list[float]] = defaultdict(list)
    for group, value in zip(groups, values, strict=True):
        members[group].append(value)
    count, mean = len(values), sum(values) / len(values) if values else 0.0
    total = sum((value - mean) ** 2 for value in values)
    if not total or len(members) in (1, count):
        return None
    within = sum(sum((value - sum(own) / len(own)) ** 2 for value in own) for own in members.values())
    by_chance = within / (count - len(members)) * (count - 1)
    return min(1.0, max(0.0, 1 - by_chance / total))
