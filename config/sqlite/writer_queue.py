"""One writer at a time per SQLite file: threads of a process share a lock, processes lock a file."""

import fcntl
import os
import threading
from functools import cache

from django.db import OperationalError


class WriterQueue:
    """The queue of one database file."""

    def __init__(self, database: str, timeout: float) -> None:
        self._lock_path = None if _in_memory(database) else f"{database}.writer"
        self._timeout = timeout
        self.forget()

    def forget(self) -> None:
        """Start anew in a forked child, which must not share its parent's lock."""
        self._threads = threading.Lock()
        self._file: int | None = None

    def acquire(self) -> None:
        """Wait for the turn. Raises OperationalError when the writers of this process do not get through in time."""
        if not self._threads.acquire(timeout=self._timeout):
            raise OperationalError("database is locked: other writers did not finish in time")
        if self._lock_path:
            try:
                # Waits without a limit, because the kernel serves waiters in order and a dead process lets go.
                fcntl.flock(self._open(self._lock_path), fcntl.LOCK_EX)
            except BaseException:
                self._threads.release()
                raise

    def release(self) -> None:
        """Let the next writer in."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def _open(self, path: str) -> int:
        if self._file is None:
            self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return self._file


@cache
def writer_queue(database: str, timeout: float) -> WriterQueue:
    """Return the one queue that all connections of this process to a database share."""
    queue = WriterQueue(database, timeout)
    os.register_at_fork(after_in_child=queue.forget)
    return queue


def _in_memory(database: str) -> bool:
    return ":memory:" in database or "mode=memory" in database
