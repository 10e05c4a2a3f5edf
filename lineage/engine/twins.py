"""Nodes that were proved to be the same thing: classes of positions, by union-find over the edges that say so."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lineage.engine.arrays import NOTHING, Ints


@dataclass(frozen=True)
class Twins:
    """The members of all classes, sorted by position, and the number of the class of each."""

    members: Ints
    classes: Ints

    @classmethod
    def none(cls) -> "Twins":
        """Every thing has one node."""
        return cls(NOTHING, NOTHING)

    @classmethod
    def of(cls, first: Ints, second: Ints) -> "Twins":
        """The classes that pairs make."""
        if not len(first):
            return cls.none()
        parent: dict[int, int] = {}

        def root(one: int) -> int:
            parent.setdefault(one, one)
            while parent[one] != one:
                parent[one] = parent[parent[one]]
                one = parent[one]
            return one

        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            a, b = root(one), root(other)
            parent[max(a, b)] = min(a, b)
        members = np.array(sorted(parent), np.int64)
        return cls(members, np.array([root(int(member)) for member in members], np.int64))

    def __len__(self) -> int:
        return len(self.members)

    @cached_property
    def highest(self) -> int:
        """The highest position among the members."""
        return int(self.members[-1]) if len(self) else -1

    def classes_of(self, positions: Ints) -> Ints:
        """The class of each position; what has no twin is a class of its own."""
        if not len(self):
            return positions
        at = np.searchsorted(self.members, positions)
        at[at == len(self.members)] = 0
        return np.where(self.members[at] == positions, self.classes[at], positions)
