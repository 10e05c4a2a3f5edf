"""What a walk needs of a graph, wherever that lies: in arrays (`index`) or in the database (`sql_store`).

A store counts nodes by positions, which mean nothing outside of it and may grow in number while it is walked.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lineage.engine.arrays import NOTHING, Ints
from lineage.engine.marks import Marks
from lineage.engine.rules import EdgeRule
from lineage.engine.scopes import ScopeSets, ScopeTable
from lineage.engine.version import Version


@dataclass(frozen=True)
class Edges:
    """Edges between positions, one entry per edge in every array."""

    src: Ints
    dst: Ints
    seq: Ints
    packed: Ints
    recorded: Ints

    def __len__(self) -> int:
        return len(self.seq)

    def where(self, chosen: Ints) -> "Edges":
        """Those that a mask or a list of places chooses."""
        return Edges(self.src[chosen], self.dst[chosen], self.seq[chosen], self.packed[chosen], self.recorded[chosen])

    @classmethod
    def none(cls) -> "Edges":
        """No edges."""
        return cls(NOTHING, NOTHING, NOTHING, np.empty(0, np.uint16), NOTHING)

    @classmethod
    def all_of(cls, *some: "Edges") -> "Edges":
        """Several lots as one."""
        if len(some) == 1:
            return some[0]
        return cls(
            np.concatenate([one.src for one in some]),
            np.concatenate([one.dst for one in some]),
            np.concatenate([one.seq for one in some]),
            np.concatenate([one.packed for one in some]),
            np.concatenate([one.recorded for one in some]),
        )


class Store(Protocol):
    """A graph at one version."""

    @property
    def version(self) -> Version:
        """What it has seen."""

    @property
    def marks(self) -> Marks:
        """What was said of its nodes and edges."""

    @property
    def size(self) -> int:
        """One more than the highest position so far."""

    @property
    def scope_sets(self) -> ScopeSets:
        """The sets of scopes so far."""

    @property
    def scope_table(self) -> ScopeTable:
        """What is known of scopes so far."""

    def positions_of(self, ids: Ints) -> Ints:
        """Where nodes are; -1 for those that are not there."""

    def ids(self, positions: Ints) -> Ints:
        """The ids of nodes."""

    def kinds(self, positions: Ints) -> Ints:
        """The kinds of nodes."""

    def pinned(self, positions: Ints) -> Ints:
        """Whether nodes name one content for ever."""

    def created(self, positions: Ints) -> Ints:
        """When things were made."""

    def recorded(self, positions: Ints) -> Ints:
        """When we heard of them."""

    def sets(self, positions: Ints) -> Ints:
        """The numbers of the sets of scopes that nodes are in."""

    def neighbours(self, positions: Ints, *, up: bool, rule: EdgeRule) -> Ints:
        """The other ends of the edges that a rule follows; in no order, and some perhaps more than once."""

    def edges_from(self, positions: Ints, rule: EdgeRule) -> Edges:
        """The edges down from nodes that a rule follows."""

    def edges_into(self, positions: Ints, rule: EdgeRule) -> Edges:
        """The edges down to nodes that a rule follows."""

    def same_as(self, as_of: int | None) -> tuple[Ints, Ints]:
        """Pairs of nodes that are the same thing."""
