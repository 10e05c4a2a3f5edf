"""Arrays and what was written since: a store in which every committed write is seen.

An index never changes. What was read since goes into a new one, which shares everything old with the one before.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from lineage.engine.arrays import NOTHING, Bools, Ints, basis_of, is_among, kind_of
from lineage.engine.base import Adjacency, Base, assemble, follows_flow
from lineage.engine.marks import Marks
from lineage.engine.rows import WRITER, Anchor, Rows
from lineage.engine.rules import EdgeRule
from lineage.engine.scopes import ScopeSets, ScopeTable
from lineage.engine.scratch import scratch
from lineage.engine.store import Edges
from lineage.engine.version import Version
from lineage.vocabulary import EdgeKind


@dataclass(frozen=True)
class Index:
    """A base and a delta. Positions of new nodes follow those of the base.

    ``base_sets`` are those of the base's nodes, with the shares of the delta. ``live`` are edges that nearly every walk
    follows besides those of the base; ``dead`` says which of the base's it no longer follows, or is None.
    """

    base: Base
    version: Version
    delta: Rows
    scope_sets: ScopeSets
    scope_table: ScopeTable
    marks: Marks
    base_sets: Ints
    new_ids: Ints = field(default_factory=lambda: NOTHING)
    new_kinds: Ints = field(default_factory=lambda: NOTHING)
    new_sets: Ints = field(default_factory=lambda: NOTHING)
    new_created: Ints = field(default_factory=lambda: NOTHING)
    new_recorded: Ints = field(default_factory=lambda: NOTHING)
    new_edges: Edges = field(default_factory=Edges.none)
    live: Edges = field(default_factory=Edges.none)
    dead: Bools | None = None
    same_as_edges: Edges = field(default_factory=Edges.none)
    anchor: Anchor = field(default_factory=Anchor)

    @classmethod
    def of(cls, base: Base) -> "Index":
        """A base with nothing since."""
        return cls(
            base=base,
            version=base.version,
            delta=Rows(base.version),
            scope_sets=base.scope_sets,
            scope_table=base.scope_table,
            marks=base.marks,
            base_sets=base.sets,
            same_as_edges=base.same_as,
            anchor=base.anchor,
        )

    # --- As a store ---------------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """One more than the highest position."""
        return self.base.size + len(self.new_ids)

    def positions_of(self, ids: Ints) -> Ints:
        """Where nodes are; -1 for those that are not there."""
        positions = self.base.positions_of(ids)
        if len(self.new_ids) and (positions < 0).any():
            ordered, places = self._new_in_order
            at: Ints = np.searchsorted(ordered, ids)
            at[at == len(ordered)] = 0
            found = (positions < 0) & (ordered[at] == ids)
            positions = np.where(found, self.base.size + places[at], positions)
        return positions

    def ids(self, positions: Ints) -> Ints:
        """The ids of nodes."""
        return self._column(self.base.ids, self.new_ids, positions).astype(np.int64)

    def kinds(self, positions: Ints) -> Ints:
        """The kinds of nodes."""
        return self._column(self.base.kinds, self.new_kinds, positions) >> 1

    def pinned(self, positions: Ints) -> Bools:
        """Whether nodes name one content for ever."""
        return (self._column(self.base.kinds, self.new_kinds, positions) & 1).astype(bool)

    def created(self, positions: Ints) -> Ints:
        """When things were made."""
        return self._column(self.base.created, self.new_created, positions)

    def recorded(self, positions: Ints) -> Ints:
        """When we heard of them."""
        return self._column(self.base.recorded, self.new_recorded, positions)

    def sets(self, positions: Ints) -> Ints:
        """The numbers of the sets of scopes that nodes are in."""
        return self._column(self.base_sets, self.new_sets, positions)

    def neighbours(self, positions: Ints, *, up: bool, rule: EdgeRule) -> Ints:
        """The other ends of the edges that a rule follows; in no order, and some perhaps more than once."""
        if not rule.is_plain:
            edges = self._edges(positions, rule, up=up)
            return edges.src if up else edges.dst
        old = self._old(positions)
        flow = self.base.flow
        if self.dead is None:
            further = flow.neighbours(old, up=up)
        else:
            places, others = flow.places(old, up=up)
            further = others[~self.dead[places]]
        if not len(self.live):
            return further
        here, there = (self.live.dst, self.live.src) if up else (self.live.src, self.live.dst)
        return np.concatenate([further, there[scratch.are_among(here, positions, self.size)]])

    def edges_from(self, positions: Ints, rule: EdgeRule) -> Edges:
        """The edges down from nodes that a rule follows."""
        return self._edges(positions, rule, up=False)

    def edges_into(self, positions: Ints, rule: EdgeRule) -> Edges:
        """The edges down to nodes that a rule follows."""
        return self._edges(positions, rule, up=True)

    def same_as(self, as_of: int | None) -> tuple[Ints, Ints]:
        """Pairs of nodes that are the same thing."""
        pairs = self.same_as_edges
        if len(pairs):
            holds = ~is_among(pairs.seq, self.marks.retracted_as_of(as_of))
            if as_of is not None:
                holds &= pairs.recorded <= as_of
            pairs = pairs.where(holds)
        return pairs.src, pairs.dst

    # --- Growing ------------------------------------------------------------------------------------------------------

    def apart(self) -> "Index":
        """The same with room of its own for what only one transaction sees."""
        return replace(self, scope_sets=self.scope_sets.copy(), scope_table=self.scope_table.copy())

    def plus(self, rows: Rows) -> "Index":
        """The index that has seen ``rows`` as well."""
        if rows.is_empty:
            return replace(self, version=rows.version)
        grown = self._plus_nodes(rows)._plus_shares(rows)
        return grown._plus_edges_and_marks(rows)

    def at(self, version: Version) -> "Index | None":
        """The index at an earlier version; None when the base is newer than that."""
        if version == self.version:
            return self
        if not version.includes(self.base.version) or not self.version.includes(version):
            return None
        tables = [
            rows[version.admits(table, rows[:, 0], rows[:, WRITER])] for table, rows in enumerate(self.delta.tables)
        ]
        return replace(Index.of(self.base), scope_sets=self.scope_sets, scope_table=self.scope_table).plus(
            Rows(version, *tables)
        )

    def folded(self) -> Base:
        """A base that holds the delta too."""
        everywhere = np.arange(self.size)
        ids = self.ids(everywhere)
        order = np.argsort(ids, kind="stable")
        columns = {
            "ids": ids[order],
            "kinds": np.concatenate([self.base.kinds, self.new_kinds])[order],
            "sets": self.sets(everywhere)[order],
            "created": self.created(everywhere)[order],
            "recorded": self.recorded(everywhere)[order],
        }
        edges = Edges.all_of(self.base.flow.all_edges(), self.base.rest.all_edges(), self.new_edges)
        if (order != everywhere).any():
            moved: Ints = np.empty(self.size, np.int64)
            moved[order] = everywhere
            edges = replace(edges, src=moved[edges.src], dst=moved[edges.dst])
        return assemble(self.version, columns, self.scope_sets, edges, self.marks)

    # --- Inside -------------------------------------------------------------------------------------------------------

    @cached_property
    def _new_in_order(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.new_ids)
        return self.new_ids[order], order

    def _column(self, old: Ints, new: Ints, positions: Ints) -> Ints:
        if not len(new):
            return old[positions]
        is_new = positions >= len(old)
        if not is_new.any():
            return old[positions]
        values = np.empty(len(positions), np.promote_types(old.dtype, new.dtype))
        values[is_new] = new[positions[is_new] - len(old)]
        values[~is_new] = old[positions[~is_new]]
        return values

    def _old(self, positions: Ints) -> Ints:
        return positions[positions < self.base.size] if len(self.new_ids) else positions

    def _edges(self, positions: Ints, rule: EdgeRule, *, up: bool) -> Edges:
        """The edges up or down from positions that a rule follows."""
        old = self._old(positions)
        lots = [_edges_of(self.base.flow, old, up=up)]
        if not rule.is_plain:
            lots.append(_edges_of(self.base.rest, old, up=up))
        new = self.live if rule.is_plain else self.new_edges
        if len(new):
            lots.append(new.where(scratch.are_among(new.dst if up else new.src, positions, self.size)))
        edges = Edges.all_of(*lots)
        if rule.is_plain:
            return edges.where(~is_among(edges.seq, self.marks.retracted)) if self.dead is not None else edges
        chosen: Bools = np.isin(kind_of(edges.packed), list(rule.kinds))
        if rule.bases is not None:
            chosen &= np.isin(basis_of(edges.packed), list(rule.bases))
        if rule.as_of is not None:
            chosen &= edges.recorded <= rule.as_of
        if not rule.include_retracted:
            chosen &= ~is_among(edges.seq, self.marks.retracted_as_of(rule.as_of))
        return edges.where(chosen)

    def _plus_nodes(self, rows: Rows) -> "Index":
        nodes = rows.nodes
        nodes = nodes[self.positions_of(nodes[:, 0]) < 0] if len(nodes) else nodes
        if not len(nodes):
            return self
        sets = np.array([self.scope_sets.number_of(scope) for scope in nodes[:, 2].tolist()], np.int32)
        return replace(
            self,
            new_ids=np.concatenate([self.new_ids, nodes[:, 0]]),
            new_kinds=np.concatenate([self.new_kinds, nodes[:, 1]]).astype(np.uint8),
            new_sets=np.concatenate([self.new_sets, sets]).astype(np.int32),
            new_created=np.concatenate([self.new_created, nodes[:, 3]]),
            new_recorded=np.concatenate([self.new_recorded, nodes[:, 4]]),
        )

    def _plus_shares(self, rows: Rows) -> "Index":
        if not len(rows.shares):
            return self
        positions = self.positions_of(rows.shares[:, 1])
        base_sets, new_sets = self.base_sets, self.new_sets
        if (positions < self.base.size).any():
            base_sets = base_sets.copy()
        new_sets = new_sets.copy()
        for position, scope in zip(positions.tolist(), rows.shares[:, 2].tolist(), strict=True):
            sets, place = (base_sets, position) if position < self.base.size else (new_sets, position - self.base.size)
            first, *further = self.scope_sets[int(sets[place])]
            sets[place] = self.scope_sets.number_of(first, [*further, scope])
        return replace(self, base_sets=base_sets, new_sets=new_sets)

    def _plus_edges_and_marks(self, rows: Rows) -> "Index":
        src, dst = self.positions_of(rows.edges[:, 1]), self.positions_of(rows.edges[:, 2])
        edges = Edges(src, dst, rows.edges[:, 0], rows.edges[:, 3].astype(np.uint16), rows.edges[:, 4])
        edges = edges.where((src >= 0) & (dst >= 0))
        marks = Marks.of(self.marks.rows, rows.marks) if len(rows.marks) else self.marks
        new_edges = Edges.all_of(self.new_edges, edges)
        grown = replace(
            self,
            version=rows.version,
            delta=_joined(self.delta, rows),
            marks=marks,
            new_edges=new_edges,
            same_as_edges=Edges.all_of(self.same_as_edges, edges.where(kind_of(edges.packed) == EdgeKind.SAME_AS)),
            anchor=_later(self.anchor, rows),
        )
        if len(rows.marks) and (rows.marks[:, 2] > 0).any():
            return grown._with_what_holds()
        retracted = is_among(edges.seq, marks.retracted)
        return replace(grown, live=Edges.all_of(self.live, edges.where(follows_flow(edges.packed) & ~retracted)))

    def _with_what_holds(self) -> "Index":
        """After edges were retracted or restored: look through all of them again for what walks follow."""
        retracted = self.marks.retracted
        rest = self.base.rest
        restored = follows_flow(rest.packed) & ~is_among(rest.seq, retracted)
        back = rest.all_edges().where(restored)
        new = self.new_edges.where(follows_flow(self.new_edges.packed) & ~is_among(self.new_edges.seq, retracted))
        dead = is_among(self.base.flow.seq, retracted)
        return replace(self, live=Edges.all_of(back, new), dead=dead if dead.any() else None)


def _edges_of(adjacency: Adjacency, positions: Ints, *, up: bool) -> Edges:
    places, others = adjacency.places(positions, up=up)
    pointers = adjacency.up_pointers if up else adjacency.down_pointers
    here: Ints = np.repeat(positions, pointers[positions + 1] - pointers[positions])
    return adjacency.edges_at(places, others if up else here)


def _joined(one: Rows, other: Rows) -> Rows:
    tables = [np.concatenate(pair) for pair in zip(one.tables, other.tables, strict=True)]
    return Rows(other.version, *tables)


def _later(anchor: Anchor, rows: Rows) -> Anchor:
    """The newest rows by which to know the database again."""
    node, edge = anchor.node, anchor.edge
    if len(rows.nodes):
        last = rows.nodes[np.argmax(rows.nodes[:, 0])]
        node = max(node, (int(last[0]), int(last[4])))
    if len(rows.edges):
        last = rows.edges[np.argmax(rows.edges[:, 0])]
        edge = max(edge, (int(last[0]), int(last[4])))
    return Anchor(node, edge)
