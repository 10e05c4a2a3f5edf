"""What an export tells: all nodes and edges of an answer, never a window of it, a portion at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from accounts.principals import Principal
from lineage.engine import Direction, EdgeList, Graph, Reached, graph_for
from lineage.queries.answers import EdgeView, NodeView, Segment
from lineage.queries.asked import EDGE_NAMES
from lineage.queries.rows import node_views
from lineage.vocabulary import Basis, EdgeRole

_AT_ONCE: Final = 500


@dataclass
class Lineage:
    """The lineage of some nodes as somebody sees it, at one version of the graph."""

    graph: Graph
    keys: Sequence[str]
    direction: Direction
    reached: Reached

    @property
    def total(self) -> int:
        """How many nodes there are."""
        return self.reached.total

    def nodes(self) -> Iterator[NodeView]:
        """All nodes, the starts first, the nearest before the others."""
        for begin in range(0, self.total, _AT_ONCE):
            page = self.reached.where(_portion(begin))
            yield from node_views(self.graph, page)

    def edges(self) -> Iterator[EdgeView]:
        """All edges among the nodes, in the order in which they were recorded."""
        found, names = self._edges, self._names
        for begin in range(0, len(found), _AT_ONCE):
            part = _portion(begin)
            moments = {edge.pk: edge.at for edge in self.graph.edges(found.seq[part].tolist())}
            columns = (found.seq, found.src, found.dst, found.kind, found.role, found.basis)
            for seq, src, dst, kind, role, basis in zip(*(column[part].tolist() for column in columns), strict=True):
                yield EdgeView(
                    names[src],
                    names[dst],
                    EDGE_NAMES[kind],
                    EdgeRole(role).name.lower() if role else "",
                    Basis(basis).name.lower(),
                    moments.get(seq, 0),
                )

    @property
    def segments(self) -> list[Segment]:
        """What is hidden between nodes: only that something is."""
        found, names = self._edges, self._names
        return [
            Segment(
                segment.token,
                [names[int(link.src)] for link in found.links if link.dst == segment.token],
                [names[int(link.dst)] for link in found.links if link.src == segment.token],
            )
            for segment in found.segments
        ]

    @cached_property
    def _edges(self) -> EdgeList:
        return self.graph.edges_among(self.reached)

    @cached_property
    def _names(self) -> dict[int, str]:
        """The keys of the nodes, by id."""
        names: dict[int, str] = {}
        for begin in range(0, self.total, _AT_ONCE):
            names |= {node.pk: node.key for node in self.graph.nodes(self.reached.ids[_portion(begin)].tolist())}
        return names


def lineage_of(
    principal: Principal, keys: Sequence[str], *, direction: Direction, depth: int | None = None, structural: bool
) -> Lineage:
    """The lineage of the nodes with these keys. Raises Hidden when one is not there or may not be seen."""
    graph = graph_for(principal)
    reached = graph.reach(graph.starts(keys), direction, depth=depth, structural=structural).ordered()
    return Lineage(graph, keys, direction, reached)


def _portion(begin: int) -> Any:
    return slice(begin, begin + _AT_ONCE)
