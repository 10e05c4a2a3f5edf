"""Fields and checks that resources of every app share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.exceptions import Refusal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """The moment as the tables of tracking and registry keep it."""
    return (moment - _EPOCH) // _MILLISECOND


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[int, Any, str | None, Any]):
    """A time that is stored in milliseconds since 1970 and spoken of in ISO 8601; null when no calendar has it."""

    def to_internal_value(self, data: Any) -> int:
        """The stored number. Raises ``ValidationError``."""
        return milliseconds(serializers.DateTimeField(default_timezone=UTC).run_validation(data))

    def to_representation(self, value: int) -> str | None:
        """The moment in UTC."""
        try:
            moment = _EPOCH + value * _MILLISECOND
        except OverflowError:
            return None
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Text(serializers.CharField):
    """A text that is taken as it is, with the spaces around it; it may be empty unless that is forbidden."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True} | options)


class TextMap(serializers.DictField):
    """A JSON object whose values are texts: tags, params."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Text(), **options)


def by_rule(rule: Callable[[Any], object]) -> Callable[[Any], None]:
    """A validator out of a rule that refuses: its sentence is then answered at the field."""

    def validate(value: Any) -> None:
        try:
            rule(value)
        except Refusal as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal

    return validate


@contextmanager
def at_field(name: str, *kinds: type[Refusal]) -> Iterator[None]:
    """Say of a refusal of these kinds that the value of this field is the reason."""
    try:
        yield
    except kinds as refusal:
        refusal.details = {**refusal.details, "fields": {name: [str(refusal)]}}
        raise


class TagSerializer(serializers.Serializer[Any]):
    """The value of a tag."""

    value = Text()
