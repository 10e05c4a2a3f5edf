"""Reads what belongs to runs, for one run or a page of them, in one statement, and two more for datasets."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from django.db import connection

from tracking.models import RunInput, RunInputTag
from tracking.rows import Item, RunRow

_METRIC, _PARAM, _TAG, _DATASET, _MODEL_INPUT, _MODEL_OUTPUT = range(6)

# The first arm gives every column its type.
_CHILDREN: Final = f"""
SELECT {_METRIC}, run_id, key, CAST(NULL AS text), value, timestamp, step, is_nan
FROM tracking_latestmetric WHERE run_id {{runs}}
UNION ALL SELECT {_PARAM}, run_id, key, value, NULL, NULL, NULL, NULL FROM tracking_param WHERE run_id {{runs}}
UNION ALL SELECT {_TAG}, run_id, key, value, NULL, NULL, NULL, NULL FROM tracking_runtag WHERE run_id {{runs}}
UNION ALL SELECT {_DATASET}, run_id, NULL, NULL, NULL, NULL, NULL, NULL FROM tracking_runinput WHERE run_id {{runs}}
UNION ALL SELECT {_MODEL_INPUT}, i.run_id, m.uid, NULL, NULL, NULL, NULL, NULL
FROM tracking_runmodelinput i JOIN tracking_loggedmodel m ON m.id = i.logged_model_id WHERE i.run_id {{runs}}
UNION ALL SELECT {_MODEL_OUTPUT}, o.run_id, m.uid, NULL, NULL, NULL, o.step, NULL
FROM tracking_runoutput o JOIN tracking_loggedmodel m ON m.id = o.logged_model_id WHERE o.run_id {{runs}}
"""  # noqa: S608  # made of constants
_ARMS: Final = 6

_OF_ONE: Final = _CHILDREN.format(runs="= %s")
_OF_MANY: Final = {
    "sqlite": _CHILDREN.format(runs="IN (SELECT value FROM json_each(%s))"),
    "postgresql": _CHILDREN.format(runs="= ANY(%s)"),
}


def fill(rows: Mapping[int, RunRow]) -> None:
    """Give runs, keyed by primary key, what was logged to them."""
    if not rows:
        return
    with_datasets = set()
    for kind, run, key, text, value, timestamp, step, is_nan in _children(list(rows)):
        row = rows[run]
        if kind == _METRIC:
            value = "NaN" if is_nan else value  # noqa: PLW2901  # as JSON has it
            row.metrics.append({"key": key, "value": value, "timestamp": timestamp, "step": step})
        elif kind == _PARAM:
            row.params.append({"key": key, "value": text})
        elif kind == _TAG:
            row.tags.append({"key": key, "value": text})
        elif kind == _DATASET:
            with_datasets.add(run)
        elif kind == _MODEL_INPUT:
            row.model_inputs.append({"model_id": key})
        else:
            row.model_outputs.append({"model_id": key, "step": step})
    if with_datasets:
        _fill_datasets(rows, with_datasets)


def _children(runs: list[int]) -> list[tuple[Any, ...]]:
    vendor = connection.vendor
    ids: Any = runs if vendor == "postgresql" else orjson.dumps(runs).decode()
    sql, ids = (_OF_ONE, runs[0]) if len(runs) == 1 else (_OF_MANY[vendor], ids)
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids] * _ARMS)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _fill_datasets(rows: Mapping[int, RunRow], runs: set[int]) -> None:
    columns = ("name", "digest", "source_type", "source", "schema", "profile")
    inputs = RunInput.objects.filter(run_id__in=runs).order_by("pk")
    items: dict[int, Item] = {}
    for pk, run, *values in inputs.values_list("pk", "run_id", *(f"dataset__{column}" for column in columns)):
        dataset = {column: value for column, value in zip(columns, values, strict=True) if value is not None}
        items[pk] = {"dataset": dataset, "tags": []}
        rows[run].dataset_inputs.append(items[pk])
    tags = RunInputTag.objects.filter(input__run_id__in=runs).order_by("pk")
    for pk, key, value in tags.values_list("input_id", "key", "value"):
        items[pk]["tags"].append({"key": key, "value": value})
