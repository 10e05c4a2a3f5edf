"""Points of metrics: how they are read, and which one is the latest."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from audit.exceptions import InvalidInput
from tracking.rules.values import check_key, read_int64

LARGEST_FLOAT: Final = 1.7976931348623157e308


class Point(NamedTuple):
    """One value of a metric. For NaN, which databases cannot compare, ``is_nan`` is true and ``value`` 0."""

    key: str
    timestamp: int
    step: int
    value: float
    is_nan: bool


def read_point(item: Mapping[str, Any], path: str) -> Point:
    """Read a point as the protocol writes it. Raises InvalidInput; ``path`` says where it stood."""
    prefix = f"{path}." if path else ""
    key = item.get("key")
    check_key(key, f"{prefix}name")
    value = _read_value(item.get("value"), f"{prefix}value")
    timestamp = item.get("timestamp")
    if timestamp is None:
        raise InvalidInput(f"Missing value for required parameter '{prefix}timestamp'.")
    timestamp = read_int64(timestamp, f"{prefix}timestamp")
    if timestamp < 0:
        raise InvalidInput(
            f"Invalid value {timestamp} for parameter '{prefix}timestamp' supplied: it must not be negative."
        )
    step = item.get("step")
    step = 0 if step is None else read_int64(step, f"{prefix}step")
    is_nan = value != value  # NaN is the one value that differs from itself
    return Point(str(key), timestamp, step, 0.0 if is_nan else value, is_nan)


def _read_value(value: Any, path: str) -> float:
    """The number; an infinite one becomes the largest finite number, as MLflow keeps it."""
    if value is None:
        raise InvalidInput(f"Missing value for required parameter '{path}'.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        raise InvalidInput(
            f"Invalid value {repr(value)[:80]} for parameter '{path}' supplied: expected a 64-bit floating-point number"
        ) from None
    return max(-LARGEST_FLOAT, min(LARGEST_FLOAT, number)) if math.isinf(number) else number


def latest_points(points: Iterable[Point]) -> dict[str, Point]:
    """The latest point of every key: the greatest (step, timestamp, value), where NaN is less than any number."""
    latest: dict[str, Point] = {}
    for point in points:
        known = latest.get(point.key)
        if known is None or _age(point) > _age(known):
            latest[point.key] = point
    return latest


def _age(point: Point) -> tuple[int, int, bool, float]:
    return point.step, point.timestamp, not point.is_nan, point.value
