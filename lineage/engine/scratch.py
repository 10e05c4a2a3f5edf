"""Room that walks reuse, one lot per thread, so that a small walk over a large graph touches little."""

import threading

import numpy as np

from lineage.engine.arrays import Bools, Ints

#: From what share of all positions on repetitions are sorted out by marking instead of by sorting.
_MANY = 64


class Scratch(threading.local):
    """Two arrays of truth values by position: which were seen in this walk, and one to mark for a moment."""

    def __init__(self) -> None:
        self.seen: Bools = np.zeros(1 << 12, bool)
        self._marks: Bools = np.zeros(1 << 12, bool)

    def make_room(self, size: int) -> None:
        """Have room for ``size`` positions; what was seen stays seen."""
        if len(self.seen) < size:
            grown: Bools = np.zeros(size * 5 // 4, bool)
            grown[: len(self.seen)] = self.seen
            self.seen, self._marks = grown, np.zeros(len(grown), bool)

    def once(self, positions: Ints, size: int) -> Ints:
        """Every position once, sorted."""
        if len(positions) * _MANY < size:
            return np.unique(positions)
        self.make_room(size)
        self._marks[positions] = True
        once = np.flatnonzero(self._marks[:size])
        self._marks[once] = False
        return once

    def are_among(self, asked: Ints, positions: Ints, size: int) -> Bools:
        """Whether each position asked for is among ``positions``."""
        self.make_room(size)
        self._marks[positions] = True
        among = self._marks[asked]
        self._marks[positions] = False
        return among


scratch = Scratch()
