"""The one byte form of an event body, and the hashes made from it.

The form is RFC 8785 (JSON Canonicalization Scheme) restricted to strings, booleans, null, integers within
2**53 - 1, arrays and objects with ASCII keys; there are no floats. For this profile the standard
library's encoder with sorted keys gives the same bytes as a full implementation.
"""

import hashlib
import hmac
import json
import unicodedata
from typing import Any

from django.core.exceptions import SuspiciousOperation

LARGEST_INTEGER = 2**53 - 1
#: The head of a chain without events.
EMPTY_HEAD = "0" * 64

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class NotCanonical(SuspiciousOperation):
    """A value has no canonical form: a float, a huge integer, a key that is not ASCII."""


def canonical_bytes(value: Any) -> bytes:
    """Return the canonical JSON of ``value`` as UTF-8. Raises `NotCanonical`."""
    return _encoder.encode(_restricted(value)).encode()


def _restricted(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return int(value)
    if isinstance(value, dict):
        return {_key(key): _restricted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_restricted(item) for item in value]
    raise NotCanonical(f"{value!r} has no canonical form.")


def _key(key: Any) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise NotCanonical(f"{key!r} cannot be a key of an event body.")
    return key


def leaf_hash(body: bytes) -> str:
    """The leaf hash of an event body, as RFC 6962 section 2.1 defines it, in hex."""
    return hashlib.sha256(b"\x00" + body).hexdigest()


def next_head(head: str, leaf: str) -> str:
    """The head of an object's chain after ``leaf``: SHA-256 of head and leaf, in hex."""
    return hashlib.sha256(bytes.fromhex(head) + bytes.fromhex(leaf)).hexdigest()


def commitment(salt: bytes, field: str, value: str) -> str:
    """Bind an event body to a private value without showing it (HMAC-SHA-256, hex)."""
    return hmac.new(salt, field.encode() + b"\x00" + value.encode("utf-8", "replace"), "sha256").hexdigest()
