"""The walk: everything that can be reached from some nodes along the edges, with the viewer's rights inside of it.

Breadth first, level by level, each level one handful of numpy calls. Nodes that the viewer may not read are passed
through, and a connected run of them counts as one step however long it is: else the depth of what lies behind would
tell its length.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lineage.engine.arrays import NOTHING, Bools, Ints
from lineage.engine.rules import EdgeRule
from lineage.engine.scratch import scratch
from lineage.engine.sight import Sight
from lineage.engine.store import Store
from lineage.engine.twins import Twins
from lineage.visibility import Level

# Looking up a member of an enumeration costs as much as a step of a small walk.
_READ, _OPAQUE = int(Level.READ), int(Level.OPAQUE)


@dataclass(frozen=True)
class Walked:
    """What a walk found: positions that may be read, with their depths, level by level; and those passed through."""

    positions: Ints
    depths: Ints
    hidden: Ints


class Walk:
    """One walk in one direction. ``sight`` is None for whoever may read everything.

    ``keeps`` says which readable nodes a pruned walk goes on from; hidden nodes never match.
    """

    def __init__(
        self,
        store: Store,
        sight: Sight | None,
        *,
        up: bool,
        rule: EdgeRule,
        twins: Twins,
        keeps: Callable[[Ints], Bools] | None = None,
    ) -> None:
        self._store = store
        self._sight = sight
        self._up = up
        self._rule = rule
        self._through = rule.through_hidden if keeps is None else None
        self._is_one_rule = rule == self._through
        self._keeps = keeps
        self._twins = twins
        self._hidden: list[Ints] = []
        self._marked: list[Ints] = []

    def run(self, starts: Ints, depth: int | None) -> Walked:
        """Walk from ``starts``, which the viewer may read."""
        levels: list[Ints] = []
        try:
            frontier, hidden = self._fresh(starts)
            while len(frontier) or len(hidden):
                frontier = self._with_twins(frontier)
                levels.append(frontier)
                if depth is not None and len(levels) > depth:
                    break
                behind = self._behind(hidden)
                going_on = frontier if self._keeps is None or len(levels) == 1 else frontier[self._keeps(frontier)]
                frontier, hidden = self._step(going_on)
                if len(behind):
                    frontier = np.concatenate([behind, frontier])
        finally:
            for marked in self._marked:
                scratch.seen[marked] = False
        sizes = [len(level) for level in levels]
        return Walked(_joined(levels), np.repeat(np.arange(len(sizes)), sizes), _joined(self._hidden))

    def _step(self, frontier: Ints) -> tuple[Ints, Ints]:
        """What is one edge further than readable nodes: what may be read, and what may not."""
        if not len(frontier):
            return NOTHING, NOTHING
        further = self._store.neighbours(frontier, up=self._up, rule=self._rule)
        if self._sight is None:
            return self._fresh(further)
        if self._is_one_rule:
            return self._fresh(self._and_twins(further, frontier))
        readable, _ = self._fresh(further, hidden=False)
        if self._through is None:
            return readable, NOTHING
        others = self._store.neighbours(frontier, up=self._up, rule=self._through)
        _, hidden = self._fresh(self._and_twins(others, frontier), readable=False)
        return readable, hidden

    def _behind(self, hidden: Ints) -> Ints:
        """Pass through hidden nodes and all that hang together with them; return the readable nodes behind."""
        found: list[Ints] = []
        while len(hidden) and self._through is not None:
            further = self._store.neighbours(hidden, up=self._up, rule=self._through)
            readable, hidden = self._fresh(self._and_twins(further, hidden))
            found.append(readable)
        return _joined(found)

    def _fresh(self, positions: Ints, *, readable: bool = True, hidden: bool = True) -> tuple[Ints, Ints]:
        """Those not seen before that the viewer may read, and those passed through, each once; they count as seen."""
        size = self._store.size
        seen = scratch.room_for(size)
        positions = positions[~seen[positions]]
        if not len(positions):
            return NOTHING, NOTHING
        positions = scratch.once(positions, size)
        if self._rule.as_of is not None:
            positions = positions[self._store.recorded(positions) <= self._rule.as_of]
        if self._sight is None:
            return self._mark(positions), NOTHING
        levels = self._sight.at(positions)
        can_be_read = levels == _READ
        if can_be_read.all():
            return (self._mark(positions) if readable else NOTHING), NOTHING
        read_now = self._mark(positions[can_be_read]) if readable else NOTHING
        if not hidden or self._through is None:
            return read_now, NOTHING
        passed = self._mark(positions[levels == _OPAQUE])
        if len(passed):
            self._hidden.append(passed)
        return read_now, passed

    def _mark(self, positions: Ints) -> Ints:
        if len(positions):
            scratch.seen[positions] = True
            self._marked.append(positions)
        return positions

    def _with_twins(self, readable: Ints) -> Ints:
        """Readable nodes, and the readable nodes that are the same things: no step lies between them."""
        if not len(self._twins.members):
            return readable
        twins = self._twins.readable_with(readable, self._store.size)
        more, _ = self._fresh(twins, hidden=False)
        return np.concatenate([readable, more])

    def _and_twins(self, others: Ints, positions: Ints) -> Ints:
        """``others``, and what is the same thing as one of ``positions``, when something hidden is part of that."""
        if not len(self._twins.here):
            return others
        steps = self._twins.steps_from(positions, self._store.size)
        return np.concatenate([others, steps]) if len(steps) else others


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else NOTHING
