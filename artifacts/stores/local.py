"""Keeps bytes in a local folder: each object is a file that appears complete or not at all."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from artifacts.exceptions import not_offered
from artifacts.stores.base import Missing, Part, StoredObject, checked
from artifacts.streaming import CHUNK, Chunks, Incoming
from audit.exceptions import Unavailable

_DRAFTS = "drafts"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalStore:
    """A store in the folder ``root``, which belongs to this server alone."""

    direct = False

    def __init__(self, root: Path) -> None:
        self._given_root = root

    def put(self, key: str, body: Incoming) -> str:
        with _faults():
            draft, target = self._draft(key), self._file(key)
            try:
                _write(draft, body)
                draft.rename(target)
                _sync_folder(target.parent)
            except BaseException:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
                    target.unlink(missing_ok=True)
                raise
        return ""

    def open(self, key: str, version: str, start: int, length: int) -> Chunks:
        with _faults(), _missing_told(key):
            return FileChunks(self._file(key), start, length)

    def size(self, key: str, version: str) -> int:
        with _faults(), _missing_told(key):
            return self._file(key).stat().st_size

    def delete(self, key: str, version: str) -> None:
        with _faults(), suppress(FileNotFoundError):
            target = self._file(key)
            target.unlink()
            _sync_folder(target.parent)

    def discard(self, key: str) -> None:
        with _faults():
            self._draft(key).unlink(missing_ok=True)
        self.delete(key, "")

    def objects(self) -> Iterator[StoredObject]:
        for shard in _SHARDS:
            with _faults(), os.scandir(self._root / shard) as entries:
                found = sorted((f"{shard}/{entry.name}", entry.stat()) for entry in entries)
            for key, status in found:
                yield StoredObject(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def download_url(self, key: str, version: str, *, filename: str) -> str:
        raise not_offered("Multipart download")

    def start_parts(self, key: str, count: int) -> tuple[str, list[str]]:
        raise not_offered("Multipart upload")

    def join_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> str:
        raise not_offered("Multipart upload")

    def drop_parts(self, key: str, upload_id: str) -> None:
        raise not_offered("Multipart upload")

    @cached_property
    def _root(self) -> Path:
        """The folder, with all folders that keys lie in: made once, so that no upload has to wait for a new one."""
        root = self._given_root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
        for name in (_DRAFTS, *_SHARDS):
            (root / name).mkdir(mode=0o700, exist_ok=True)
        _sync_folder(root)
        _sync_folder(root.parent)
        return root

    def _file(self, key: str) -> Path:
        return self._root / checked(key)

    def _draft(self, key: str) -> Path:
        return self._root / _DRAFTS / checked(key).partition("/")[2]


class FileChunks:
    """A part of a file, read chunk by chunk."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._left = length
        self._at = start
        self._file = -1
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        chunk = os.pread(self._file, min(CHUNK, self._left), self._at) if self._left else b""
        if not chunk:
            self.close()
            raise StopIteration
        self._at += len(chunk)
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()


_SHARDS = [f"{number:02x}" for number in range(256)]


def _write(draft: Path, body: Incoming) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for chunk in body:
            _write_all(descriptor, chunk)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, chunk: bytes) -> None:
    written = os.write(descriptor, chunk)
    while written < len(chunk):
        written += os.write(descriptor, memoryview(chunk)[written:])


def _sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("The artifact store has no room left. An administrator must make some.") from error
        raise Unavailable("The artifact store cannot be read or written just now. Try again in a minute.") from error


@contextmanager
def _missing_told(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(key) from error
