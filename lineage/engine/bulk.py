"""Reads the whole graph in columns, in little memory: PostgreSQL's binary COPY, or a streaming cursor of SQLite."""

from collections.abc import Callable, Iterator
from itertools import chain, islice

import numpy as np
from django.db import connection, transaction

from lineage.engine.arrays import Ints
from lineage.engine.base import Base, assemble, sets_of
from lineage.engine.marks import Marks
from lineage.engine.rows import COLUMNS, current_version, select
from lineage.engine.scopes import ScopeSets
from lineage.engine.store import Edges
from lineage.engine.version import Version

_NODES, _EDGES, _SHARES, _MARKS = range(4)
#: How many rows are turned into columns at a time.
_LOT = 65_536
#: A tuple of COPY's binary format: how many fields, and each with its length.
_TUPLE = np.dtype(
    [
        ("fields", ">i2"),
        *((f"{part}{n}", kind) for n in range(COLUMNS) for part, kind in (("length", ">i4"), ("value", ">i8"))),
    ]
)
_HEAD_BYTES, _END_BYTES = 19, 2


def read_everything() -> Base:
    """The arrays of the whole graph as it is committed now."""
    if connection.vendor != "postgresql":
        # One writer, and rows are only added: what the version does not count is left out, so no transaction is needed.
        return _assembled(current_version(), _stream)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return _assembled(current_version(), _copy)


def _assembled(version: Version, read: Callable[[int, Version, tuple[object, ...]], tuple[Ints, ...]]) -> Base:
    big, small = np.int64, np.uint16
    ids, kinds, scopes, created, recorded = read(_NODES, version, (big, small, np.int32, big, big))
    shares = read(_SHARES, version, (big, big, big))
    marks = read(_MARKS, version, (big,) * COLUMNS)
    seq, src, dst, packed, edge_recorded = read(_EDGES, version, (big, big, big, small, big))
    order = np.argsort(ids, kind="stable")
    ids, scopes = ids[order], scopes[order]
    scope_sets = ScopeSets()
    columns = {
        "ids": ids,
        "kinds": kinds[order],
        "sets": sets_of(ids, scopes, shares[1], shares[2], scope_sets),
        "created": created[order],
        "recorded": recorded[order],
    }
    edges = Edges(np.searchsorted(ids, src), np.searchsorted(ids, dst), seq, packed, edge_recorded)
    mark_rows = np.column_stack([*marks, np.zeros(len(marks[0]), np.int64)])
    return assemble(version, columns, scope_sets, edges, Marks.of(mark_rows))


def _stream(table: int, version: Version, kinds: tuple[object, ...]) -> tuple[Ints, ...]:
    condition, parameters = version.condition(table)
    lots: list[Ints] = []
    with connection.cursor() as cursor:
        cursor.execute(select(table, condition), parameters)
        rows = iter(cursor)
        while len(numbers := np.fromiter(chain.from_iterable(islice(rows, _LOT)), np.int64)):
            lots.append(numbers.reshape(-1, COLUMNS))
    return _columns(lots, kinds)


def _copy(table: int, version: Version, kinds: tuple[object, ...]) -> tuple[Ints, ...]:
    # The transaction sees one state of the database, so the version needs no condition.
    casts = select(table, "true")
    names = ", ".join(f"c{number}::bigint" for number in range(COLUMNS))
    aliases = ", ".join(f"c{number}" for number in range(COLUMNS))
    statement = f"COPY (SELECT {names} FROM ({casts}) AS t({aliases})) TO STDOUT (FORMAT BINARY)"  # noqa: S608
    return _columns(list(_tuples(statement)), kinds)


def _tuples(statement: str) -> Iterator[Ints]:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        waiting = bytearray()
        head = _HEAD_BYTES
        for block in copy:
            waiting += block
            if head and len(waiting) >= head:
                del waiting[:head]
                head = 0
            if len(waiting) > _LOT * _TUPLE.itemsize:
                yield _taken(waiting)
        if not head:
            yield _taken(waiting)


def _taken(waiting: bytearray) -> Ints:
    """The whole tuples at the front of a buffer, which they leave."""
    count = len(waiting) // _TUPLE.itemsize
    tuples = np.frombuffer(bytes(waiting[: count * _TUPLE.itemsize]), _TUPLE)
    del waiting[: count * _TUPLE.itemsize]
    return np.column_stack([tuples[f"value{number}"] for number in range(COLUMNS)]).astype(np.int64)


def _columns(lots: list[Ints], kinds: tuple[object, ...]) -> tuple[Ints, ...]:
    return tuple(
        np.concatenate([lot[:, number].astype(kind) for lot in lots]) if lots else np.empty(0, kind)
        for number, kind in enumerate(kinds)
    )
