"""What the engine answers: nodes by depth, edges among them, and what is hidden as segments."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lineage.engine.arrays import NOTHING, Bools, Ints
from lineage.engine.rules import EdgeRule
from lineage.engine.store import Store


@dataclass(frozen=True)
class Position:
    """A place in the order (depth, created_at, id) of an answer."""

    depth: int
    created_at: int
    id: int


@dataclass(frozen=True)
class Reached:
    """The nodes of an answer that the viewer may read, in the order (depth, created_at, id) when paged.

    ``positions`` and ``hidden_positions`` mean something to the store only, and nothing of the latter may be told.
    """

    store: Store = field(repr=False)
    positions: Ints
    depths: Ints
    hidden_positions: Ints
    rule: EdgeRule

    @property
    def total(self) -> int:
        """How many nodes there are."""
        return len(self.positions)

    @property
    def hidden_count(self) -> int:
        """How many nodes were passed through; for those with the right to count what is hidden."""
        return len(self.hidden_positions)

    @property
    def max_depth(self) -> int:
        """The depth of the furthest node."""
        return int(self.depths.max(initial=0))

    @cached_property
    def ids(self) -> Ints:
        """The ids, in no particular order; beside them in the same order:"""
        return self.store.ids(self.positions)

    @cached_property
    def kinds(self) -> Ints:
        """The kinds (`lineage.vocabulary.NodeKind`)."""
        return self.store.kinds(self.positions)

    @cached_property
    def pinned(self) -> Bools:
        """Whether each names one content for ever."""
        return self.store.pinned(self.positions)

    @cached_property
    def created_at(self) -> Ints:
        """When each was made."""
        return self.store.created(self.positions)

    @cached_property
    def recorded_at(self) -> Ints:
        """When we heard of each."""
        return self.store.recorded(self.positions)

    def where(self, chosen: Bools) -> "Reached":
        """The same answer with some of its nodes only; hidden ones stay."""
        return Reached(self.store, self.positions[chosen], self.depths[chosen], self.hidden_positions, self.rule)

    def first(self, limit: int, after: Position | None = None) -> tuple["Reached", Position | None]:
        """The next ``limit`` nodes in order, and where the page after them begins; None at the end."""
        rest = np.arange(self.total)
        if after is not None:
            rest = rest[self._is_after(after)]
        chosen = self._first_of(rest, limit)
        page = Reached(self.store, self.positions[chosen], self.depths[chosen], NOTHING, self.rule)
        if len(chosen) == len(rest) or not len(chosen):
            return page, None
        return page, Position(int(page.depths[-1]), int(page.created_at[-1]), int(page.ids[-1]))

    def ordered(self) -> "Reached":
        """All nodes in order."""
        order = np.lexsort((self.ids, self.created_at, self.depths))
        return Reached(self.store, self.positions[order], self.depths[order], self.hidden_positions, self.rule)

    def _is_after(self, after: Position) -> Bools:
        later = (self.created_at > after.created_at) | ((self.created_at == after.created_at) & (self.ids > after.id))
        return (self.depths > after.depth) | ((self.depths == after.depth) & later)

    def _first_of(self, rest: Ints, limit: int) -> Ints:
        """The first of some places in order: only the levels that reach into the page are sorted."""
        sizes = np.bincount(self.depths[rest]) if len(rest) else NOTHING
        before = np.cumsum(sizes) - sizes
        last = int(np.searchsorted(before, limit)) - 1 if len(sizes) else 0
        rest = rest[self.depths[rest] <= last]
        created = self.store.created(self.positions[rest])
        in_last = self.depths[rest] == last
        wanted = limit - int((~in_last).sum())
        if 0 < wanted < int(in_last.sum()):
            bound = np.partition(created[in_last], wanted - 1)[wanted - 1]
            kept = ~in_last | (created <= bound)
            rest, created = rest[kept], created[kept]
        order = np.lexsort((self.store.ids(self.positions[rest]), created, self.depths[rest]))
        return rest[order[:limit]]


@dataclass(frozen=True)
class Segment:
    """Hidden nodes that hang together, as the viewer sees them: one thing without a name.

    ``token`` is the viewer's own name for it. ``members`` are ids of what it hides: for finding whom to ask, never for
    an answer.
    """

    token: str
    members: Ints = field(repr=False, compare=False)


@dataclass(frozen=True)
class Link:
    """Something went from a readable node (its id) into a segment (its token) or out of it; no more is told."""

    src: int | str
    dst: int | str


@dataclass(frozen=True)
class EdgeList:
    """Edges between readable nodes by id, in the order of their numbers, and links to segments."""

    seq: Ints
    src: Ints
    dst: Ints
    kind: Ints
    role: Ints
    basis: Ints
    recorded_at: Ints
    links: list[Link]
    segments: list[Segment]

    def __len__(self) -> int:
        return len(self.seq)
