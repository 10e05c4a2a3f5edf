"""Pure rules of tracking: which keys, values, sizes and times are taken, and what becomes of them."""

from tracking.rules.batches import check_batch_size, read_params, read_points, read_tags
from tracking.rules.datasets import DatasetInput, read_dataset_inputs
from tracking.rules.points import Point, latest_points, read_point
from tracking.rules.values import (
    check_key,
    now,
    read_experiment_id,
    read_experiment_name,
    read_int64,
    read_location,
    read_logged_model_name,
    read_text,
)
from tracking.rules.views import read_view_name, read_view_query

__all__ = [
    "DatasetInput",
    "Point",
    "check_batch_size",
    "check_key",
    "latest_points",
    "now",
    "read_dataset_inputs",
    "read_experiment_id",
    "read_experiment_name",
    "read_int64",
    "read_location",
    "read_logged_model_name",
    "read_params",
    "read_point",
    "read_points",
    "read_tags",
    "read_text",
    "read_view_name",
    "read_view_query",
]
