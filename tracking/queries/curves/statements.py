"""The SQL behind curves: one statement for the extents of all curves, one for exact points, one for buckets.

Every statement goes from a list of series (``s``: id, first and last place, and how buckets are cut) to their points by
the primary key of the points, one series after the other, so that its cost is that of the points of these series alone.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson
from django.db import connection

#: Beyond this a value counts as infinite: infinite numbers are stored as the largest float, and sums must not overflow.
INFINITE: Final = 1e300


class Axis(StrEnum):
    """What a curve is drawn along; relative means since the start of its run, in milliseconds as time is."""

    STEP = "step"
    TIME = "time"
    RELATIVE = "relative"

    @property
    def column(self) -> str:
        """The column of the points that holds it."""
        return "step" if self == Axis.STEP else "timestamp"


class Span(NamedTuple):
    """A series, the part of it that is wanted, and how it is cut: bucket = (place / unit - origin) / width."""

    series: int
    first: int
    last: int
    unit: int = 1
    origin: int = 0
    width: int = 1


class Extent(NamedTuple):
    """How many points a span has, and where the first and the last of them lie."""

    points: int
    first: int | None
    last: int | None


class Point(NamedTuple):
    """One point of a series."""

    series: int
    x: int
    timestamp: int
    value: float
    is_nan: bool


class Bucket(NamedTuple):
    """What the points of one bucket have in common; numbers are of those that are neither NaN nor infinite."""

    points: int
    x: int
    x_last: int
    nan: int
    infinite: int
    minimum: float | None
    maximum: float | None
    mean: float | None
    first: float | None
    last: float | None


_SPANS: Final = {
    "sqlite": """
WITH s AS MATERIALIZED (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS first,
json_extract(value, '$[2]') AS last, json_extract(value, '$[3]') AS unit, json_extract(value, '$[4]') AS origin,
json_extract(value, '$[5]') AS width FROM json_each(%s))""",
    "postgresql": """
WITH s AS MATERIALIZED (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
%s::bigint[]) AS t (id, first, last, unit, origin, width))""",
}
_OF_SPAN: Final = "m.series_id = s.id AND m.{axis} BETWEEN s.first AND s.last"

_EXTENT: Final = f"""
SELECT count(*), min(m.{{axis}}), max(m.{{axis}}) FROM tracking_metric m WHERE {_OF_SPAN}
"""  # noqa: S608  # made of constants
_POINTS: Final = f"""
SELECT m.{{axis}}, m.timestamp, m.value, m.is_nan FROM tracking_metric m WHERE {_OF_SPAN} OFFSET 0
"""  # noqa: S608

# Which point of a bucket is the first is decided by time, because a run that was resumed repeats its steps.
_NUMBER: Final = f"NOT {{row}}.is_nan AND abs({{row}}.value) < {INFINITE!r}"
_AT_END: Final = f"""
(SELECT f.value FROM tracking_metric f WHERE f.series_id = s.id AND f.timestamp = b.{{end}}_time
AND f.step {{within}} b.{{end}}_step AND {_NUMBER.format(row="f")} ORDER BY f.step {{order}}, f.value {{order}} LIMIT 1)
"""  # noqa: S608
_FIRST: Final = _AT_END.format(end="first", within=">=", order="")
_LAST: Final = _AT_END.format(end="last", within="<=", order="DESC")
_BUCKETS: Final = f"""
SELECT b.points, b.x, b.x_last, b.nan, b.infinite, b.minimum, b.maximum, b.total / b.numbers, {_FIRST}, {_LAST}
FROM (
    SELECT (n.x / s.unit - s.origin) / s.width AS bucket, count(*) AS points, min(n.x) AS x, max(n.x) AS x_last,
    sum(n.nan) AS nan, count(*) - sum(n.nan) - count(n.number) AS infinite,
    min(n.number) AS minimum, max(n.number) AS maximum, sum(n.number) AS total, nullif(count(n.number), 0) AS numbers,
    min(n.timestamp) FILTER (WHERE n.number IS NOT NULL) AS first_time,
    max(n.timestamp) FILTER (WHERE n.number IS NOT NULL) AS last_time,
    min(n.step) FILTER (WHERE n.number IS NOT NULL) AS first_step,
    max(n.step) FILTER (WHERE n.number IS NOT NULL) AS last_step
    FROM (
        SELECT m.{{axis}} AS x, m.timestamp, m.step, CAST(m.is_nan AS integer) AS nan,
        CASE WHEN {_NUMBER.format(row="m")} THEN m.value END AS number
        FROM tracking_metric m WHERE {_OF_SPAN}
    ) n GROUP BY 1
) b
"""  # noqa: S608

_ROWS: Final = "{spans} SELECT s.id, p.* FROM s CROSS JOIN LATERAL ({part}) p"
# SQLite has no LATERAL; what belongs to a span comes back as one text of JSON, whose numbers have 15 digits.
_ARRAYS: Final = """
{spans} SELECT s.id, (WITH p ({columns}) AS ({part}) SELECT json_group_array(json_array({columns})) FROM p) FROM s
"""
_JOINED: Final = f"""
{{spans}} SELECT s.id, m.{{axis}}, m.timestamp, m.value, m.is_nan FROM s CROSS JOIN tracking_metric m WHERE {_OF_SPAN}
"""  # noqa: S608


def extents(axis: Axis, spans: Sequence[Span]) -> dict[int, Extent]:
    """How much there is in each span; one statement."""
    return {series: Extent(*row) for series, row in _per_span(_EXTENT.format(axis=axis.column), Extent, spans)}


def buckets(axis: Axis, spans: Sequence[Span]) -> list[tuple[int, Bucket]]:
    """The buckets of the spans that hold points, each with its series, ordered by place; one statement."""
    found = [(series, Bucket(*row)) for series, row in _per_span(_BUCKETS.format(axis=axis.column), Bucket, spans)]
    return sorted(found, key=lambda row: row[1].x)


def points(axis: Axis, spans: Sequence[Span]) -> list[Point]:
    """Every point of the spans, ordered by place and time; one statement."""
    if connection.vendor == "sqlite":
        rows = _fetch(_JOINED.format(spans="{spans}", axis=axis.column), spans)
    else:
        rows = _fetch(_ROWS.format(spans="{spans}", part=_POINTS.format(axis=axis.column)), spans)
    return sorted(Point(*row) for row in rows)


def _per_span(part: str, row_type: type[Extent | Bucket], spans: Sequence[Span]) -> list[tuple[int, Sequence[Any]]]:
    if connection.vendor == "postgresql":
        return [(series, row) for series, *row in _fetch(_ROWS.format(spans="{spans}", part=part), spans)]
    columns = ", ".join(row_type._fields)
    rows = _fetch(_ARRAYS.format(spans="{spans}", columns=columns, part=part), spans)
    return [(series, row) for series, text in rows for row in orjson.loads(text)]


def _fetch(sql: str, spans: Sequence[Span]) -> list[tuple[Any, ...]]:
    if not spans:
        return []
    vendor = connection.vendor
    params = [list(column) for column in zip(*spans, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(spans=_SPANS[vendor]),
            params if vendor == "postgresql" else [orjson.dumps(list(map(list, spans))).decode()],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
