"""What a viewer sees: a level for every scope, and from these one for every set of scopes and every node."""

from collections.abc import Callable

import numpy as np

from accounts.principals import Principal
from accounts.roles import Action
from lineage.engine.arrays import Ints
from lineage.engine.scopes import KINDS, ScopeTable
from lineage.engine.store import Store
from lineage.visibility import Level, closed_projects, exceptions_for


class Sight:
    """What a viewer sees of a store: the best level among the scopes of a node."""

    def __init__(self, store: Store, levels_of: Callable[[Ints], Ints]) -> None:
        self._store = store
        self._levels_of = levels_of
        self._by_set: Ints = np.empty(0, np.uint8)

    def by_set(self) -> Ints:
        """The level for every set of scopes that the store has met."""
        sets = self._store.scope_sets
        if len(self._by_set) < len(sets):
            scopes, begins = sets.flat()
            self._by_set = np.maximum.reduceat(self._levels_of(scopes), begins)
        return self._by_set

    def at(self, positions: Ints) -> Ints:
        """The level at every position."""
        return self.by_set()[self._store.sets(positions)]


def levels_of(principal: Principal, table: ScopeTable, numbers: Ints) -> Ints:
    """The level of each scope in ``numbers``; ``table`` knows them. One query per kind of scope, and one more."""
    projects, kinds, objects = table.projects[numbers], table.kinds[numbers], table.objects[numbers]
    if principal.sees_everything:
        limit = principal.project_limit
        seen = np.full(len(numbers), True) if limit is None else projects == limit
    else:
        seen = np.isin(projects, list(principal.project_ids_with(Action.VIEW)))
        for number, kind in enumerate(KINDS):
            if (of_kind := kinds == number).any():
                exceptions = exceptions_for(principal, kind)
                seen[of_kind & np.isin(objects, list(exceptions.unseen))] = False
                seen[of_kind & np.isin(objects, list(exceptions.seen))] = True
    passes = (projects >= 0) & ~np.isin(projects, list(closed_projects()))
    return np.where(seen, Level.READ, np.where(passes, Level.OPAQUE, Level.NONE)).astype(np.uint8)
