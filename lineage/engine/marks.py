"""What was said of nodes and edges afterwards, as it stands at some moment."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lineage.engine.arrays import Ints
from lineage.engine.rows import no_rows
from lineage.vocabulary import MarkKind

_NUMBER, _NODE, _EDGE, _KIND, _AT, _RECORDED = range(6)


@dataclass(frozen=True)
class Marks:
    """All marks, in the order in which they were recorded; rows as in `rows`."""

    rows: Ints

    @classmethod
    def of(cls, *tables: Ints) -> "Marks":
        """The marks of several reads, each mark once."""
        rows = np.concatenate(tables) if tables else no_rows()
        _, first = np.unique(rows[:, _NUMBER], return_index=True)
        rows = rows[first]
        return cls(rows[np.lexsort((rows[:, _NUMBER], rows[:, _RECORDED]))])

    @cached_property
    def retracted(self) -> Ints:
        """The numbers of the edges that are retracted now, sorted."""
        return self._last_said(_EDGE, None, MarkKind.RETRACTED, MarkKind.RESTORED)

    def retracted_as_of(self, moment: int | None) -> Ints:
        """The numbers of the edges that were retracted at a moment, sorted."""
        if moment is None:
            return self.retracted
        return self._last_said(_EDGE, moment, MarkKind.RETRACTED, MarkKind.RESTORED)

    def recalled(self, moment: int | None = None) -> Ints:
        """The ids of the nodes that were recalled at a moment (now, when None), sorted."""
        return self._last_said(_NODE, moment, MarkKind.RECALLED, MarkKind.CLEARED)

    def purged(self, moment: int | None = None) -> Ints:
        """The ids of the nodes whose bytes had been removed at a moment, sorted."""
        return self._last_said(_NODE, moment, MarkKind.PURGED)

    def ended(self, moment: int | None = None) -> Ints:
        """The ids of the deployments that no longer ran at a moment, by the moment of their end, sorted."""
        rows = self.rows
        over = rows[:, _KIND] == MarkKind.ENDED
        if moment is not None:
            over &= rows[:, _AT] <= moment
        return np.unique(rows[over, _NODE])

    def _last_said(self, column: int, moment: int | None, *words: MarkKind) -> Ints:
        """Whatever the last of some words about it was the first of them."""
        rows = self.rows[np.isin(self.rows[:, _KIND], words) & (self.rows[:, column] > 0)]
        if moment is not None:
            rows = rows[rows[:, _RECORDED] <= moment]
        if not len(rows):
            return np.empty(0, np.int64)
        backwards = rows[::-1]
        subjects, last = np.unique(backwards[:, column], return_index=True)
        return subjects[backwards[last, _KIND] == words[0]]
