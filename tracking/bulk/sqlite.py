"""Bulk writes on SQLite: one prepared statement over many rows; there is only one writer, so nothing comes between."""

from collections.abc import Mapping, Sequence

import orjson
from django.db import connection

from tracking.bulk.target import Target
from tracking.rules import Point, latest_points

_UPSERT_LATEST = """
INSERT INTO tracking_latestmetric (run_id, experiment_id, key, value, is_nan, step, timestamp)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (run_id, key) DO UPDATE
SET value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, timestamp = excluded.timestamp
WHERE (excluded.step, excluded.timestamp, NOT excluded.is_nan, excluded.value) > (step, timestamp, NOT is_nan, value)
"""
_SERIES = "SELECT key, id FROM tracking_latestmetric WHERE run_id = %s AND key IN (SELECT value FROM json_each(%s))"
_INSERT_POINT = """
INSERT INTO tracking_metric (series_id, timestamp, step, value, is_nan) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_PARAMS = "SELECT key, value FROM tracking_param WHERE run_id = %s AND key IN (SELECT value FROM json_each(%s))"
_INSERT_PARAM = "INSERT INTO tracking_param (run_id, experiment_id, key, value) VALUES (%s, %s, %s, %s)"
_UPSERT_TAG = """
INSERT INTO tracking_runtag (run_id, experiment_id, key, value) VALUES (%s, %s, %s, %s)
ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value
"""


class Store:
    """The writers for SQLite."""

    @staticmethod
    def add_points(run: Target, points: Sequence[Point]) -> None:
        latest = latest_points(points)
        with connection.cursor() as cursor:
            cursor.executemany(
                _UPSERT_LATEST,
                [
                    (run.pk, run.experiment_id, point.key, point.value, point.is_nan, point.step, point.timestamp)
                    for point in latest.values()
                ],
            )
            cursor.execute(_SERIES, [run.pk, orjson.dumps(list(latest)).decode()])
            series = dict(cursor.fetchall())
            cursor.executemany(
                _INSERT_POINT,
                [(series[key], timestamp, step, value, is_nan) for key, timestamp, step, value, is_nan in points],
            )

    @staticmethod
    def add_params(run: Target, params: Mapping[str, str]) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute(_PARAMS, [run.pk, orjson.dumps(list(params)).decode()])
            stored: dict[str, str] = dict(cursor.fetchall())
            new = [(run.pk, run.experiment_id, key, value) for key, value in params.items() if key not in stored]
            if new:
                cursor.executemany(_INSERT_PARAM, new)
        return {**params, **stored}

    @staticmethod
    def put_tags(run: Target, tags: Mapping[str, str]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(_UPSERT_TAG, [(run.pk, run.experiment_id, key, value) for key, value in tags.items()])
