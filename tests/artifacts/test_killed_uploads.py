"""A process that is killed while it stores a file: no row without bytes, no bytes that nobody knows of."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.db.models import F

from artifacts.models import ArtifactFile, Upload
from artifacts.operations import check_store, clear_overdue_uploads, erase_deleted, store_file, uploads
from artifacts.queries import find_orphans
from artifacts.stores.local import LocalStore
from artifacts.streaming import CHUNK, Incoming
from audit.operation import record
from tests.artifacts.conftest import read_all

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 4 * CHUNK


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function: Callable[..., object]) -> Callable[..., object]:
    def run(*args: object, **kwargs: object) -> None:
        function(*args, **kwargs)
        die()

    return run


class Body:
    """Bytes that come until one chunk kills the process."""

    def __init__(self, deadly: int) -> None:
        self.left, self.deadly = SIZE // CHUNK, deadly

    def read(self, size: int) -> bytes:
        if self.left == self.deadly:
            die()
        self.left -= 1
        return b"n" * size


#: Where it dies: how to arrange that, at which chunk of the body, and whether the file is there afterwards.
POINTS: dict[str, tuple[Callable[[], None], int, bool]] = {
    "before the bytes": (lambda: setattr(LocalStore, "put", die), -1, False),
    "at the first byte": (lambda: None, SIZE // CHUNK, False),
    "between two chunks": (lambda: None, 2, False),
    "before the rename": (lambda: setattr(Path, "rename", die), -1, False),
    "after the rename": (lambda: setattr(Path, "rename", then_die(Path.rename)), -1, False),
    "after the bytes": (lambda: setattr(LocalStore, "put", then_die(LocalStore.put)), -1, False),
    "before the event": (lambda: setattr(uploads, "record", die), -1, False),
    "before the commit": (lambda: setattr(uploads, "record", then_die(record)), -1, False),
    "after the commit": (lambda: setattr(uploads, "finish_upload", then_die(uploads.finish_upload)), -1, True),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_upload_leaves_the_old_file_or_the_new_one(point, contributor, space, store, artifact_root):
    store(**{"model.bin": "old"})
    prepare, deadly, is_stored = POINTS[point]

    killed = in_a_process_that_dies(
        lambda: (prepare(), store_file(contributor, space, "model.bin", Incoming(Body(deadly).read, length=SIZE)))
    )

    assert killed
    assert read_all(contributor, space, "model.bin") == (b"n" * SIZE if is_stored else b"old")
    assert check_store() == (0, 0), "every row has its bytes, all bytes are known"
    a_day_later()
    erase_deleted()
    kept = set(ArtifactFile.objects.live().values_list("storage_key", flat=True))
    assert {str(path.relative_to(artifact_root)) for path in artifact_root.rglob("*") if path.is_file()} == kept
    assert list(find_orphans()) == []


def in_a_process_that_dies(work: Callable[[], object]) -> bool:
    """Whether a child process was killed while it did its work."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            # A pool shared with the child would keep the child's connection open, and its locks, after its death.
            connection.close_pool()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def a_day_later() -> None:
    Upload.objects.update(started_at=F("started_at") - timedelta(hours=25))
    clear_overdue_uploads()
    assert not Upload.objects.exists()
