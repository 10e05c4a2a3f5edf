"""Reads the points of metrics: whole histories in pages, and thinned ones for pictures."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from accounts.models import Project
from accounts.principals import Principal
from audit.exceptions import InvalidInput
from tracking.queries.runs import get_run_head
from tracking.rows import Item
from tracking.search.pages import Page, read_token, whole_number, write_token

MOST_RUNS_AT_ONCE: Final = 100

_POINTS: Final = """
SELECT timestamp, step, value, is_nan FROM tracking_metric
WHERE series_id = (SELECT id FROM tracking_latestmetric WHERE run_id = %s AND key = %s)
"""
_ORDER: Final = " ORDER BY timestamp, step, value, is_nan"
_AFTER: Final = " AND (timestamp, step, value, is_nan) > (%s, %s, %s, %s)"


def get_metric_history(
    principal: Principal,
    project: Project,
    run_id: str,
    key: str,
    *,
    max_results: int | None = None,
    page_token: str = "",
) -> Page[Item]:
    """The points of one metric in the order of their time; all of them when there is no ``max_results``.

    A key that was never logged has no points. Raises NoSuchRun and InvalidInput.
    """
    run = get_run_head(principal, project, run_id)
    if max_results is not None and max_results < 1:
        raise InvalidInput(f"Invalid value {max_results} for parameter 'max_results' supplied: it must be positive.")
    after = _read_place(page_token)
    sql, params = _POINTS, [run.pk, _storable(key)]
    if after:
        sql, params = sql + _AFTER, params + after
    sql += _ORDER
    if max_results is not None:
        sql, params = f"{sql} LIMIT %s", [*params, max_results + 1]
    rows = _fetch(sql, params)
    token = ""
    if max_results is not None and len(rows) > max_results:
        rows = rows[:max_results]
        token = write_token({"after": [*rows[-1][:3], bool(rows[-1][3])]})
    return Page(_items(key, rows), token)


def sample_metric_history(
    principal: Principal,
    project: Project,
    run_ids: Sequence[str],
    key: str,
    *,
    max_results: int,
    start_step: int | None = None,
    end_step: int | None = None,
) -> dict[str, list[Item]]:
    """Of each run at most about ``max_results`` points, evenly spread over its steps, with the first and the last.

    All runs are thinned to the same steps, so that their curves can be laid over each other. Two queries a run.
    Raises NoSuchRun and InvalidInput.
    """
    if not 1 <= len(run_ids) <= MOST_RUNS_AT_ONCE:
        raise InvalidInput(f"Between 1 and {MOST_RUNS_AT_ONCE} runs can be read at once; {len(run_ids)} were named.")
    histories = {}
    for run_id in dict.fromkeys(run_ids):
        run = get_run_head(principal, project, run_id)
        histories[run_id] = _history(run.pk, key, start_step, end_step)
    wanted = _thinned({row[1] for rows in histories.values() for row in rows}, max_results)
    ends = {run_id: {rows[0][1], rows[-1][1]} if rows else set() for run_id, rows in histories.items()}
    return {
        run_id: _items(key, [row for row in rows if row[1] in wanted or row[1] in ends[run_id]])
        for run_id, rows in histories.items()
    }


def _history(run: int, key: str, start_step: int | None, end_step: int | None) -> list[tuple[Any, ...]]:
    sql, params = _POINTS, [run, _storable(key)]
    if start_step is not None and end_step is not None:
        if start_step > end_step:
            raise InvalidInput(f"end_step {end_step} must not be less than start_step {start_step}.")
        sql, params = f"{sql} AND step BETWEEN %s AND %s", [*params, start_step, end_step]
    return _fetch(f"{sql} ORDER BY step, timestamp, value", params)


def _thinned(steps: set[int], most: int) -> set[int]:
    ordered = sorted(steps)
    if len(ordered) <= most:
        return steps
    interval = len(ordered) / most
    return {ordered[int(number * interval)] for number in range(most)} | {ordered[-1]}


def _storable(key: str) -> str | None:
    """The key, or None for one that cannot have been logged and that PostgreSQL could not even be asked for."""
    return None if "\x00" in key else key


def _fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _items(key: str, rows: Sequence[tuple[Any, ...]]) -> list[Item]:
    return [
        {"key": key, "value": "NaN" if is_nan else value, "timestamp": timestamp, "step": step}
        for timestamp, step, value, is_nan in rows
    ]


def _read_place(token: str) -> list[Any]:
    """The point after which to go on; empty for the first page. Raises InvalidInput."""
    content = read_token(token)
    if not content:
        return []
    place = content.get("after")
    if not isinstance(place, list) or len(place) != 4:
        raise InvalidInput("Invalid page token: it does not belong to a metric's history.")
    timestamp, step, value, is_nan = place
    whole_number({"timestamp": timestamp}, "timestamp")
    whole_number({"step": abs(step) if isinstance(step, int) else None}, "step")
    if not isinstance(value, int | float) or not isinstance(is_nan, bool):
        raise InvalidInput("Invalid page token: it does not belong to a metric's history.")
    return [timestamp, step, float(value), is_nan]
