"""Wakes a worker when something is due, without letting a request wait for the broker.

The database is the queue of record, so that a ring that nobody hears costs time and nothing else: the next tick of
beat looks anyway. Rings in quick succession become one.
"""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

logger = logging.getLogger(__name__)


class Doorbell:
    """Calls ``wake`` in a thread of its own, some time after each ring."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._rung = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    def ring(self) -> None:
        """Return at once, whatever the broker does."""
        self._rung.set()
        with self._starting:
            # A forked child has the object but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._listen, name="webhook-doorbell", daemon=True)
                self._thread.start()

    def _listen(self) -> None:
        while self._rung.wait():
            self._rung.clear()
            try:
                self._wake()
            except Exception as error:  # noqa: BLE001  (whatever is wrong with the broker, beat looks later)
                logger.warning("No worker could be woken for webhooks: %s. The next tick will find them.", error)


def _wake_worker() -> None:
    from notifications.tasks import deliver_due

    # A message that waits longer than a tick is worth nothing.
    deliver_due.apply_async(retry=False, expires=60)


_doorbell = Doorbell(_wake_worker)


def ring() -> None:
    """Let a worker look for deliveries that are due."""
    _doorbell.ring()
