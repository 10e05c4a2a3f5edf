"""A database backend whose write transactions wait in a queue instead of in SQLite's busy handler.

SQLite's own waiting is unfair: it sleeps and tries again, so under load some writers wait for seconds.
Every transaction here begins IMMEDIATE and is therefore a write transaction.
"""

from typing import Any

from django.db.backends.sqlite3 import base

from config.sqlite.writer_queue import WriterQueue, writer_queue


class DatabaseWrapper(base.DatabaseWrapper):
    """A SQLite connection that holds its place in the writer queue from BEGIN to COMMIT or ROLLBACK."""

    _held: WriterQueue | None = None

    def _start_transaction_under_autocommit(self) -> None:
        queue = writer_queue(str(self.settings_dict["NAME"]), self.settings_dict["OPTIONS"].get("timeout", 5))
        queue.acquire()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            queue.release()
            raise
        self._held = queue

    def _commit(self) -> Any:
        # A commit that fails is followed by a rollback, which leaves the queue.
        result = super()._commit()  # type: ignore[misc]
        self._leave_queue()
        return result

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _leave_queue(self) -> None:
        queue, self._held = self._held, None
        if queue:
            queue.release()
