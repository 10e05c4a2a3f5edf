"""Walks as answers: pages with exact totals, a stream without an end, and one node with its neighbours counted."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from django.core import signing

from accounts.principals import Principal
from audit.exceptions import InvalidInput
from lineage.engine import EdgeList, Graph, Position, Reached
from lineage.models import Edge
from lineage.queries.answers import EdgeView, Frame, Hidden, NodeView, Segment, WalkAnswer
from lineage.queries.asked import EDGE_NAMES, NODE_NAMES, Walk
from lineage.queries.looking import alone, look, may_count_hidden, node_filter, starts_of
from lineage.queries.rows import node_views
from lineage.vocabulary import Basis, EdgeRole

_SALT: Final = "lineage.cursor"
_CHUNK: Final = 1_000
#: The segments of larger answers are not counted, for that takes all of their edges.
_MOST_FOR_SEGMENTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins, in which graph, and of which question."""

    version: str
    question: str
    after: Position

    def seal(self) -> str:
        """As a text that only this server can have written."""
        after = [self.after.depth, self.after.created_at, self.after.id]
        return signing.dumps([self.version, self.question, after], salt=_SALT, compress=True)

    @classmethod
    def open(cls, text: str, question: str) -> "Cursor | None":
        """Read a cursor; None for the first page. Raises InvalidInput for one that belongs elsewhere."""
        if not text:
            return None
        try:
            version, asked, after = signing.loads(text, salt=_SALT)
        except signing.BadSignature as error:
            raise InvalidInput("This cursor is not one of this server: begin again without it.") from error
        if asked != question:
            raise InvalidInput("This cursor belongs to another question: begin again without it.")
        return cls(version, asked, Position(*after))


def walk(principal: Principal, asked: Walk) -> WalkAnswer:
    """One page of a walk. Raises NodeNotFound, InvalidInput and TooBroad."""
    began = time.perf_counter()
    cursor = Cursor.open(asked.cursor, asked.digest)
    graph = look(principal, cursor.version if cursor else None)
    starts = starts_of(graph, asked.start)
    reached = reach(graph, starts, asked)
    page, following = _page(reached, asked, cursor)
    edges = _edges_of_page(graph, reached, page, asked, cursor) if asked.edges else None
    frame = frame_of(
        graph,
        starts,
        reached,
        returned=page.total,
        cursor=Cursor(graph.version, asked.digest, following).seal() if following else "",
        began=began,
    )
    nodes = node_views(graph, page, as_of=asked.as_of)
    return WalkAnswer(frame, nodes, *views_of(graph, edges, asked) if edges else ([], []))


def reach(graph: Graph, starts: Sequence[int], asked: Walk) -> Reached:
    """All that a question reaches."""
    return graph.reach(
        starts,
        asked.direction,
        depth=asked.depth,
        edge_kinds=None if asked.edge_kinds is None else frozenset(asked.edge_kinds),
        structural=asked.structural,
        as_of=asked.as_of,
        include_retracted=asked.include_retracted,
        where=node_filter(graph, asked.wanted),
        mode=asked.filter_mode,
    )


def frame_of(
    graph: Graph, starts: Sequence[int], reached: Reached, *, returned: int, cursor: str, began: float
) -> Frame:
    """What is said of every answer."""
    return Frame(
        graph_version=graph.version,
        total=reached.total,
        returned=returned,
        hidden=hidden_of(graph, starts, reached),
        complete=not cursor and returned == reached.total,
        cursor=cursor,
        took_ms=round((time.perf_counter() - began) * 1000, 3),
    )


def hidden_of(graph: Graph, starts: Sequence[int], reached: Reached) -> Hidden:
    """How much is hidden, as far as the viewer may know."""
    if not reached.hidden_count:
        return Hidden(0 if may_count_hidden(graph, starts) else None, 0)
    nodes = reached.hidden_count if may_count_hidden(graph, starts) else None
    segments = len(graph.edges_among(reached).segments) if reached.total <= _MOST_FOR_SEGMENTS else None
    return Hidden(nodes, segments)


def stream(principal: Principal, asked: Walk) -> Iterator[dict[str, Any]]:
    """A whole walk, line by line: what is said of the answer, all nodes in order, then all edges and segments.

    Everything is found before the first line, so that a refusal comes instead of it.
    """
    began = time.perf_counter()
    graph = look(principal)
    starts = starts_of(graph, asked.start)
    reached = reach(graph, starts, asked).ordered()
    frame = frame_of(graph, starts, reached, returned=reached.total, cursor="", began=began)
    edges = graph.edges_among(reached) if asked.edges else None
    return _lines(graph, reached, edges, frame, asked)


def _lines(
    graph: Graph, reached: Reached, edges: EdgeList | None, frame: Frame, asked: Walk
) -> Iterator[dict[str, Any]]:
    yield {"answer": frame}
    for begin in range(0, reached.total, _CHUNK):
        part = np.arange(begin, min(begin + _CHUNK, reached.total))
        for node in node_views(graph, reached.where(part), as_of=asked.as_of):
            yield {"node": node}
    if edges is not None:
        keys = keys_of_ids(graph, reached.ids.tolist())
        for edge in _edge_views(graph, edges, keys, asked.as_of):
            yield {"edge": edge}
        for segment in segment_views(edges, keys):
            yield {"segment": segment}


def _page(reached: Reached, asked: Walk, cursor: Cursor | None) -> tuple[Reached, Position | None]:
    after = cursor.after if cursor else None
    if asked.order == "depth":
        return reached.first(asked.limit, after)
    # By time alone: as if everything lay at one depth. The depths themselves are put back.
    flat = Reached(
        reached.store, reached.positions, np.zeros_like(reached.depths), reached.hidden_positions, reached.rule
    )
    page, following = flat.first(asked.limit, after)
    depths = dict(zip(reached.positions.tolist(), reached.depths.tolist(), strict=True))
    found = np.array([depths[position] for position in page.positions.tolist()], np.int64)
    return Reached(page.store, page.positions, found, page.hidden_positions, page.rule), following


def _edges_of_page(graph: Graph, reached: Reached, page: Reached, asked: Walk, cursor: Cursor | None) -> EdgeList:
    """The edges of a page to itself and to all earlier pages, so that every edge is on exactly one page."""
    if cursor is None or not page.total:
        return graph.edges_among(page, within=reached)
    by_depth = asked.order == "depth"
    depths = reached.depths if by_depth else np.zeros_like(reached.depths)
    last = (int(page.depths[-1]) if by_depth else 0, int(page.created_at[-1]), int(page.ids[-1]))
    level = depths == last[0]
    moment = reached.created_at == last[1]
    until = (depths < last[0]) | (level & (reached.created_at < last[1])) | (level & moment & (reached.ids <= last[2]))
    edges = graph.edges_among(reached.where(until), within=reached)
    kept = np.isin(edges.src, page.ids) | np.isin(edges.dst, page.ids)
    mine = set(page.ids.tolist())
    links = [link for link in edges.links if link.src in mine or link.dst in mine]
    named = {end for link in links for end in (link.src, link.dst)}
    return replace(
        edges,
        links=links,
        segments=[segment for segment in edges.segments if segment.token in named],
        **{name: getattr(edges, name)[kept] for name in ("seq", "src", "dst", "kind", "role", "basis", "recorded_at")},
    )


def views_of(graph: Graph, edges: EdgeList, asked: Walk) -> tuple[list[EdgeView], list[Segment]]:
    """Edges and segments with keys instead of numbers; two queries."""
    ids = {*edges.src.tolist(), *edges.dst.tolist()}
    ids |= {end for link in edges.links for end in (link.src, link.dst) if isinstance(end, int)}
    keys = keys_of_ids(graph, sorted(ids))
    return list(_edge_views(graph, edges, keys, asked.as_of)), segment_views(edges, keys)


def keys_of_ids(graph: Graph, ids: Sequence[int]) -> dict[int, str]:
    """The keys of readable nodes."""
    keys: dict[int, str] = {}
    for begin in range(0, len(ids), _CHUNK):
        keys |= {node.pk: node.key for node in graph.nodes(ids[begin : begin + _CHUNK])}
    return keys


def _edge_views(graph: Graph, edges: EdgeList, keys: dict[int, str], as_of: int | None) -> Iterator[EdgeView]:
    retracted = set(graph.store.marks.retracted_as_of(as_of).tolist())
    numbers = edges.seq.tolist()
    at: dict[int, int] = {}
    for begin in range(0, len(numbers), _CHUNK):
        at |= dict(Edge.objects.filter(pk__in=numbers[begin : begin + _CHUNK]).values_list("pk", "at"))
    columns = (edges.src, edges.dst, edges.kind, edges.role, edges.basis)
    for number, src, dst, kind, role, basis in zip(numbers, *(column.tolist() for column in columns), strict=True):
        yield EdgeView(
            src=keys[src],
            dst=keys[dst],
            kind=EDGE_NAMES[kind],
            role=EdgeRole(role).label,
            basis=Basis(basis).label,
            at=at.get(number, 0),
            retracted=number in retracted,
        )


def segment_views(edges: EdgeList, keys: dict[int, str]) -> list[Segment]:
    """What is hidden, with the readable nodes that it hangs on."""
    return [
        Segment(
            segment.token,
            [keys[link.src] for link in edges.links if link.dst == segment.token and isinstance(link.src, int)],
            [keys[link.dst] for link in edges.links if link.src == segment.token and isinstance(link.dst, int)],
        )
        for segment in edges.segments
    ]


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """A node, and its readable neighbours one step away: how many of each kind, each way."""

    frame: Frame
    node: NodeView
    up: dict[str, int]
    down: dict[str, int]
    segments: int


def node(principal: Principal, name: str, *, as_of: int | None = None) -> NodeAnswer:
    """One node. Raises NodeNotFound."""
    began = time.perf_counter()
    graph = look(principal)
    (pk,) = starts_of(graph, [name])
    ways = {way: graph.reach([pk], way, depth=1, as_of=as_of, structural=True) for way in ("up", "down")}
    (shown,) = node_views(graph, alone(graph, [pk]), as_of=as_of)
    both = graph.reach([pk], "both", depth=1, as_of=as_of, structural=True)
    frame = frame_of(graph, [pk], both, returned=1, cursor="", began=began)
    hidden = sum(len(graph.edges_among(found).segments) for found in ways.values())
    return NodeAnswer(frame, shown, _counts(ways["up"]), _counts(ways["down"]), hidden)


def _counts(reached: Reached) -> dict[str, int]:
    kinds = reached.kinds[reached.depths > 0]
    return {NODE_NAMES[kind]: count for kind, count in sorted(Counter(kinds.tolist()).items())}
