"""The ways from one node to another."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accounts.principals import Principal
from lineage.queries.answers import EdgeView, Frame, NodeView, Segment
from lineage.queries.asked import Walk
from lineage.queries.looking import look, starts_of
from lineage.queries.rows import node_views
from lineage.queries.walking import frame_of, keys_of_ids, views_of

#: So many nodes between the two are shown; the total is exact.
MOST_SHOWN: Final = 1_000


@dataclass(frozen=True, slots=True)
class WaysAnswer:
    """Everything on any way from one node to another, and the shortest ways: keys, and ids of hidden segments."""

    frame: Frame
    nodes: Sequence[NodeView]
    edges: Sequence[EdgeView]
    segments: Sequence[Segment]
    shortest: Sequence[Sequence[str]]


def ways(principal: Principal, source: str, target: str, *, count: int, as_of: int | None = None) -> WaysAnswer:
    """The ways down from ``source`` to ``target``; none is an answer too. Raises NodeNotFound."""
    began = time.perf_counter()
    graph = look(principal)
    ends = starts_of(graph, [source, target])
    found = graph.paths(ends[0], ends[-1], count=count, as_of=as_of)
    page, _ = found.reached.first(MOST_SHOWN)
    edges, segments = views_of(graph, graph.edges_among(page, within=found.reached), Walk(start=(source,), as_of=as_of))
    stops = sorted({stop for way in found.shortest for stop in way if isinstance(stop, int)})
    keys = keys_of_ids(graph, stops)
    return WaysAnswer(
        frame=frame_of(graph, ends, found.reached, returned=page.total, cursor="", began=began),
        nodes=node_views(graph, page, as_of=as_of),
        edges=edges,
        segments=segments,
        shortest=[[keys[stop] if isinstance(stop, int) else stop for stop in way] for way in found.shortest],
    )
