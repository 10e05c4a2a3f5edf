"""Bulk writes on PostgreSQL: one statement over arrays, with rows in the order of their keys, against deadlocks."""

from collections.abc import Mapping, Sequence

from django.db import connection

from tracking.bulk.target import Target
from tracking.rules import Point, latest_points

# The latest values are written even when they do not change, because only written rows return their series' id.
_ADD_POINTS = """
WITH series AS (
    INSERT INTO tracking_latestmetric AS old (run_id, experiment_id, key, value, is_nan, step, timestamp)
    SELECT %(run)s, %(experiment)s, new.*
    FROM unnest(%(keys)s::text[], %(values)s::float8[], %(nans)s::bool[], %(steps)s::int8[], %(times)s::int8[]) AS new
    ON CONFLICT (run_id, key) DO UPDATE SET (value, is_nan, step, timestamp) = (
        SELECT newest.value, newest.is_nan, newest.step, newest.timestamp
        FROM (VALUES
            (excluded.value, excluded.is_nan, excluded.step, excluded.timestamp),
            (old.value, old.is_nan, old.step, old.timestamp)
        ) AS newest (value, is_nan, step, timestamp)
        ORDER BY newest.step DESC, newest.timestamp DESC, newest.is_nan, newest.value DESC LIMIT 1
    )
    RETURNING id, key
)
INSERT INTO tracking_metric (series_id, timestamp, step, value, is_nan)
SELECT series.id, point.timestamp, point.step, point.value, point.is_nan
FROM unnest(
    %(point_keys)s::text[], %(point_times)s::int8[], %(point_steps)s::int8[], %(point_values)s::float8[],
    %(point_nans)s::bool[]
) AS point (key, timestamp, step, value, is_nan)
JOIN series ON series.key = point.key
ON CONFLICT DO NOTHING
"""
_ADD_PARAMS = """
INSERT INTO tracking_param AS old (run_id, experiment_id, key, value)
SELECT %s, %s, new.* FROM unnest(%s::text[], %s::text[]) AS new
ON CONFLICT (run_id, key) DO UPDATE SET value = old.value
RETURNING key, value
"""
_PUT_TAGS = """
INSERT INTO tracking_runtag AS old (run_id, experiment_id, key, value)
SELECT %s, %s, new.* FROM unnest(%s::text[], %s::text[]) AS new
ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value WHERE old.value <> excluded.value
"""


class Store:
    """The writers for PostgreSQL."""

    @staticmethod
    def add_points(run: Target, points: Sequence[Point]) -> None:
        latest = sorted(latest_points(points).values())
        keys, times, steps, values, nans = (list(column) for column in zip(*latest, strict=True))
        point_keys, point_times, point_steps, point_values, point_nans = map(list, zip(*points, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                _ADD_POINTS,
                {
                    "run": run.pk,
                    "experiment": run.experiment_id,
                    "keys": keys,
                    "values": values,
                    "nans": nans,
                    "steps": steps,
                    "times": times,
                    "point_keys": point_keys,
                    "point_times": point_times,
                    "point_steps": point_steps,
                    "point_values": point_values,
                    "point_nans": point_nans,
                },
            )

    @staticmethod
    def add_params(run: Target, params: Mapping[str, str]) -> dict[str, str]:
        keys = sorted(params)
        with connection.cursor() as cursor:
            cursor.execute(_ADD_PARAMS, [run.pk, run.experiment_id, keys, [params[key] for key in keys]])
            return dict(cursor.fetchall())

    @staticmethod
    def put_tags(run: Target, tags: Mapping[str, str]) -> None:
        keys = sorted(tags)
        with connection.cursor() as cursor:
            cursor.execute(_PUT_TAGS, [run.pk, run.experiment_id, keys, [tags[key] for key in keys]])
