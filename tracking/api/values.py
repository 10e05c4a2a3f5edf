"""What experiments, runs and logged models have in common as JSON: tags, metrics, and how lists are asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Text, by_rule
from tracking.models import Lifecycle
from tracking.rows import Item
from tracking.rules import read_params, read_point, read_tags

#: Which rows a list shows, by their lifecycle.
LIFECYCLES = [*Lifecycle.values, "all"]

#: A number, or the text NaN, for which JSON has no number.
METRIC_VALUE = {"oneOf": [{"type": "number", "format": "double"}, {"type": "string", "const": "NaN"}]}


class FilterField(Text):
    """A filter in the search language, checked by the function that reads it."""

    def __init__(self, reads: Any) -> None:
        help_text = "In the search language: metrics.rmse < 1 and tags.team = 'risk'."
        super().__init__(
            required=False, default="", max_length=10_000, validators=[by_rule(reads)], help_text=help_text
        )


def as_items(pairs: Mapping[str, str]) -> list[Item]:
    """A JSON object as the list of key and value that operations take."""
    return [{"key": key, "value": value} for key, value in pairs.items()]


def as_map(items: Iterable[Item]) -> dict[str, str]:
    """The inverse of `as_items`."""
    return {item["key"]: item["value"] for item in items}


def pairs_of(rows: Iterable[Any]) -> dict[str, str]:
    """Rows with key and value, such as tags, as a JSON object sorted by key."""
    return dict(sorted((row.key, row.value) for row in rows))


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises `InvalidInput` for tags that a run cannot have."""
    read_tags(as_items(tags))


def check_params(params: Mapping[str, str]) -> None:
    """Raises `InvalidInput` for params that a run cannot have."""
    read_params(as_items(params))


@extend_schema_field(METRIC_VALUE)
class MetricValueField(serializers.Field[Any, Any, Any, Any]):
    """A number, or the text ``NaN``, as requests and rows alike hold it."""

    def to_internal_value(self, data: Any) -> Any:
        """The value as it was sent. Raises ``ValidationError`` when it is no number."""
        by_rule(_read_value)(data)
        return data

    def to_representation(self, value: Any) -> Any:
        """The value as the rows hold it."""
        return value


def _read_value(value: Any) -> None:
    read_point({"key": "key", "value": value, "timestamp": 0}, "")


class PointSerializer(serializers.Serializer[Item]):
    """A metric with one of its values. ``timestamp`` is what the script said, in milliseconds since 1970."""

    key = serializers.CharField()
    value = MetricValueField()
    step = serializers.IntegerField()
    timestamp = serializers.IntegerField()
