"""The graph as one viewer sees it: the only way in which anything above reads nodes and edges."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from django.utils.crypto import salted_hmac

from accounts.principals import Principal
from audit.exceptions import Hidden
from lineage.engine.answers import EdgeList, Link, Reached, Segment
from lineage.engine.arrays import NOTHING, Bools, Ints, basis_of, is_among, kind_of, role_of
from lineage.engine.contraction import runs_of
from lineage.engine.paths import Paths, shortest_paths
from lineage.engine.rules import Direction, EdgeRule, Mode, NodeFilter, edge_rule
from lineage.engine.sight import Sight, levels_of
from lineage.engine.store import Edges, Store
from lineage.engine.twins import Twins, twins_for
from lineage.engine.walk import Walk, Walked
from lineage.models import Edge, Node
from lineage.visibility import Level

_TOKEN_LENGTH = 32


class Graph:
    """A store and a viewer; None is the house itself, which sees everything.

    Belongs to one request: it shows the graph at one version, and the rights as they were when it was made.
    """

    def __init__(self, store: Store, viewer: Principal | None) -> None:
        self.store = store
        self.viewer = viewer
        self._sight = None if viewer is None else Sight(store, self._levels_of_scopes)
        self._scope_levels: Ints = np.empty(0, np.int16)
        self._twins_as_of: dict[int | None, Twins] = {}

    @property
    def version(self) -> str:
        """Which writes this graph has seen; a page asked for later names it, so that nothing shifts."""
        return str(self.store.version)

    # --- Finding nodes ------------------------------------------------------------------------------------------------

    def find(self, keys: Iterable[str]) -> dict[str, int]:
        """The ids of those keys that are there and may be read. One query."""
        rows = dict(Node.objects.with_keys(keys).values_list("key", "pk"))
        readable = self.readable(list(rows.values()))
        return {key: pk for key, pk in rows.items() if pk in readable}

    def starts(self, keys: Sequence[str]) -> list[int]:
        """The ids of all keys, in order. Raises Hidden when one is not there or may not be read: the same answer."""
        found = self.find(keys)
        if missing := [key for key in keys if key not in found]:
            raise Hidden(f"There is no node “{missing[0][:200]}”, or you may not see it.")
        return [found[key] for key in keys]

    def readable(self, ids: Iterable[int]) -> set[int]:
        """Those of some ids that are there and may be read."""
        positions = self.store.positions_of(np.array(list(ids), np.int64))
        positions = positions[positions >= 0]
        if self._sight is not None and len(positions):
            positions = positions[self._sight.at(positions) == Level.READ]
        return set(self.store.ids(positions).tolist()) if len(positions) else set()

    def nodes(self, ids: Iterable[int]) -> list[Node]:
        """The rows of those nodes that may be read, in the order asked for. One query."""
        wanted = [int(one) for one in ids]
        readable = self.readable(wanted)
        rows = Node.objects.in_bulk([one for one in wanted if one in readable])
        return [rows[one] for one in wanted if one in rows]

    def edges(self, numbers: Iterable[int]) -> list[Edge]:
        """The rows of those edges of which both ends may be read, in the order asked for. One query."""
        wanted = [int(one) for one in numbers]
        rows = Edge.objects.in_bulk(wanted)
        readable = self.readable({end for edge in rows.values() for end in (edge.src_id, edge.dst_id)})
        return [rows[one] for one in wanted if one in rows and {rows[one].src_id, rows[one].dst_id} <= readable]

    def shown_scopes(self, reached: Reached) -> Ints:
        """For every node the number of the scope to show: the first of its scopes that the viewer may read."""
        scopes, begins = self.store.scope_sets.flat()
        sets = self.store.sets(reached.positions)
        if not len(begins) or not len(sets):
            return NOTHING
        seen = self._scopes_read(scopes)
        places = np.where(seen, np.arange(len(scopes)), len(scopes))
        first = np.minimum.reduceat(places, begins)
        return np.r_[scopes, -1][first][sets]

    def recalled(self, reached: Reached, as_of: int | None = None) -> Bools:
        """Which nodes are themselves recalled."""
        return is_among(reached.ids, self.store.marks.recalled(as_of))

    def purged(self, reached: Reached, as_of: int | None = None) -> Bools:
        """Of which nodes the bytes were removed."""
        return is_among(reached.ids, self.store.marks.purged(as_of))

    def ended(self, reached: Reached, as_of: int | None = None) -> Bools:
        """Which nodes are deployments that no longer ran at a moment."""
        return is_among(reached.ids, self.store.marks.ended(as_of))

    def recalled_ids(self, as_of: int | None = None) -> Ints:
        """The ids of all nodes that are recalled, whoever may see them: as starts of `affected`, not for an answer."""
        return self.store.marks.recalled(as_of)

    # --- Walking ------------------------------------------------------------------------------------------------------

    def reach(
        self,
        starts: Iterable[int],
        direction: Direction = "down",
        *,
        depth: int | None = None,
        edge_kinds: frozenset[int] | None = None,
        structural: bool = False,
        bases: frozenset[int] | None = None,
        as_of: int | None = None,
        include_retracted: bool = False,
        where: NodeFilter | None = None,
        mode: Mode = "result",
    ) -> Reached:
        """All that can be reached from some ids, which are in it themselves with depth 0.

        - ``direction``: ``both`` is all upstream and all downstream, never up and then down again.
        - ``depth``: as many steps as most; a segment of hidden nodes is one step.
        - ``edge_kinds``, ``structural``, ``bases``: which edges are followed; see `rules.EdgeRule`.
        - ``as_of`` (ms): the graph as we knew it then.
        - ``where`` with mode ``result`` keeps what matches; with ``prune`` the walk does not go on from what does not
          match either, except from the starts.

        Raises Hidden when a start is not there or may not be read.
        """
        rule = edge_rule(
            edge_kinds=edge_kinds,
            structural=structural,
            bases=bases,
            as_of=as_of,
            include_retracted=include_retracted,
        )
        keeps = self._keeps(where) if where is not None and not where.keeps_all else None
        begin = self._start_positions(starts)
        ways = [up for up, word in ((True, "up"), (False, "down")) if direction in (word, "both")]
        walks = [
            Walk(
                self.store,
                self._sight,
                up=up,
                rule=rule,
                twins=self._twins(rule),
                keeps=keeps if mode == "prune" else None,
            ).run(begin, depth)
            for up in ways
        ]
        reached = self._collapsed(walks[0] if len(walks) == 1 else _united(*walks), rule)
        return reached if keeps is None else reached.where(keeps(reached.positions))

    def edges_among(self, reached: Reached, *, within: Reached | None = None) -> EdgeList:
        """The edges among the nodes of an answer, by the rule that found it, and the segments they hang on.

        ``within`` is the whole answer when ``reached`` is a page of it: its hidden nodes count.
        """
        rule = reached.rule
        members, owners = self._with_their_twins(reached.positions, rule)
        edges = self.store.edges_from(members, rule)
        src, dst = _renamed(edges.src, members, owners), _renamed(edges.dst, members, owners)
        kept = (src >= 0) & (dst >= 0) & (src != dst)
        edges, src, dst = edges.where(kept), src[kept], dst[kept]
        _, order = np.unique(edges.seq, return_index=True)
        links, segments = self._segments(within or reached, self.store.ids(reached.positions))
        ids = self.store.ids
        return EdgeList(
            seq=edges.seq[order],
            src=ids(src[order]),
            dst=ids(dst[order]),
            kind=kind_of(edges.packed[order]),
            role=role_of(edges.packed[order]),
            basis=basis_of(edges.packed[order]),
            recorded_at=edges.recorded[order],
            links=links,
            segments=segments,
        )

    def paths(
        self,
        start: int,
        end: int,
        *,
        count: int = 5,
        structural: bool = False,
        as_of: int | None = None,
        include_retracted: bool = False,
    ) -> Paths:
        """Everything on any way down from ``start`` to ``end``, with its depth from the start, and the shortest ways.

        Raises Hidden when one of them is not there or may not be read. Nothing is found when no way leads there.
        """
        rule = edge_rule(structural=structural, as_of=as_of, include_retracted=include_retracted)
        down = Walk(self.store, self._sight, up=False, rule=rule, twins=self._twins(rule)).run(
            self._start_positions([start]), None
        )
        up = Walk(self.store, self._sight, up=True, rule=rule, twins=self._twins(rule)).run(
            self._start_positions([end]), None
        )
        between = np.isin(down.positions, up.positions)
        hidden = down.hidden[np.isin(down.hidden, up.hidden)]
        walked = Walked(down.positions[between], down.depths[between], hidden)
        reached = self._collapsed(walked, rule)
        edges = self.edges_among(reached)
        one, other = self._standing_for([start, end], rule)
        return Paths(reached, edges, shortest_paths(edges, one, other, count))

    # --- Inside -------------------------------------------------------------------------------------------------------

    def _levels_of_scopes(self, numbers: Ints) -> Ints:
        """The viewer's level for scopes, asked for once per graph as long as no new scopes are met."""
        assert self.viewer is not None
        self.store.scope_table.make_sure_of(numbers)
        if int(numbers.max(initial=-1)) >= len(self._scope_levels) or (self._scope_levels[numbers] < 0).any():
            new = np.unique(numbers)
            levels: Ints = np.full(int(new[-1]) + 1, -1, np.int16)
            levels[new] = levels_of(self.viewer, self.store.scope_table, new)
            self._scope_levels = levels
        return self._scope_levels[numbers].astype(np.uint8)

    def _twins(self, rule: EdgeRule) -> Twins:
        if rule.as_of not in self._twins_as_of:
            self._twins_as_of[rule.as_of] = twins_for(self.store, self._sight, rule.as_of)
        return self._twins_as_of[rule.as_of]

    def _scopes_read(self, scopes: Ints) -> Bools:
        if self.viewer is None:
            return np.ones(len(scopes), bool)
        return self._levels_of_scopes(scopes) == Level.READ

    def _start_positions(self, starts: Iterable[int]) -> Ints:
        ids = np.unique(np.array(list(starts), np.int64))
        positions = self.store.positions_of(ids)
        unknown = positions < 0
        if self._sight is not None and not unknown.any() and len(positions):
            unknown |= self._sight.at(positions) != Level.READ
        if unknown.any():
            raise Hidden("There is no node like that, or you may not see it.")
        return positions

    def _keeps(self, where: NodeFilter) -> Callable[[Ints], Bools]:
        store = self.store

        def keeps(positions: Ints) -> Bools:
            kept: Bools = np.ones(len(positions), bool)
            if where.kinds:
                kept &= np.isin(store.kinds(positions), [int(kind) for kind in where.kinds])
            if where.scope_ids:
                kept &= self._in_scopes(where.scope_ids)[store.sets(positions)]
            if where.created_from is not None:
                kept &= store.created(positions) >= where.created_from
            if where.created_to is not None:
                kept &= store.created(positions) <= where.created_to
            if where.accept is not None and kept.any():
                kept[kept] = where.accept(store.ids(positions[kept]))
            return kept

        return keeps

    def _in_scopes(self, scope_ids: frozenset[int]) -> Bools:
        """For every set of scopes, whether it holds one of some scopes that the viewer may read."""
        scopes, begins = self.store.scope_sets.flat()
        return np.logical_or.reduceat(np.isin(scopes, list(scope_ids)) & self._scopes_read(scopes), begins)

    def _collapsed(self, walked: Walked, rule: EdgeRule) -> Reached:
        """An answer in which every thing is there once: as the oldest of its nodes that the viewer may read."""
        positions, depths = walked.positions, walked.depths
        twins = self._twins(rule)
        if len(twins.members) and len(positions):
            classes = twins.classes_of(positions)
            order = np.lexsort((self.store.ids(positions), classes))
            first = np.r_[True, np.diff(classes[order]) != 0]
            begins = np.flatnonzero(first)
            depths = np.minimum.reduceat(depths[order], begins)
            positions = positions[order][begins]
        return Reached(self.store, positions, depths, walked.hidden, rule)

    def _standing_for(self, ids: list[int], rule: EdgeRule) -> list[int]:
        """The ids under which readable things are answered."""
        positions = self.store.positions_of(np.array(ids, np.int64))
        twins = self._twins(rule)
        if not len(twins.members):
            return ids
        names = []
        for position in positions:
            same = np.r_[position, twins.members[twins.classes == twins.classes_of(position[None])[0]]]
            names.append(int(self.store.ids(same).min()))
        return names

    def _with_their_twins(self, positions: Ints, rule: EdgeRule) -> tuple[Ints, Ints]:
        """Some positions and all that are the same things and may be read; beside each the one that stands for it."""
        twins = self._twins(rule)
        if not len(twins.members):
            return positions, positions
        classes = twins.classes_of(positions)
        order = np.argsort(classes)
        others = twins.members[np.isin(twins.classes, classes) & ~np.isin(twins.members, positions)]
        owners = positions[order][np.searchsorted(classes[order], twins.classes_of(others))]
        return np.concatenate([positions, others]), np.concatenate([positions, owners])

    def _segments(self, whole: Reached, shown: Ints) -> tuple[list[Link], list[Segment]]:
        """What is hidden in a whole answer as segments, with their links to the nodes of it that are shown.

        Always made of the whole answer, so that a segment has one name on all its pages.
        """
        hidden, rule = whole.hidden_positions, whole.rule
        through = rule.through_hidden
        if not len(hidden) or through is None or self.viewer is None:
            return [], []
        members, owners = self._with_their_twins(whole.positions, rule)
        known, names = np.concatenate([members, hidden]), np.concatenate([owners, hidden])
        edges = Edges.all_of(self.store.edges_from(hidden, through), self.store.edges_into(hidden, through))
        twins = self._twins(rule)
        src = _renamed(np.concatenate([edges.src, twins.here]), known, names)
        dst = _renamed(np.concatenate([edges.dst, twins.there]), known, names)
        kept = (src >= 0) & (dst >= 0)
        links: list[Link] = []
        segments: list[Segment] = []
        for run in runs_of(hidden, src[kept], dst[kept]):
            ids = np.sort(self.store.ids(run.members))
            token = self._token(int(ids[0]))
            sources, targets = self.store.ids(run.sources), self.store.ids(run.targets)
            found = [Link(one, token) for one in sources[np.isin(sources, shown)].tolist()]
            found += [Link(token, one) for one in targets[np.isin(targets, shown)].tolist()]
            if found:
                segments.append(Segment(token, ids))
                links += found
        return links, segments

    def _token(self, first: int) -> str:
        """The viewer's own name for a segment."""
        assert self.viewer is not None
        return salted_hmac("lineage.segment", f"{self.viewer.uid} {first}", algorithm="sha256").hexdigest()[
            :_TOKEN_LENGTH
        ]


def _united(one: Walked, other: Walked) -> Walked:
    """Two walks as one: every position once, with the smaller depth."""
    positions = np.concatenate([one.positions, other.positions])
    depths = np.concatenate([one.depths, other.depths])
    order = np.lexsort((depths, positions))
    positions, depths = positions[order], depths[order]
    first = np.r_[True, np.diff(positions) != 0] if len(positions) else np.empty(0, bool)
    return Walked(positions[first], depths[first], np.unique(np.concatenate([one.hidden, other.hidden])))


def _renamed(positions: Ints, names: Ints, owners: Ints) -> Ints:
    """Each position by its owner; -1 for those that are not among ``names``."""
    if not len(names):
        return np.full(len(positions), -1, np.int64)
    order = np.argsort(names)
    names, owners = names[order], owners[order]
    at: Ints = np.searchsorted(names, positions)
    at[at == len(names)] = 0
    return np.where(names[at] == positions, owners[at], -1)
