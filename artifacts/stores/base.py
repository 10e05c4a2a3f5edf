"""What a store is: bytes under keys that we make, written once and never changed."""

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from artifacts.streaming import Chunks, Incoming

_KEY = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{30}")


class Missing(LookupError):
    """The store has no bytes under this key."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the store itself says about one object."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart upload, as the client reports it."""

    number: int
    etag: str


class Store(Protocol):
    """Keeps bytes. Every method raises `Unavailable` when the store does not answer or has no room.

    ``version`` is what `put` answered: the version id in a bucket with versioning, otherwise empty.
    """

    @property
    def direct(self) -> bool:
        """Whether clients can be sent to the store itself; where not, the last four methods raise `NotOffered`."""

    def put(self, key: str, body: Incoming) -> str:
        """Store ``body`` durably and return its version. Under ``key`` there is nothing before there is all of it."""

    def open(self, key: str, version: str, start: int, length: int) -> Chunks:
        """Read ``length`` bytes from ``start``, in chunks. Raises `Missing`."""

    def size(self, key: str, version: str) -> int:
        """How many bytes there are. Raises `Missing`."""

    def delete(self, key: str, version: str) -> None:
        """Remove the bytes for good; harmless when they are gone."""

    def discard(self, key: str) -> None:
        """Remove whatever an upload that never ended has left under ``key``."""

    def objects(self) -> Iterator[StoredObject]:
        """Everything that is stored, in the order of its keys."""

    # --- for clients that talk to the store themselves ---

    def download_url(self, key: str, version: str, *, filename: str) -> str:
        """An address from which anybody can read the bytes for some minutes."""

    def start_parts(self, key: str, count: int) -> tuple[str, list[str]]:
        """Begin an upload in ``count`` parts: its id, and an address for each part."""

    def join_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> str:
        """End an upload in parts and return the version. Harmless when it was ended before."""

    def drop_parts(self, key: str, upload_id: str) -> None:
        """Give up an upload in parts; harmless when it is gone."""


def new_key() -> str:
    """A key that says nothing about what it names. Its first part spreads keys over folders."""
    random = uuid.uuid4().hex
    return f"{random[:2]}/{random}"


def checked(key: str) -> str:
    """``key``, if `new_key` made it: a store opens nothing else."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a storage key.")
    return key
