"""Walks over the graph: fast, exact, and never past what the viewer may see.

`graph_for` is the door::

    graph = graph_for(principal)                     # or graph_for(None): the house itself, which sees everything
    starts = graph.starts(["mv:local/7/3"])          # ids; the same refusal for what is not there and what is hidden
    reached = graph.reach(starts, "up")              # Reached: total, hidden_count, ids, kinds, depths, created_at, …
    page, next_page = reached.first(200)             # in the order (depth, created_at, id)
    rows = graph.nodes(page.ids)                     # lineage.models.Node, readable ones only
    edges = graph.edges_among(page, within=reached)  # EdgeList with links to segments of what is hidden

A page asked for later names the version: ``graph_for(principal, version=graph.version)`` shows the same graph whatever
was written since, with the rights of now.
"""

from accounts.principals import Principal
from lineage.engine.answers import EdgeList, Link, Position, Reached, Segment
from lineage.engine.current import store_for
from lineage.engine.graph import Graph
from lineage.engine.paths import Paths
from lineage.engine.rules import Direction, EdgeRule, Mode, NodeFilter
from lineage.engine.version import BadVersion, parse

__all__ = [
    "BadVersion",
    "Direction",
    "EdgeList",
    "EdgeRule",
    "Graph",
    "Link",
    "Mode",
    "NodeFilter",
    "Paths",
    "Position",
    "Reached",
    "Segment",
    "graph_for",
]


def graph_for(principal: Principal | None, *, version: str | None = None) -> Graph:
    """The graph as ``principal`` sees it, with every write that is committed; at ``version`` when one is named.

    Raises BadVersion.
    """
    return Graph(store_for(None if version is None else parse(version)), principal)
