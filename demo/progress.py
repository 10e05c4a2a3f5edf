"""Says how far the demo is: one line per chapter, which counts on a terminal and is final in a file."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Count:
    """How much of a chapter is done. Safe to call from several threads, as far as a picture of progress has to be."""

    def __init__(self, title: str) -> None:
        self.made = 0
        self._title = title
        self._shown = 0.0

    def add(self, number: int = 1) -> None:
        """Count some more."""
        self.made += number
        if sys.stdout.isatty() and time.monotonic() - self._shown > 0.1:
            self._shown = time.monotonic()
            print(f"\r  {self._title:<48} {self.made:>6}", end="", flush=True)


class Progress:
    """The whole way of the demo."""

    def __init__(self) -> None:
        self.made = 0
        self._began = time.monotonic()

    @contextmanager
    def chapter(self, title: str) -> Iterator[Count]:
        """A part whose things are counted."""
        began, count = time.monotonic(), Count(title)
        yield count
        self.made += count.made
        found = f"{count.made:>6} made" if count.made else " already there"
        start = "\r" if sys.stdout.isatty() else ""
        print(f"{start}  {title:<48} {found:<14} {time.monotonic() - began:6.1f} s", flush=True)

    @property
    def seconds(self) -> float:
        """How long it took so far."""
        return time.monotonic() - self._began
