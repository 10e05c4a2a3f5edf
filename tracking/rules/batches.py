"""What one call may log at once: metrics, params and tags, each a list of JSON objects."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.exceptions import InvalidInput
from tracking.rules.points import Point, read_point
from tracking.rules.values import PARAM_VALUE_LENGTH, RUN_TAG_VALUE_LENGTH, check_key, read_text

MOST_METRICS: Final = 1_000
MOST_PARAMS: Final = 100
MOST_TAGS: Final = 100
MOST_TOGETHER: Final = 1_000

Items = Sequence[Mapping[str, Any]]


def check_batch_size(metrics: Items, params: Items, tags: Items) -> None:
    """Raises InvalidInput when the batch is larger than the protocol allows."""
    together = len(metrics) + len(params) + len(tags)
    for what, count, most in (
        ("metrics", len(metrics), MOST_METRICS),
        ("params", len(params), MOST_PARAMS),
        ("tags", len(tags), MOST_TAGS),
        ("metrics, params, and tags", together, MOST_TOGETHER),
    ):
        if count > most:
            raise InvalidInput(
                f"A batch logging request can contain at most {most} {what}. Got {count}: send them in several batches."
            )


def read_points(items: Items) -> list[Point]:
    """Read the metrics of a batch. Raises InvalidInput for the first that cannot be taken."""
    return [read_point(_object(item, "metrics", index), f"metrics[{index}]") for index, item in enumerate(items)]


def read_params(items: Items) -> dict[str, str]:
    """Read the params of a batch; long values are cut. Raises InvalidInput, also when a key is repeated."""
    params: dict[str, str] = {}
    repeated = []
    for index, item in enumerate(items):
        key = check_key(_object(item, "params", index).get("key"), f"params[{index}].key")
        if key in params:
            repeated.append(key)
        params[key] = read_text(item.get("value"), f"params[{index}].value", PARAM_VALUE_LENGTH, cut=True)
    if repeated:
        raise InvalidInput(f"Duplicate parameter keys have been submitted: {repeated}. Send each key once.")
    return params


def read_tags(items: Items) -> dict[str, str]:
    """Read the tags of a batch; long values are cut, of a repeated key the last counts. Raises InvalidInput."""
    tags: dict[str, str] = {}
    for index, item in enumerate(items):
        key = check_key(_object(item, "tags", index).get("key"), f"tags[{index}].key")
        tags[key] = read_text(item.get("value"), f"tags[{index}].value", RUN_TAG_VALUE_LENGTH, cut=True)
    return tags


def _object(item: Any, what: str, index: int) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise InvalidInput(f"Invalid value {repr(item)[:80]} for parameter '{what}[{index}]' supplied: not an object.")
    return item
