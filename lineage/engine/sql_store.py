"""The graph as it lies in the database, read level by level: slower than arrays, and the same answers.

Used while there are no arrays, and for versions older than the arrays that are kept. Each level costs one statement for
edges and two for nodes that were not met before; ids go in as one array or one JSON text, so that their number does not
matter.
"""

import json
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection

from lineage.engine.arrays import Bools, Ints, basis_of, is_among, kind_of
from lineage.engine.marks import Marks
from lineage.engine.rows import COLUMNS, select
from lineage.engine.rules import EdgeRule
from lineage.engine.scopes import ScopeSets, ScopeTable
from lineage.engine.store import Edges
from lineage.engine.version import Version
from lineage.vocabulary import EdgeKind

_NODES, _EDGES, _SHARES, _MARKS = range(4)


class SqlStore:
    """The graph at one version. Holds what it has read, so it belongs to one question."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.scope_table = ScopeTable()
        self.scope_sets = ScopeSets()
        self._positions: dict[int, int] = {}
        self._nodes: Ints = np.empty((0, COLUMNS), np.int64)
        self._sets: Ints = np.empty(0, np.int32)

    @property
    def size(self) -> int:
        """One more than the highest position so far."""
        return len(self._nodes)

    @cached_property
    def marks(self) -> Marks:
        """What was said of nodes and edges."""
        rows = self._read(_MARKS, "1 = 1", [])
        return Marks.of(np.column_stack([rows, np.zeros(len(rows), np.int64)]))

    def positions_of(self, ids: Ints) -> Ints:
        """Where nodes are; -1 for those that are not there."""
        self._load(ids)
        return np.array([self._positions.get(one, -1) for one in np.asarray(ids).tolist()], np.int64)

    def ids(self, positions: Ints) -> Ints:
        """The ids of nodes."""
        return self._nodes[positions, 0]

    def kinds(self, positions: Ints) -> Ints:
        """The kinds of nodes."""
        return self._nodes[positions, 1] >> 1

    def pinned(self, positions: Ints) -> Bools:
        """Whether nodes name one content for ever."""
        return (self._nodes[positions, 1] & 1).astype(bool)

    def created(self, positions: Ints) -> Ints:
        """When things were made."""
        return self._nodes[positions, 3]

    def recorded(self, positions: Ints) -> Ints:
        """When we heard of them."""
        return self._nodes[positions, 4]

    def sets(self, positions: Ints) -> Ints:
        """The numbers of the sets of scopes that nodes are in."""
        return self._sets[positions]

    def neighbours(self, positions: Ints, *, up: bool, rule: EdgeRule) -> Ints:
        """The other ends of the edges that a rule follows; in no order, and some perhaps more than once."""
        edges = self._edges(positions, rule, up=up)
        return edges.src if up else edges.dst

    def edges_from(self, positions: Ints, rule: EdgeRule) -> Edges:
        """The edges down from nodes that a rule follows."""
        return self._edges(positions, rule, up=False)

    def edges_into(self, positions: Ints, rule: EdgeRule) -> Edges:
        """The edges down to nodes that a rule follows."""
        return self._edges(positions, rule, up=True)

    def same_as(self, as_of: int | None) -> tuple[Ints, Ints]:
        """Pairs of nodes that are the same thing."""
        rows = self._same_as_rows
        if as_of is not None:
            rows = rows[rows[:, 4] <= as_of]
        rows = rows[~is_among(rows[:, 0], self.marks.retracted_as_of(as_of))]
        return self.positions_of(rows[:, 1]), self.positions_of(rows[:, 2])

    @cached_property
    def _same_as_rows(self) -> Ints:
        return self._read(_EDGES, "t.kind = %s", [int(EdgeKind.SAME_AS)])

    def _edges(self, positions: Ints, rule: EdgeRule, *, up: bool) -> Edges:
        here = "t.dst_id" if up else "t.src_id"
        rows = self._read(_EDGES, *_among(here, self.ids(positions)))
        packed = rows[:, 3].astype(np.uint16)
        chosen = np.isin(kind_of(packed), list(rule.kinds))
        if rule.bases is not None:
            chosen &= np.isin(basis_of(packed), list(rule.bases))
        if rule.as_of is not None:
            chosen &= rows[:, 4] <= rule.as_of
        if not rule.include_retracted:
            chosen &= ~is_among(rows[:, 0], self.marks.retracted_as_of(rule.as_of))
        rows, packed = rows[chosen], packed[chosen]
        self._load(rows[:, 1 if up else 2])
        return Edges(self.positions_of(rows[:, 1]), self.positions_of(rows[:, 2]), rows[:, 0], packed, rows[:, 4])

    def _load(self, ids: Ints) -> None:
        """Read the nodes among ``ids`` that were not read before."""
        wanted = sorted({one for one in np.asarray(ids).tolist() if one not in self._positions})
        if not wanted:
            return
        nodes = self._read(_NODES, *_among("t.id", wanted))
        shares = self._read(_SHARES, *_among("t.node_id", nodes[:, 0])) if len(nodes) else nodes
        further: dict[int, list[int]] = {}
        for node, scope in shares[:, 1:3].tolist():
            further.setdefault(node, []).append(scope)
        sets = [self.scope_sets.number_of(scope, further.get(node, ())) for node, scope in nodes[:, [0, 2]].tolist()]
        self._positions |= {node: self.size + at for at, node in enumerate(nodes[:, 0].tolist())}
        self._nodes = np.concatenate([self._nodes, nodes])
        self._sets = np.concatenate([self._sets, np.array(sets, np.int32)])

    def _read(self, table: int, where: str, parameters: list[Any]) -> Ints:
        condition, more = self.version.condition(table)
        with connection.cursor() as cursor:
            cursor.execute(select(table, f"{where} AND {condition}"), [*parameters, *more])
            rows = cursor.fetchall()
        return np.array(rows, np.int64).reshape(-1, COLUMNS)


def _among(column: str, ids: Ints) -> tuple[str, list[Any]]:
    """The condition that a column is one of many ids, and its one parameter."""
    wanted = np.asarray(ids).tolist()
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [wanted]
    return f"{column} IN (SELECT value FROM json_each(%s))", [json.dumps(wanted)]  # noqa: S608
