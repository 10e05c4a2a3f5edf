"""Reads what a client sent: bytes within limits, and JSON whose faults are told by their place."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.http import HttpRequest

from audit.exceptions import InvalidInput, TooLarge

MAX_BODY: Final = 10 * 1024 * 1024
_LONGEST: Final = 1_000
_DEEPEST: Final = 200
_GZIP: Final = 31  # the window size that zlib takes for a gzip header


def body_of(request: HttpRequest, limit: int = MAX_BODY) -> bytes:
    """The body, unpacked when it was sent as gzip. Raises TooLarge, also for what unpacks to too much."""
    raw = request.read(limit + 1)
    if request.headers.get("Content-Encoding", "").strip().lower() == "gzip":
        raw = _unpacked(raw, limit)
    if len(raw) > limit:
        raise TooLarge(f"The body is larger than {limit // 2**20} MB. Send it in several smaller calls.")
    return raw


def _unpacked(raw: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        return unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise InvalidInput("The body says that it is gzip and is not.") from error


def json_of(raw: bytes) -> Any:
    """What the bytes say. Raises InvalidInput, also for what cannot be kept: a zero character, and objects too deep."""
    try:
        parsed = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON: {error}.") from error
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST and is_too_deep(parsed):
        raise InvalidInput(f"The body is nested more than {_DEEPEST} levels deep.")
    if b"\\u0000" in raw and _has_zero(parsed):
        raise InvalidInput("The body holds a zero character (\\u0000), which cannot be kept.")
    return parsed


def is_too_deep(value: Any) -> bool:
    """Whether something is nested more deeply than what is written can be."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [part for each in level for part in _parts(each) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _has_zero(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_zero(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_has_zero, value))


class Fields:
    """An object in what was sent, and where it stood; every fault names its place."""

    def __init__(self, value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise InvalidInput(f"{place or 'The body'} must be a JSON object.")
        self.value: dict[str, Any] = value
        self.place = place

    def has(self, name: str) -> bool:
        """Whether something is said under the name; null says nothing."""
        return self.value.get(name) is not None

    def text(self, name: str, *, longest: int = _LONGEST) -> str:
        """A text that must be there."""
        found = self.value.get(name)
        place = self._place(name)
        if not isinstance(found, str) or not found.strip():
            raise InvalidInput(f"{place} must be a text that is not empty.")
        if len(found) > longest:
            raise InvalidInput(f"{place} has {len(found)} characters; the longest that is kept has {longest}.")
        if any(ord(character) < 32 for character in found):
            raise InvalidInput(f"{place} holds a control character.")
        return found

    def optional_text(self, name: str, *, longest: int = _LONGEST) -> str:
        """A text that may be missing, or empty."""
        return self.text(name, longest=longest) if self.value.get(name) not in (None, "") else ""

    def moment(self, name: str) -> int:
        """A time with its zone (RFC 3339), in milliseconds since 1970."""
        said = self.text(name, longest=60)
        try:
            found = datetime.fromisoformat(said)
        except ValueError as error:
            raise InvalidInput(f"{self._place(name)} is no time: write it like 2026-01-31T12:00:00Z.") from error
        if found.tzinfo is None:
            raise InvalidInput(f"{self._place(name)} must say its time zone, like 2026-01-31T12:00:00Z.")
        try:
            return int(found.astimezone(UTC).timestamp() * 1000)
        except OverflowError as error:
            raise InvalidInput(f"{self._place(name)} is before or after all time that is kept.") from error

    def part(self, name: str) -> "Fields":
        """An object that must be there."""
        return Fields(self.value.get(name), self._place(name))

    def optional_part(self, name: str) -> "Fields | None":
        """An object that may be missing."""
        return self.part(name) if self.has(name) else None

    def parts(self, name: str) -> Iterator["Fields"]:
        """The objects of a list that may be missing."""
        found = self.value.get(name)
        if found is None:
            return
        if not isinstance(found, list):
            raise InvalidInput(f"{self._place(name)} must be a list.")
        for number, value in enumerate(found):
            yield Fields(value, f"{self._place(name)}[{number}]")

    def _place(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name
