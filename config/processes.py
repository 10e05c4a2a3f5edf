"""Small things about Unix processes that the standard library leaves out."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Set as AbstractSet

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to send SIGTERM to this process when its parent dies (Linux; elsewhere nothing happens).

    Given the `parent` that forked this process, exit at once if it died before the kernel could be asked.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if parent is not None and os.getppid() != parent:
            os._exit(1)


def next_signal(numbers: AbstractSet[signal.Signals], seconds: float) -> int | None:
    """Wait for one of these blocked signals; return it, or nothing when none came in time."""
    if hasattr(signal, "sigtimedwait"):
        received = signal.sigtimedwait(numbers, seconds)
        return received.si_signo if received else None
    # macOS has no such call.
    deadline = time.monotonic() + seconds
    while not (waiting := signal.sigpending() & numbers) and time.monotonic() < deadline:
        time.sleep(0.05)
    return signal.sigwait(waiting) if waiting else None
