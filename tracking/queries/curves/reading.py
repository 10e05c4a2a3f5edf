"""Reads the curves of some metrics of some runs: exact points where there are few, buckets where there are many."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.principals import Principal
from audit.exceptions import InvalidInput
from tracking.models import LatestMetric, Run, RunStatus
from tracking.queries.curves import statements
from tracking.queries.curves.statements import INFINITE, Axis, Bucket, Extent, Point, Span

MOST_RUNS: Final = 50
MOST_CURVES: Final = 200
#: Buckets of one curve, and rows of one answer, which keeps it below a megabyte.
MOST_BUCKETS: Final = 1_000
MOST_ROWS: Final = 8_000
#: Points behind one answer; reading more would take many seconds.
MOST_POINTS: Final = 20_000_000

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_EXACT: Final = ("x", "value")
_COARSE: Final = ("points", "x", "x_last", "nan", "infinite", "min", "max", "mean", "first", "last")
_UNFINISHED: Final = frozenset({RunStatus.RUNNING, RunStatus.SCHEDULED})


@dataclass(slots=True)
class Curve:
    """One metric of one run, or of the asked part of it."""

    run: str
    run_name: str
    status: str
    started_at: int
    key: str
    #: How many points there are in the asked part.
    points: int = 0
    #: Whether ``columns`` hold every point, and not buckets of them.
    exact: bool = True
    #: Lists of equal length. ``x`` and ``value``, or what `Bucket` has.
    columns: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Curves:
    """Curves in the order of the keys, within each in the order of the runs."""

    axis: Axis
    curves: list[Curve]
    #: Ids of runs that there are not, or that may not be seen.
    not_found: list[str]
    #: How many more curves there are than an answer shows.
    left_out: int = 0

    @property
    def live(self) -> bool:
        """Whether a run is still at work, so that more will come."""
        return any(curve.status in _UNFINISHED for curve in self.curves)


def metric_curves(
    principal: Principal,
    run_ids: Sequence[str],
    keys: Sequence[str] = (),
    *,
    axis: Axis = Axis.STEP,
    first: int | None = None,
    last: int | None = None,
    buckets: int = 500,
) -> Curves:
    """The curves of these runs and keys (without any: of all keys), between two places of the axis.

    A curve of more points than ``buckets`` comes in so many buckets or fewer. Five statements, however many curves.
    Raises InvalidInput.
    """
    if not 1 <= buckets <= MOST_BUCKETS:
        raise InvalidInput(f"A curve can have 1 to {MOST_BUCKETS:,} buckets; {buckets} were asked for.")
    wanted = list(dict.fromkeys(run_ids))
    if not 1 <= len(wanted) <= MOST_RUNS:
        raise InvalidInput(f"Curves of 1 to {MOST_RUNS} runs can be read at once; {len(wanted)} were named.")
    runs = {run.uid: run for run in _visible_runs(principal, wanted)}
    not_found = [uid for uid in wanted if uid not in runs]
    series = _series([runs[uid] for uid in wanted if uid in runs], keys)
    left_out = max(0, len(series) - MOST_CURVES)
    by_pk = dict(series[:MOST_CURVES])
    _fill(by_pk, axis, first, last, _buckets_each(buckets, len(by_pk)))
    return Curves(axis, list(by_pk.values()), not_found, left_out)


def _visible_runs(principal: Principal, uids: Sequence[str]) -> Iterable[Run]:
    rows = Run.objects.visible_to(principal).filter(uid__in=[uid for uid in uids if "\x00" not in uid])
    return rows.only("pk", "uid", "name", "status", "start_time")


def _series(runs: Sequence[Run], keys: Sequence[str]) -> list[tuple[int, Curve]]:
    rows = LatestMetric.objects.filter(run__in=[run.pk for run in runs])
    if keys:
        rows = rows.filter(key__in=[key for key in keys if "\x00" not in key])
    place_of_run = {run.pk: place for place, run in enumerate(runs)}
    place_of_key = {key: place for place, key in enumerate(keys)}
    found = sorted(
        (place_of_key.get(key, 0), key, place_of_run[run], pk) for pk, run, key in rows.values_list("pk", "run", "key")
    )
    return [(pk, _curve(runs[place], key)) for _, key, place, pk in found]


def _curve(run: Run, key: str) -> Curve:
    return Curve(run.uid, run.name, run.status, run.start_time, key)


def _buckets_each(asked: int, curves: int) -> int:
    return min(asked, MOST_ROWS // max(curves, 1))


def _fill(curves: dict[int, Curve], axis: Axis, first: int | None, last: int | None, most: int) -> None:
    """Give curves, keyed by the number of their series, their points."""
    offsets = {pk: curve.started_at if axis == Axis.RELATIVE else 0 for pk, curve in curves.items()}
    spans = {pk: Span(pk, _bound(first, offsets[pk], _SMALLEST), _bound(last, offsets[pk], _LARGEST)) for pk in curves}
    extents = statements.extents(axis, list(spans.values()))
    _check_points(sum(extent.points for extent in extents.values()))
    for pk, curve in curves.items():
        curve.points = extents[pk].points
        curve.exact = curve.points <= most
        curve.columns = {name: [] for name in (_EXACT if curve.exact else _COARSE)}
    exact = [spans[pk] for pk, curve in curves.items() if curve.exact and curve.points]
    for point in statements.points(axis, exact):
        _add(curves[point.series], (_within(point.x - offsets[point.series]), _spoken(point)))
    coarse = [_cut(spans[pk], extents[pk], most) for pk, curve in curves.items() if not curve.exact]
    for pk, bucket in statements.buckets(axis, coarse):
        _add(curves[pk], _rounded(bucket, offsets[pk]))


def _bound(place: int | None, offset: int, otherwise: int) -> int:
    return otherwise if place is None else _within(place + offset)


def _within(place: int) -> int:
    """The nearest number of 64 bits: starts of runs may be as odd as anything that scripts send."""
    return max(_SMALLEST, min(_LARGEST, place))


def _check_points(count: int) -> None:
    if count > MOST_POINTS:
        raise InvalidInput(
            f"These curves have {count:,} points together; at most {MOST_POINTS:,} are read at once. "
            "Choose fewer runs or metrics, or a smaller part of them."
        )


def _cut(span: Span, extent: Extent, most: int) -> Span:
    """The span with what makes at most ``most`` buckets of it; no difference on the way exceeds 64 bits."""
    first, last = extent.first or 0, extent.last or 0
    unit = 1 if last - first < 2**62 else 4
    origin, end = _divided(first, unit), _divided(last, unit)
    return span._replace(first=first, last=last, unit=unit, origin=origin, width=(end - origin) // most + 1)


def _divided(number: int, unit: int) -> int:
    """As databases divide: towards zero."""
    return number // unit if number >= 0 else -(-number // unit)


def _add(curve: Curve, row: Iterable[Any]) -> None:
    for column, value in zip(curve.columns.values(), row, strict=True):
        column.append(value)


def _spoken(point: Point) -> float | str:
    if point.is_nan:
        return "NaN"
    if abs(point.value) < INFINITE:
        return point.value
    return "Infinity" if point.value > 0 else "-Infinity"


def _rounded(bucket: Bucket, offset: int) -> Iterable[Any]:
    """Numbers with as many digits as a picture can show, which keeps answers small."""
    moved = bucket._replace(x=_within(bucket.x - offset), x_last=_within(bucket.x_last - offset))
    return (float(f"{value:.8g}") if isinstance(value, float) else value for value in moved)
