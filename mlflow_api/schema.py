"""What an endpoint takes: its parameters, their types, and the sentences that refuse the wrong ones.

An endpoint names its parameters once, with `takes`; the transport reads them from JSON or from the query string. What
is not named is ignored, and what was sent as null counts as not sent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import orjson
from django.http import QueryDict

from audit.exceptions import InvalidInput

Function = TypeVar("Function", bound=Callable[..., Any])

_SEE_DOCS = "See the API docs for more information about request parameters."
_INT64 = 2**63
_SHOWN = 200


class Field(ABC):
    """One parameter. ``name`` is filled in by `takes`; ``also`` is an older name it may come under."""

    expected: ClassVar[str] = "a value"

    def __init__(self, *, required: bool = False, also: str = "") -> None:
        self.required = required
        self.also = also

    @abstractmethod
    def read(self, value: Any, name: str) -> Any:
        """Return the value as the endpoint wants it. Raises `InvalidInput`."""

    def read_query(self, values: list[str], name: str) -> Any:
        """Like `read`, for the values of a query string."""
        return self.read(values[-1], name)

    def refuse(self, value: Any, name: str) -> InvalidInput:
        """The refusal of a value of the wrong type."""
        return InvalidInput(
            f"Invalid value {_shown(value)} for parameter '{name}' supplied: it must be {self.expected}. {_SEE_DOCS}"
        )


class Text(Field):
    """A string. An empty one counts as missing when the parameter is required."""

    expected = "a string"

    def read(self, value: Any, name: str) -> str:
        if type(value) is not str:
            raise self.refuse(value, name)
        if not value and self.required:
            raise missing(name)
        if "\0" in value:
            raise InvalidInput(f"The parameter '{name}' contains a character that cannot be stored (U+0000).")
        return value


class NumberText(Text):
    """A whole number in a string: ids of experiments and numbers of versions travel like this."""

    expected = "a whole number in a string"

    def read(self, value: Any, name: str) -> Any:
        text = super().read(value, name)
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise self.refuse(value, name)
        return int(text)


class Whole(Field):
    """An integer of 64 bits; also as a string, as protobuf's JSON writes it."""

    expected = "an integer"

    def read(self, value: Any, name: str) -> int:
        number = value if type(value) is int else self._converted(value, name)
        if not -_INT64 <= number < _INT64:
            raise self.refuse(value, name)
        return number

    def _converted(self, value: Any, name: str) -> int:
        try:
            if isinstance(value, str) and len(value) <= 20:
                return int(value)
            if isinstance(value, float) and value.is_integer():
                return int(value)
        except ValueError:
            pass
        raise self.refuse(value, name)


class Number(Field):
    """A floating-point number. NaN and the infinities come as strings, or bare as Python writes them."""

    expected = "a number"

    def read(self, value: Any, name: str) -> float:
        try:
            if isinstance(value, (int, float)) or (isinstance(value, str) and 0 < len(value) <= 400):
                return float(value)
        except (ValueError, OverflowError):
            pass
        raise self.refuse(value, name)


class Flag(Field):
    """True or false."""

    expected = "true or false"

    def read(self, value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise self.refuse(value, name)
        return value

    def read_query(self, values: list[str], name: str) -> bool:
        answers = {"true": True, "false": False}
        if (word := values[-1].lower()) not in answers:
            raise InvalidInput(f"Invalid boolean value: {_shown(values[-1])}, must be 'true' or 'false'.")
        return answers[word]


class Choice(Text):
    """One word of several; any other counts as not sent, as MLflow's own parser drops what it does not know."""

    def __init__(self, *choices: str, required: bool = False, numbers: Mapping[int, str] | None = None) -> None:
        super().__init__(required=required)
        self.choices = frozenset(choices)
        self.numbers = numbers or {}

    def read(self, value: Any, name: str) -> Any:
        if isinstance(value, int):
            return self.numbers.get(value)
        word = super().read(value, name)
        return word if word in self.choices else None


class Texts(Field):
    """A list of strings."""

    expected = "a list of strings"

    def read(self, value: Any, name: str) -> list[str]:
        if not isinstance(value, list) or not all(type(item) is str and "\0" not in item for item in value):
            raise self.refuse(value, name)
        if not value and self.required:
            raise missing(name)
        return value

    def read_query(self, values: list[str], name: str) -> list[str]:
        return self.read(values, name)


class Anything(Field):
    """A value that the operation reads by rules of its own."""

    def read(self, value: Any, name: str) -> Any:
        return value


class Items(Field):
    """A list whose items the operation reads by rules of its own."""

    expected = "a list"

    def read(self, value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.refuse(value, name)
        if not value and self.required:
            raise missing(name)
        return value


class Record(Field):
    """A JSON object with named fields."""

    expected = "an object"

    def __init__(self, fields: Mapping[str, Field], *, required: bool = False) -> None:
        super().__init__(required=required)
        self.fields = fields

    def read(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(value, name)
        return read_fields(self.fields, value, name)


class Records(Field):
    """A list of JSON objects with named fields."""

    expected = "a list of objects"

    def __init__(self, *, required: bool = False, **fields: Field) -> None:
        super().__init__(required=required)
        self.fields = fields

    def read(self, value: Any, name: str) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise self.refuse(value, name)
        if not value and self.required:
            raise missing(name)
        rows = []
        for number, item in enumerate(value):
            if not isinstance(item, dict):
                raise self.refuse(item, f"{name}[{number}]")
            rows.append(read_fields(self.fields, item, f"{name}[{number}]"))
        return rows


def pairs(*, required: bool = False) -> Records:
    """A list of ``{"key", "value"}``, as tags and params are sent."""
    return Records(required=required, key=Text(required=True), value=Text())


def takes(**fields: Field) -> Callable[[Function], Function]:
    """Say which parameters an endpoint takes."""

    def mark(function: Function) -> Function:
        function.fields = fields  # type: ignore[attr-defined]  # read by the transport
        return function

    return mark


def read_fields(fields: Mapping[str, Field], sent: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Read the declared fields of a JSON object; those that were not sent stay out."""
    found: dict[str, Any] = {}
    for name, field in fields.items():
        value = sent.get(name)
        if value is None and field.also:
            value = sent.get(field.also)
        if value is not None:
            found[name] = field.read(value, f"{path}.{name}" if path else name)
        elif field.required:
            raise missing(f"{path}.{name}" if path else name)
    return found


def read_query(fields: Mapping[str, Field], sent: QueryDict) -> dict[str, Any]:
    """Read the declared fields of a query string."""
    found: dict[str, Any] = {}
    for name, field in fields.items():
        values = sent.getlist(name) or (sent.getlist(field.also) if field.also else [])
        if values:
            found[name] = field.read_query(values, name)
        elif field.required:
            raise missing(name)
    return found


def missing(name: str) -> InvalidInput:
    """The refusal of a call that lacks a required parameter."""
    return InvalidInput(f"Missing value for required parameter '{name}'. {_SEE_DOCS}")


def _shown(value: Any) -> str:
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
