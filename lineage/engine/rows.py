"""Reads what was added to the graph since a version: one statement, on indexes, for all four tables at once.

Every row has six numbers and the transaction that wrote it (0 on SQLite):

- node: id, kind * 2 + pinned, scope, created_at, recorded_at, 0
- edge: seq, src, dst, kind and role and basis in one, recorded_at, 0
- share: id, node, scope, 0, 0, 0
- mark: id, node or 0, edge or 0, kind, at, recorded_at
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from django.db import connection

from lineage.engine.arrays import Ints
from lineage.engine.version import Counted, Seen, Version, seen_by

COLUMNS = 6
WRITER = COLUMNS

_PACKED = "t.kind + t.role * 16 + t.basis * 1024"
_MEMBERS = (
    "t.id, t.kind * 2 + CASE WHEN t.pinned THEN 1 ELSE 0 END, t.scope_id, t.created_at, t.recorded_at, 0",
    f"t.seq, t.src_id, t.dst_id, {_PACKED}, t.recorded_at, 0",
    "t.id, t.node_id, t.scope_id, 0, 0, 0",
    "t.id, coalesce(t.node_id, 0), coalesce(t.edge_id, 0), t.kind, t.at, t.recorded_at",
)
_TABLES = ("lineage_node", "lineage_edge", "lineage_share", "lineage_mark")
NUMBERS = ("id", "seq", "id", "id")
_HEAD, _ANCHOR_NODE, _ANCHOR_EDGE = -1, -2, -3


def no_rows() -> Ints:
    """A table without rows."""
    return np.empty((0, COLUMNS + 1), np.int64)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Two rows by which the database is known again: a node and an edge, by number and the moment of recording."""

    node: tuple[int, int] = (0, 0)
    edge: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Rows:
    """Rows of the four tables, one numpy array each, and the version that saw them."""

    version: Version
    nodes: Ints = field(default_factory=no_rows)
    edges: Ints = field(default_factory=no_rows)
    shares: Ints = field(default_factory=no_rows)
    marks: Ints = field(default_factory=no_rows)

    @property
    def tables(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The four arrays in the order of `version.FOLLOWED`."""
        return self.nodes, self.edges, self.shares, self.marks

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return not any(len(table) for table in self.tables)


class AnotherDatabase(Exception):
    """The database is not the one that was read before: it was emptied, restored or exchanged."""


def read_since(version: Version | None, anchor: Anchor | None = None) -> Rows:
    """Everything that a version has not seen, within what the caller's transaction sees; all when it is None.

    Raises AnotherDatabase when the rows of ``anchor`` are not there as they were.
    """
    on_postgres = connection.vendor == "postgresql"
    statement, parameters = _postgres(version) if on_postgres else _sqlite(version)
    anchor = anchor or Anchor()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, anchor.node[0], anchor.edge[0]])
        rows = cursor.fetchall()
    (head,) = (row for row in rows if row[0] == _HEAD)
    known = {row[:3] for row in rows if row[0] < _HEAD}
    if anchor.node[0] and (_ANCHOR_NODE, *anchor.node) not in known:
        raise AnotherDatabase
    if anchor.edge[0] and (_ANCHOR_EDGE, *anchor.edge) not in known:
        raise AnotherDatabase
    tables = _split(rows)
    seen = _seen_by(head[-1], head[1], tables) if on_postgres else Counted(tuple(head[1:5]))
    return Rows(seen, *tables)


def current_version() -> Version:
    """The version of what the caller's transaction sees now."""
    last = ", ".join(
        f"coalesce((SELECT max({key}) FROM {table}), 0)"  # noqa: S608
        for table, key in zip(_TABLES, NUMBERS, strict=True)
    )
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute(f"SELECT {last}")
            return Counted(tuple(cursor.fetchone()))
        own = "coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0)"
        cursor.execute(f"SELECT pg_current_snapshot()::text, {own}, {last}")
        snapshot, *numbers = cursor.fetchone()
        return seen_by(snapshot, tuple(numbers) if numbers[0] else None)


def select(table: int, where: str) -> str:
    """The statement that reads rows of a table (called ``t``) as this module describes them, without the writer."""
    return f"SELECT {_MEMBERS[table]} FROM {_TABLES[table]} t WHERE {where}"  # noqa: S608


def _split(rows: list[tuple[Any, ...]]) -> tuple[Ints, Ints, Ints, Ints]:
    by_table: tuple[list[Any], ...] = ([], [], [], [])
    for row in rows:
        if row[0] >= 0:
            by_table[row[0]].append(row[1:-1])
    nodes, edges, shares, marks = (np.array(table, np.int64) if table else no_rows() for table in by_table)
    return nodes, edges, shares, marks


def _seen_by(snapshot: str, own: int, tables: tuple[Ints, Ints, Ints, Ints]) -> Seen:
    if not own:
        return seen_by(snapshot, None)
    last = [int(table[table[:, WRITER] == own, 0].max(initial=0)) for table in tables]
    return seen_by(snapshot, (own, last[0], last[1], last[2], last[3]))


def _postgres(version: Version | None) -> tuple[str, list[Any]]:
    if not isinstance(version, Seen):
        return _postgres_statement(everything=True), []
    bounds: list[Any] = [str(version.oldest), version.snapshot]
    return _postgres_statement(everything=False), bounds * len(_TABLES)


@cache
def _postgres_statement(*, everything: bool) -> str:
    # The text is put together from the constants above.
    # Rows of transactions to come were restored from another server, and were there from the start.
    new = (
        "t.recorded_xid >= %s::text::xid8 AND NOT pg_visible_in_snapshot(t.recorded_xid, %s::text::pg_snapshot) AND"
        " (t.recorded_xid < pg_snapshot_xmax(pg_current_snapshot())"
        " OR t.recorded_xid = pg_current_xact_id_if_assigned())"
    )
    where = "" if everything else f" WHERE {new}"
    arms = [
        f"SELECT {number}, {members}, t.recorded_xid::text::bigint, '' FROM {table} t{where}"  # noqa: S608
        for number, (members, table) in enumerate(zip(_MEMBERS, _TABLES, strict=True))
    ]
    own = "coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0)"
    head = f"SELECT {_HEAD}, {own}, 0, 0, 0, 0, 0, 0, pg_current_snapshot()::text"
    return " UNION ALL ".join([head, *arms, *_anchor_arms()])


def _sqlite(version: Version | None) -> tuple[str, list[Any]]:
    last = version.last if isinstance(version, Counted) else (0, 0, 0, 0)
    return _sqlite_statement(), list(last)


@cache
def _sqlite_statement() -> str:
    arms = [
        f"SELECT {number}, {members}, 0, '' FROM {table} t WHERE t.{key} > %s"  # noqa: S608
        for number, (members, table, key) in enumerate(zip(_MEMBERS, _TABLES, NUMBERS, strict=True))
    ]
    last = ", ".join(
        f"coalesce((SELECT max({key}) FROM {table}), 0)"  # noqa: S608
        for table, key in zip(_TABLES, NUMBERS, strict=True)
    )
    head = f"SELECT {_HEAD}, {last}, 0, 0, 0, ''"
    return " UNION ALL ".join([head, *arms, *_anchor_arms()])


def _anchor_arms() -> list[str]:
    rest = "0, 0, 0, 0, 0, ''"
    return [
        f"SELECT {_ANCHOR_NODE}, id, recorded_at, {rest} FROM lineage_node WHERE id = %s",  # noqa: S608
        f"SELECT {_ANCHOR_EDGE}, seq, recorded_at, {rest} FROM lineage_edge WHERE seq = %s",  # noqa: S608
    ]
