"""Answers Marquez's question for lineage: jobs and datasets around one of them, without versions and runs.

What Marquez has no word for is a dataset in a namespace of this server.
"""

from collections.abc import Iterable
from typing import Any, Final

from accounts.principals import Principal
from audit.exceptions import Hidden, InvalidInput
from lineage import keys
from lineage.engine import Graph, graph_for
from lineage.exports.openlineage import dataset_of, job_of
from lineage.openlineage.facts import job_key
from lineage.openlineage.parsing import Named
from lineage.queries.answers import NodeView
from lineage.queries.rows import node_views

_RUNS: Final = frozenset({"run", "pipeline_run", "evaluation", "deployment"})
_MOST_NODES: Final = 5_000


def lineage_around(principal: Principal, node_id: str, depth: int) -> dict[str, Any]:
    """The graph around ``dataset:<namespace>:<name>``, ``job:<namespace>:<name>``, or a key of ours.

    Raises Hidden when it is not there or may not be seen, InvalidInput when it is too much for an answer without pages.
    """
    graph = graph_for(principal)
    start = _start(graph, node_id)
    members = graph.reach([start], "down", depth=1, structural=True)
    reached = graph.reach(members.ids.tolist(), "both", depth=2 * depth).ordered()
    if reached.total > _MOST_NODES:
        raise InvalidInput(f"That is {reached.total} nodes, and this answer has no pages. Ask /api/v1/lineage/walk.")
    views = dict(zip(reached.ids.tolist(), node_views(graph, reached), strict=True))
    names = {pk: _name(view) for pk, view in views.items() if view.kind != "external"}
    found = graph.edges_among(reached)
    ends = zip(found.src.tolist(), found.dst.tolist(), strict=True)
    edges = {(names[src], names[dst]): None for src, dst in ends if src in names and dst in names}
    return {"graph": [_shown(name, edges) for name in sorted(set(names.values()))]}


def _start(graph: Graph, node_id: str) -> int:
    """The node that is meant: a namespace may hold colons, so every one of them is tried."""
    kind, _, rest = node_id.partition(":")
    tried = [node_id]
    for place in (number for number, character in enumerate(rest) if character == ":"):
        named = Named(rest[:place], rest[place + 1 :])
        tried.append(job_key(named) if kind == "job" else keys.dataset(named.namespace, named.name))
    found = graph.find(tried)
    if not found:
        raise Hidden(f"There is no {node_id[:200]}, or you may not see it.")
    return next(found[key] for key in tried if key in found)


def _name(view: NodeView) -> str:
    named = job_of(view) if view.kind in _RUNS else dataset_of(view)
    return f"{'job' if view.kind in _RUNS else 'dataset'}:{named['namespace']}:{named['name']}"


def _shown(name: str, edges: Iterable[tuple[str, str]]) -> dict[str, Any]:
    kind, _, rest = name.partition(":")
    namespace, _, short = rest.rpartition(":")
    place = {"namespace": namespace, "name": short}
    return {
        "id": name,
        "type": kind.upper(),
        "data": {"type": kind.upper(), "id": place, **place},
        "inEdges": [{"origin": src, "destination": dst} for src, dst in edges if dst == name and src != dst],
        "outEdges": [{"origin": src, "destination": dst} for src, dst in edges if src == name and src != dst],
    }
