"""Small things that are done with numpy everywhere in the engine."""

from typing import Any, TypeAlias

import numpy as np

#: A one-dimensional numpy array of whole numbers, and of truth values.
Ints: TypeAlias = Any
Bools: TypeAlias = Any

NOTHING: Ints = np.empty(0, np.int64)

#: Kind, role and basis of an edge in one number.
_ROLE_SHIFT, _BASIS_SHIFT = 4, 10


def pack(kind: Ints, role: Ints, basis: Ints) -> Ints:
    """Kind, role and basis of edges as one small number each."""
    return (
        np.asarray(kind, np.uint16)
        | (np.asarray(role, np.uint16) << np.uint16(_ROLE_SHIFT))
        | (np.asarray(basis, np.uint16) << np.uint16(_BASIS_SHIFT))
    )


def kind_of(packed: Ints) -> Ints:
    """The kinds in packed numbers."""
    return packed & 15


def role_of(packed: Ints) -> Ints:
    """The roles in packed numbers."""
    return (packed >> _ROLE_SHIFT) & 63


def basis_of(packed: Ints) -> Ints:
    """The bases in packed numbers."""
    return packed >> _BASIS_SHIFT


def slots_of(pointers: Ints, rows: Ints) -> Ints:
    """The places of everything that belongs to ``rows``: row r owns ``pointers[r]`` up to ``pointers[r + 1]``."""
    if len(rows) == 1:
        row = rows[0]
        return np.arange(pointers[row], pointers[row + 1])
    begin = pointers[rows]
    count = pointers[rows + 1] - begin
    ends = count.cumsum()
    places = np.arange(ends[-1] if len(ends) else 0)
    begin -= ends
    begin += count
    places += begin.repeat(count)
    return places


def is_among(values: Ints, chosen: Ints) -> Bools:
    """Whether each value is among ``chosen``, which is sorted."""
    if not len(chosen):
        return np.zeros(len(values), bool)
    at: Ints = np.searchsorted(chosen, values)
    at[at == len(chosen)] = 0
    return chosen[at] == values


def smallest_int(highest: int) -> Any:
    """The type that holds numbers up to ``highest`` in the least room, of those used for numbers of rows."""
    return np.int32 if highest < 2**31 else np.int64
