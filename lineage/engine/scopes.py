"""Scopes and sets of scopes, by number: what a node belongs to is one small number, whoever asks."""

import threading
from collections.abc import Iterable, Sequence

import numpy as np
from django.db.models import QuerySet

from lineage.engine.arrays import NOTHING, Ints
from lineage.models import Scope

#: Kinds of scopes by the number that stands for them in arrays.
KINDS: tuple[str, ...] = tuple(Scope.Kind.values)


class ScopeTable:
    """The scopes that were met: project, kind and object of each, in arrays by the scope's number.

    A scope is written before any row that names it and never changes, so what was read once holds.
    """

    def __init__(self) -> None:
        self.projects: Ints = np.full(1, -1, np.int64)
        self.kinds: Ints = np.zeros(1, np.int8)
        self.objects: Ints = np.zeros(1, np.int64)
        self._lock = threading.Lock()

    def make_sure_of(self, numbers: Ints) -> None:
        """Read what was not met before; one query, or none."""
        with self._lock:
            self._make_sure_of(numbers)

    def copy(self) -> "ScopeTable":
        """Another that can grow by itself."""
        other = ScopeTable()
        other.projects, other.kinds, other.objects = self.projects.copy(), self.kinds.copy(), self.objects.copy()
        return other

    def _make_sure_of(self, numbers: Ints) -> None:
        highest = int(numbers.max(initial=0))
        if highest >= len(self.projects):
            room = highest + 1
            self.projects = _grown(self.projects, room, -1)
            self.kinds = _grown(self.kinds, room, 0)
            self.objects = _grown(self.objects, room, 0)
        missing = np.unique(numbers[self.projects[numbers] < 0])
        if len(missing):
            self._read(Scope.objects.filter(pk__gte=int(missing[0]), pk__lte=int(missing[-1])))

    def _read(self, scopes: QuerySet[Scope]) -> None:
        for pk, project, kind, object_id in scopes.values_list("pk", "project_id", "kind", "object_id"):
            self.kinds[pk] = KINDS.index(kind)
            self.objects[pk] = object_id
            self.projects[pk] = project


class ScopeSets:
    """Every set of scopes that some node is in, by number. The first of a set is where the node was first seen."""

    def __init__(self, sets: Iterable[tuple[int, ...]] = ()) -> None:
        self._sets: list[tuple[int, ...]] = list(sets)
        self._numbers = {scopes: number for number, scopes in enumerate(self._sets)}
        self._flat: tuple[Ints, Ints] = (NOTHING, NOTHING)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sets)

    def __getitem__(self, number: int) -> tuple[int, ...]:
        return self._sets[number]

    def copy(self) -> "ScopeSets":
        """Another that can grow by itself."""
        other = ScopeSets()
        with self._lock:
            other._sets, other._numbers, other._flat = list(self._sets), dict(self._numbers), self._flat
        return other

    def number_of(self, first: int, further: Sequence[int] = ()) -> int:
        """The number of a set, given to it when it is first asked for."""
        scopes = (first, *sorted(set(further) - {first})) if further else (first,)
        if (number := self._numbers.get(scopes)) is not None:
            return number
        # Two threads that number new sets at once must not give two sets one number: it says who may see what.
        with self._lock:
            if scopes not in self._numbers:
                self._sets.append(scopes)
                self._numbers[scopes] = len(self._sets) - 1
            return self._numbers[scopes]

    def flat(self) -> tuple[Ints, Ints]:
        """The scopes of all sets one after the other, and where each set begins."""
        flat = self._flat
        if len(flat[1]) != len(self._sets):
            sets = self._sets[:]  # another thread may add to it
            begins = np.cumsum([0, *(len(scopes) for scopes in sets)])[:-1]
            flat = self._flat = np.array([scope for scopes in sets for scope in scopes], np.int64), begins
        return flat


def _grown(values: Ints, room: int, filler: int) -> Ints:
    grown = np.full(room, filler, values.dtype)
    grown[: len(values)] = values
    return grown
