"""Fields of questions: they take JSON lists, repeated parameters and words with commas between them alike."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from lineage.models import KEY_LENGTH
from lineage.queries.asked import COMPARISONS, MOST_STARTS, MetricCondition

_MOST_CONDITIONS: Final = 20
_LONGEST_TEXT: Final = 500
_CONDITION: Final = re.compile(r"\s*(.+?)\s*(>=|<=|!=|>|<|=)\s*(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*")


def asked_of(request: Request, *lists: str) -> dict[str, Any]:
    """The body of a POST, or the parameters of a GET; ``lists`` name those that may be given more than once."""
    if request.method != "GET":
        if not isinstance(request.data, dict):
            raise ParseError("A question is a JSON object.")
        return dict(request.data)
    query: QueryDict = request.query_params
    return {name: query.getlist(name) if name in lists else query[name] for name in query}


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class Starts(serializers.Field[Any, Any, Any, Any]):
    """Where to begin: keys, or names such as ``version=default/fraud/7`` and ``run=<id>``."""

    def to_internal_value(self, data: Any) -> tuple[str, ...]:
        """Raises ``ValidationError``."""
        names = [data] if isinstance(data, str) else data
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise serializers.ValidationError("Give at least one key, or a name such as version=default/fraud/7.")
        if len(names) > MOST_STARTS:
            raise serializers.ValidationError(f"A question starts at {MOST_STARTS:,} nodes at most.")
        if any(len(name) > KEY_LENGTH for name in names):
            raise serializers.ValidationError(f"A key has at most {KEY_LENGTH:,} characters.")
        return tuple(dict.fromkeys(names))

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


@extend_schema_field(OpenApiTypes.STR)
class Words(serializers.Field[Any, Any, Any, Any]):
    """Some words, of which only ``known`` ones are taken when there are such; each stands for its value."""

    def __init__(self, known: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.known = known

    def to_internal_value(self, data: Any) -> tuple[Any, ...]:
        """Raises ``ValidationError``."""
        given = [data] if isinstance(data, str) else data
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise serializers.ValidationError("Give words, with commas between them.")
        words = [word.strip() for each in given for word in each.split(",") if word.strip()]
        if len(words) > _MOST_CONDITIONS or any(len(word) > _LONGEST_TEXT for word in words):
            raise serializers.ValidationError(f"At most {_MOST_CONDITIONS} words can be given.")
        if self.known is None:
            return tuple(words)
        if unknown := [word for word in words if word not in self.known]:
            raise serializers.ValidationError(f"“{unknown[0]}” is none of: {', '.join(self.known)}.")
        return tuple(self.known[word] for word in words)

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class Conditions(Words):
    """Comparisons of figures, such as ``auc>=0.9``."""

    def to_internal_value(self, data: Any) -> tuple[MetricCondition, ...]:
        """Raises ``ValidationError``."""
        return tuple(self._condition(text) for text in super().to_internal_value(data))

    def _condition(self, text: str) -> MetricCondition:
        match = _CONDITION.fullmatch(text)
        try:
            value = float(match[3]) if match else None
        except ValueError:
            value = None
        if match is None or value is None:
            told = ", ".join(COMPARISONS)
            raise serializers.ValidationError(f"“{text}” is not a name, one of {told}, and a number, such as auc>=0.9.")
        return MetricCondition(match[1], match[2], value)


class Properties(Words):
    """Properties and their values, such as ``framework=sklearn``."""

    def to_internal_value(self, data: Any) -> tuple[tuple[str, str], ...]:
        """Raises ``ValidationError``."""
        pairs = [text.partition("=") for text in super().to_internal_value(data)]
        if wrong := [key for key, sign, _ in pairs if not sign]:
            told = f"“{wrong[0]}” is not a property and its value, such as framework=sklearn."
            raise serializers.ValidationError(told)
        return tuple((key.strip(), value.strip()) for key, _, value in pairs)
