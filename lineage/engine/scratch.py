"""Room that walks reuse, one lot per thread, so that a small walk over a large graph touches little."""

import threading

import numpy as np

from lineage.engine.arrays import Bools, Ints

#: From what share of all positions on repetitions are looked for by marking all positions.
_MANY = 64


class Scratch(threading.local):
    """Arrays by position: which were seen in this walk, and two to write on for a moment."""

    def __init__(self) -> None:
        self.seen: Bools = np.zeros(1 << 12, bool)
        self._marks: Bools = np.zeros(1 << 12, bool)
        self._last: Ints = np.zeros(1 << 12, np.int32)

    def room_for(self, size: int) -> Bools:
        """Have room for ``size`` positions, and return which were seen; what was seen stays seen."""
        if len(self.seen) < size:
            grown: Bools = np.zeros(size * 5 // 4, bool)
            grown[: len(self.seen)] = self.seen
            self.seen, self._marks = grown, np.zeros(len(grown), bool)
            self._last = np.zeros(len(grown), np.int32)
        return self.seen

    def once(self, positions: Ints, size: int) -> Ints:
        """Every position once. There is room for ``size`` positions."""
        if len(positions) * _MANY < size:
            # Each place writes its number, and the last to write at a position stays.
            places: Ints = np.arange(len(positions), dtype=np.int32)
            self._last[positions] = places
            return positions[self._last[positions] == places]
        self._marks[positions] = True
        once = np.flatnonzero(self._marks[:size])
        self._marks[once] = False
        return once

    def are_among(self, asked: Ints, positions: Ints, size: int) -> Bools:
        """Whether each position asked for is among ``positions``."""
        self.room_for(size)
        self._marks[positions] = True
        among = self._marks[asked]
        self._marks[positions] = False
        return among


scratch = Scratch()
