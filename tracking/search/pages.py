"""Pages of answers and the tokens that lead to the next one; a token means nothing to whoever passes it on."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from audit.exceptions import InvalidInput

R = TypeVar("R")

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows, and the token of the next page; empty when this is the last."""

    rows: Sequence[R]
    next_page_token: str = ""


def write_token(content: dict[str, Any]) -> str:
    """Wrap what is needed to go on."""
    return base64.b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def read_token(token: str) -> dict[str, Any]:
    """Unwrap a token; an empty one has no content. Raises InvalidInput when it is none of ours."""
    if not token:
        return {}
    try:
        content = json.loads(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not content:
        raise InvalidInput("Invalid page token: pass on the `next_page_token` of the page before, unchanged.")
    return content


def read_offset(token: str) -> int:
    """The offset in a token made by `offset_token`; 0 for an empty one. Raises InvalidInput."""
    content = read_token(token)
    return whole_number(content, "offset") if content else 0


def offset_token(offset: int) -> str:
    """The token of a page that begins after ``offset`` rows."""
    return write_token({"offset": offset})


def whole_number(content: dict[str, Any], key: str) -> int:
    """A number of a token that is not negative. Raises InvalidInput."""
    value = content.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise InvalidInput(f"Invalid page token: it has no usable {key!r}.")
    return value


def check_max_results(max_results: int, most: int) -> None:
    """Raises InvalidInput unless a page of that size is allowed."""
    if not 1 <= max_results <= most:
        raise InvalidInput(
            f"Invalid value {max_results} for parameter 'max_results' supplied: it must be between 1 and {most}."
        )
