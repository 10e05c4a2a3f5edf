"""Answers as JSON: dataclasses become objects, times ISO 8601."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

import orjson
from django.http import StreamingHttpResponse

from accounts.api.fields import Moment
from lineage.queries.answers import Frame

#: Fields that hold milliseconds since 1970.
_MOMENTS: Final = frozenset({"at", "recorded_at", "since", "until", "from_moment"})
_moment: Final = Moment()


def shown(value: Any) -> Any:
    """A value of an answer as JSON says it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _shown_field(field.name, getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): shown(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(each) for each in value]
    return value


def moment_shown(at: int | None) -> str | None:
    """A moment in UTC."""
    return None if at is None else _moment.to_representation(at)


def framed(frame: Frame, **parts: Any) -> dict[str, Any]:
    """An answer: what is said of every one, and its own parts."""
    return {**shown(frame), **{name: shown(part) for name, part in parts.items()}}


def ndjson(lines: Iterable[dict[str, Any]]) -> StreamingHttpResponse:
    """One JSON object a line."""
    return StreamingHttpResponse(_ndjson(lines), content_type="application/x-ndjson")


def _ndjson(lines: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    portion: list[bytes] = []
    for line in lines:
        portion.append(orjson.dumps(shown(line), default=str))
        if len(portion) >= 500:
            yield b"\n".join(portion) + b"\n"
            portion = []
    if portion:
        yield b"\n".join(portion) + b"\n"


def _shown_field(name: str, value: Any) -> Any:
    if name in _MOMENTS and isinstance(value, int):
        return _moment.to_representation(value)
    return shown(value)
