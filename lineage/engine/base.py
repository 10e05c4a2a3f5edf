"""The graph in arrays as it was at some version: nodes by position, and edges as adjacency in both directions.

Positions follow ids. Edges that nearly every walk follows (flow that is not retracted) are apart from the rest, so that
these walks look at nothing but neighbours.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lineage.engine.arrays import Bools, Ints, is_among, kind_of, slots_of, smallest_int
from lineage.engine.marks import Marks
from lineage.engine.rows import Anchor, Rows
from lineage.engine.scopes import ScopeSets, ScopeTable
from lineage.engine.store import Edges
from lineage.engine.version import Version
from lineage.vocabulary import FLOW, EdgeKind

_FLOW: Bools = np.zeros(16, bool)
_FLOW[[int(kind) for kind in FLOW]] = True


@dataclass(frozen=True)
class Adjacency:
    """Edges between positions. Everything known of an edge is at its place in the order of sources; ``up_places`` leads
    there from the order of targets.
    """

    down_pointers: Ints
    down: Ints
    up_pointers: Ints
    up: Ints
    up_places: Ints
    seq: Ints
    packed: Ints
    recorded: Ints

    @classmethod
    def of(cls, size: int, edges: Edges) -> "Adjacency":
        """The adjacency of ``size`` positions."""
        position, place = smallest_int(size), smallest_int(len(edges))
        by_source = np.argsort(edges.src, kind="stable")
        src, dst = edges.src[by_source].astype(position), edges.dst[by_source].astype(position)
        by_target = np.argsort(dst, kind="stable")
        seq = edges.seq[by_source]
        return cls(
            down_pointers=_pointers(src, size, place),
            down=dst,
            up_pointers=_pointers(dst, size, place),
            up=src[by_target],
            up_places=by_target.astype(place),
            seq=seq.astype(smallest_int(int(seq.max(initial=0)))),
            packed=edges.packed[by_source].astype(np.uint16),
            recorded=edges.recorded[by_source],
        )

    def __len__(self) -> int:
        return len(self.down)

    def places(self, positions: Ints, *, up: bool) -> tuple[Ints, Ints]:
        """The places of all edges up or down from positions, and the other end of each."""
        pointers, others = (self.up_pointers, self.up) if up else (self.down_pointers, self.down)
        slots = slots_of(pointers, positions)
        return (self.up_places[slots] if up else slots), others[slots]

    def neighbours(self, positions: Ints, *, up: bool) -> Ints:
        """The other ends of all edges up or down from positions."""
        if up:
            return self.up[slots_of(self.up_pointers, positions)]
        return self.down[slots_of(self.down_pointers, positions)]

    def edges_at(self, places: Ints, src: Ints) -> Edges:
        """The edges at some places, whose sources the caller knows."""
        return Edges(src, self.down[places], self.seq[places], self.packed[places], self.recorded[places])

    def sources(self) -> Ints:
        """The source of every edge."""
        return np.repeat(np.arange(len(self.down_pointers) - 1), np.diff(self.down_pointers))

    def all_edges(self) -> Edges:
        """Every edge."""
        return Edges(self.sources(), self.down, self.seq, self.packed, self.recorded)


@dataclass(frozen=True)
class Base:
    """The arrays of one version, and how to know the database they came from."""

    version: Version
    anchor: Anchor
    ids: Ints
    #: Twice the kind, and one more when it is pinned.
    kinds: Ints
    sets: Ints
    created: Ints
    recorded: Ints
    set_scopes: Ints
    set_begins: Ints
    flow: Adjacency
    rest: Adjacency
    mark_rows: Ints
    scope_table: ScopeTable = field(default_factory=ScopeTable)

    @property
    def size(self) -> int:
        """How many positions there are."""
        return len(self.ids)

    @property
    def edge_count(self) -> int:
        """How many edges there are."""
        return len(self.flow) + len(self.rest)

    @cached_property
    def scope_sets(self) -> ScopeSets:
        """The sets of scopes; those who look at the arrays add to it under a lock."""
        parts = np.split(self.set_scopes, self.set_begins[1:]) if len(self.set_begins) else []
        return ScopeSets(tuple(part.tolist()) for part in parts)

    @cached_property
    def marks(self) -> Marks:
        """What was said of nodes and edges."""
        return Marks(self.mark_rows)

    @cached_property
    def same_as(self) -> Edges:
        """The edges that say that two nodes are one thing."""
        return self.rest.all_edges().where(kind_of(self.rest.packed) == EdgeKind.SAME_AS)

    def positions_of(self, ids: Ints) -> Ints:
        """Where nodes are; -1 for those that are not there."""
        if not self.size:
            return np.full(len(ids), -1, np.int64)
        at: Ints = np.searchsorted(self.ids, ids)
        at[at == self.size] = 0
        return np.where(self.ids[at] == ids, at, -1)


def build(rows: Rows) -> Base:
    """The arrays of rows that hold the whole graph."""
    nodes = rows.nodes[np.argsort(rows.nodes[:, 0], kind="stable")]
    scope_sets, ids = ScopeSets(), nodes[:, 0]
    sets = sets_of(ids, nodes[:, 2], rows.shares[:, 1], rows.shares[:, 2], scope_sets)
    src, dst = np.searchsorted(ids, rows.edges[:, 1]), np.searchsorted(ids, rows.edges[:, 2])
    edges = Edges(src, dst, rows.edges[:, 0], rows.edges[:, 3].astype(np.uint16), rows.edges[:, 4])
    columns = {"ids": ids, "kinds": nodes[:, 1], "sets": sets, "created": nodes[:, 3], "recorded": nodes[:, 4]}
    return assemble(rows.version, columns, scope_sets, edges, Marks.of(rows.marks))


def assemble(version: Version, columns: dict[str, Ints], scope_sets: ScopeSets, edges: Edges, marks: Marks) -> Base:
    """The arrays of nodes, in the order of their ids, of edges between their positions, and of marks."""
    size = len(columns["ids"])
    flow = follows_flow(edges.packed) & ~is_among(edges.seq, marks.retracted)
    set_scopes, set_begins = scope_sets.flat()
    return Base(
        version=version,
        anchor=_anchor(columns, edges),
        ids=columns["ids"].astype(smallest_int(int(columns["ids"].max(initial=0)))),
        kinds=columns["kinds"].astype(np.uint8),
        sets=columns["sets"].astype(np.int32),
        created=columns["created"],
        recorded=columns["recorded"],
        set_scopes=set_scopes,
        set_begins=set_begins,
        flow=Adjacency.of(size, edges.where(flow)),
        rest=Adjacency.of(size, edges.where(~flow)),
        mark_rows=marks.rows,
    )


def follows_flow(packed: Ints) -> Bools:
    """Whether edges say that something flowed, by their packed numbers."""
    return _FLOW[kind_of(packed)]


def _anchor(columns: dict[str, Ints], edges: Edges) -> Anchor:
    node = (int(columns["ids"][-1]), int(columns["recorded"][-1])) if len(columns["ids"]) else (0, 0)
    last = int(np.argmax(edges.seq)) if len(edges) else -1
    return Anchor(node, (int(edges.seq[last]), int(edges.recorded[last])) if last >= 0 else (0, 0))


def _pointers(sorted_rows: Ints, size: int, kind: type) -> Ints:
    return np.r_[0, np.cumsum(np.bincount(sorted_rows, minlength=size))].astype(kind)


def sets_of(ids: Ints, scopes: Ints, shared: Ints, shared_with: Ints, scope_sets: ScopeSets) -> Ints:
    """The number of the set of scopes of every node: where it was first seen, and what it was shared with."""
    singles, inverse = np.unique(scopes, return_inverse=True)
    numbers = np.array([scope_sets.number_of(int(one)) for one in singles], np.int64)
    sets = numbers[inverse] if len(singles) else np.empty(0, np.int64)
    further: dict[int, list[int]] = {}
    for node, scope in zip(shared.tolist(), shared_with.tolist(), strict=True):
        further.setdefault(node, []).append(scope)
    nodes: Ints = np.array(sorted(further), np.int64)
    places: Ints = np.searchsorted(ids, nodes)
    for place, node in zip(places.tolist(), nodes.tolist(), strict=True):
        sets[place] = scope_sets.number_of(int(scopes[place]), further[node])
    return sets
