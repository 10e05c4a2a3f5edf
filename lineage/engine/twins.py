"""Nodes that were proved to be the same thing, as a viewer may know it."""

from dataclasses import dataclass

import numpy as np

from lineage.engine.arrays import NOTHING, Ints
from lineage.engine.scratch import scratch
from lineage.engine.sight import Sight
from lineage.engine.store import Store
from lineage.visibility import Level


@dataclass(frozen=True)
class Twins:
    """Classes of readable nodes that are one thing, and pairs with something hidden in them.

    ``members`` of classes are sorted by position, with the class of each. Pairs of which one or both are hidden are
    steps like edges, in both directions: to treat them as one would tell what the hidden one is.
    """

    members: Ints
    classes: Ints
    here: Ints
    there: Ints

    def __len__(self) -> int:
        return len(self.members) + len(self.here)

    def readable_with(self, positions: Ints, size: int) -> Ints:
        """All readable nodes that are the same thing as one of ``positions``, these included if they have twins."""
        if not len(self.members):
            return NOTHING
        chosen = scratch.are_among(self.members, positions, size)
        return self.members[np.isin(self.classes, self.classes[chosen])] if chosen.any() else NOTHING

    def steps_from(self, positions: Ints, size: int) -> Ints:
        """Where pairs with something hidden in them lead from ``positions``."""
        if not len(self.here):
            return NOTHING
        return self.there[scratch.are_among(self.here, positions, size)]

    def classes_of(self, positions: Ints) -> Ints:
        """The class of each position; what has no twin is a class of its own."""
        if not len(self.members):
            return positions
        at: Ints = np.searchsorted(self.members, positions)
        at[at == len(self.members)] = 0
        return np.where(self.members[at] == positions, self.classes[at], positions)


def twins_for(store: Store, sight: Sight | None, as_of: int | None) -> Twins:
    """The twins that a viewer may know of."""
    one, other = store.same_as(as_of)
    if not len(one):
        return Twins(NOTHING, NOTHING, NOTHING, NOTHING)
    if sight is None:
        return Twins(*_classes(one, other), NOTHING, NOTHING)
    lower = np.minimum(sight.at(one), sight.at(other))
    higher = np.maximum(sight.at(one), sight.at(other))
    both = lower == Level.READ
    hidden = (lower == Level.OPAQUE) & (higher >= Level.OPAQUE)
    here = np.concatenate([one[hidden], other[hidden]])
    there = np.concatenate([other[hidden], one[hidden]])
    return Twins(*_classes(one[both], other[both]), here, there)


def _classes(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """The members of the classes that pairs make, sorted, and the lowest member of each one's class."""
    if not len(one):
        return NOTHING, NOTHING
    parents: dict[int, int] = {}

    def root(member: int) -> int:
        parents.setdefault(member, member)
        while parents[member] != member:
            parents[member] = parents[parents[member]]
            member = parents[member]
        return member

    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        lower, upper = sorted((root(a), root(b)))
        parents[upper] = lower
    members = sorted(parents)
    return np.array(members, np.int64), np.array([root(member) for member in members], np.int64)
