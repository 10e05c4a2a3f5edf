"""Single values as clients send them: keys, texts, whole numbers, names, locations."""

import posixpath
import re
import time
from functools import lru_cache
from typing import Any, Final

from artifacts.uris import ObjectUri, ProxiedUri, parse_uri
from audit.exceptions import InvalidInput

KEY_LENGTH: Final = 250
PARAM_VALUE_LENGTH: Final = 6_000
RUN_TAG_VALUE_LENGTH: Final = 8_000
RUN_NAME_LENGTH: Final = 250
EXPERIMENT_NAME_LENGTH: Final = 500
EXPERIMENT_TAG_VALUE_LENGTH: Final = 20_000
LOGGED_MODEL_NAME_LENGTH: Final = 500
LOGGED_MODEL_KEY_LENGTH: Final = 255
LOCATION_LENGTH: Final = 1_000

_KEY = re.compile(r"[/\w.\- :]*")
_LOGGED_MODEL_FORBIDDEN: Final = "/:.%\"'"
_INT64: Final = 2**63


def now() -> int:
    """The time as tracking keeps it: milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def check_key(key: Any, path: str) -> str:
    """Return the key of a metric, param or tag; ``path`` says where it stood. Raises InvalidInput."""
    if not isinstance(key, str) or not key:
        raise InvalidInput(f"Missing value for required parameter '{path}': a key name must be provided.")
    if reason := _flaw_of_key(key):
        raise InvalidInput(f"Invalid value {key[:300]!r} for parameter '{path}' supplied: {reason}.")
    return key


@lru_cache(maxsize=4096)
def _flaw_of_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        return "names may only contain alphanumerics, underscores, dashes, periods, spaces, colons and slashes"
    normal = posixpath.normpath(key)
    if normal != key or normal == "." or normal.startswith(("..", "/")):
        return f"names must not change when they are read as paths, and this one would resolve to {normal!r}"
    if len(key) > KEY_LENGTH:
        return f"it exceeds the maximum length of {KEY_LENGTH} characters"
    return ""


def read_text(value: Any, path: str, longest: int, *, cut: bool = False) -> str:
    """Return a text of at most ``longest`` characters; a longer one is cut or refused. Raises InvalidInput."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput(f"Invalid value {value!r} for parameter '{path}' supplied: expected a string.")
    if len(value) > longest:
        if not cut:
            raise InvalidInput(f"'{path}' exceeds the maximum length of {longest} characters: it has {len(value)}.")
        value = value[:longest]
    return _storable(value, path)


def _storable(text: str, path: str) -> str:
    """Refuse what not every database can keep, on all of them alike."""
    if "\x00" in text:
        raise InvalidInput(f"Invalid value for parameter '{path}' supplied: it contains a NUL character.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"Invalid value for parameter '{path}' supplied: it is not valid Unicode.") from None
    return text


def read_int64(value: Any, path: str) -> int:
    """Return a whole number of 64 bits, which may be sent as a string. Raises InvalidInput."""
    number: int | None = None
    if isinstance(value, str) and len(value) < 24:
        value = float(value) if re.fullmatch(r"-?[0-9]+\.0*", value) else value
        number = int(value) if re.fullmatch(r"[-+]?[0-9]+", str(value)) else None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None or not -_INT64 <= number < _INT64:
        shown = repr(value)[:80]
        raise InvalidInput(f"Invalid value {shown} for parameter '{path}' supplied: expected a 64-bit whole number.")
    return number


def read_experiment_id(text: str) -> int:
    """Return the number of an experiment, which the protocol writes as a string. Raises InvalidInput."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise InvalidInput(f"Invalid experiment ID {text[:80]!r}. Experiment ID must be a valid integer.")


def read_experiment_name(name: Any) -> str:
    """Return the name of an experiment: free text, not empty. Raises InvalidInput."""
    text = read_text(name, "name", EXPERIMENT_NAME_LENGTH)
    if not text.strip():
        raise InvalidInput("Missing value for required parameter 'name': an experiment needs a name.")
    return text


def read_logged_model_name(name: Any) -> str:
    """Return the name of a logged model; empty when none was sent. Raises InvalidInput."""
    if name is None:
        return ""
    text = read_text(name, "name", LOGGED_MODEL_NAME_LENGTH)
    if not text or any(character in text for character in _LOGGED_MODEL_FORBIDDEN):
        raise InvalidInput(
            f"Invalid model name {text!r}: it must not be empty nor contain any of {' '.join(_LOGGED_MODEL_FORBIDDEN)}"
        )
    return text


def read_location(location: Any) -> str:
    """Return where an experiment's artifacts are to lie; empty when nothing was sent.

    Taken are this server's own ``mlflow-artifacts:/…`` and object stores that clients reach by themselves.
    Raises InvalidInput.
    """
    text = read_text(location, "artifact_location", LOCATION_LENGTH)
    if not text:
        return ""
    parsed = parse_uri(text)
    if not isinstance(parsed, ProxiedUri | ObjectUri):
        raise InvalidInput(
            f"Invalid artifact_location {text[:200]!r}: use mlflow-artifacts:/<path> or the URI of an object store "
            "such as s3://<bucket>/<prefix>, or leave it out."
        )
    return str(parsed).rstrip("/")
