"""What two things were made of, side by side: "why did it get worse?"."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounts.principals import Principal
from lineage.engine import Graph, Reached
from lineage.exceptions import TooBroad
from lineage.particulars import Particulars, particulars_of
from lineage.queries.answers import Frame, Hidden, NodeView
from lineage.queries.collections import collection_of
from lineage.queries.looking import alone, look, may_count_hidden, starts_of
from lineage.queries.rows import node_views
from lineage.queries.walking import hidden_of
from lineage.vocabulary import NodeKind

_MOST: Final = 20_000
_CHUNK: Final = 1_000
_RUNS: Final = (NodeKind.RUN, NodeKind.PIPELINE_RUN)
#: Of these there is one in the making of a thing, so that two different ones are a change.
_SINGLE: Final = frozenset({"environment"})


@dataclass(frozen=True, slots=True)
class Changed:
    """The same thing in two versions: another state of a dataset, commit of a repository, digest of an image."""

    collection: str
    a: NodeView
    b: NodeView


@dataclass(frozen=True, slots=True)
class Delta:
    """A param or a metric that differs; None where it was not given."""

    name: str
    a: str | float | None
    b: str | float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What only one was made of, what both were, what changed, and how their runs differ."""

    frame: Frame
    a: NodeView
    b: NodeView
    only_a: Sequence[NodeView]
    only_b: Sequence[NodeView]
    both: int
    changed: Sequence[Changed]
    params: Sequence[Delta]
    metrics: Sequence[Delta]


def difference(
    principal: Principal, a: str, b: str, *, a_as_of: int | None = None, b_as_of: int | None = None
) -> Difference:
    """Compare what ``a`` and ``b`` were made of, perhaps at two moments. Raises NodeNotFound and TooBroad."""
    began = time.perf_counter()
    graph = look(principal)
    ends = [starts_of(graph, [name])[0] for name in (a, b)]
    made = [graph.reach([end], "up", as_of=as_of) for end, as_of in zip(ends, (a_as_of, b_as_of), strict=True)]
    sides = [found.where(~np.isin(found.ids, other.ids) & (found.depths > 0)) for found, other in (made, made[::-1])]
    if max(side.total for side in sides) > _MOST:
        raise TooBroad(f"They differ in more than {_MOST:,} things: compare what they were made of step by step.")
    only = [_views(graph, side) for side in sides]
    changed, left = pairs(*only)
    given = [_particulars(principal, graph, found, end) for found, end in zip(made, ends, strict=True)]
    hidden = [hidden_of(graph, [end], found) for end, found in zip(ends, made, strict=True)]
    both = int(np.isin(made[0].ids, made[1].ids).sum())
    total = sides[0].total + sides[1].total + both
    frame = Frame(
        graph_version=graph.version,
        total=total,
        returned=total,
        hidden=_together(hidden) if may_count_hidden(graph, ends) else Hidden(None, _together(hidden).segments),
        complete=True,
        cursor="",
        took_ms=round((time.perf_counter() - began) * 1000, 3),
    )
    (node_a,), (node_b,) = (node_views(graph, alone(graph, [end])) for end in ends)
    return Difference(
        frame=frame,
        a=node_a,
        b=node_b,
        only_a=left[0],
        only_b=left[1],
        both=both,
        changed=changed,
        params=deltas(given[0].params, given[1].params),
        metrics=deltas(given[0].metrics, given[1].metrics),
    )


def pairs(
    only_a: Sequence[NodeView], only_b: Sequence[NodeView]
) -> tuple[list[Changed], tuple[list[NodeView], list[NodeView]]]:
    """What is on both sides in another version, and what is left on each. Of several versions the newest are paired."""
    mine, theirs = _by_collection(only_a), _by_collection(only_b)
    changed = [
        Changed(collection, old, new)
        for collection in sorted(mine.keys() & theirs.keys())
        for old, new in zip(mine[collection], theirs[collection], strict=False)
    ]
    paired = {each.a.key for each in changed} | {each.b.key for each in changed}
    return changed, tuple([node for node in side if node.key not in paired] for side in (only_a, only_b))  # type: ignore[return-value]


def deltas(a: Mapping[str, str] | Mapping[str, float], b: Mapping[str, str] | Mapping[str, float]) -> list[Delta]:
    """What is not the same in both, by name."""
    return [Delta(name, a.get(name), b.get(name)) for name in sorted(a.keys() | b.keys()) if a.get(name) != b.get(name)]


def _by_collection(nodes: Sequence[NodeView]) -> dict[str, list[NodeView]]:
    found: dict[str, list[NodeView]] = defaultdict(list)
    for node in sorted(nodes, key=lambda node: (-node.at, node.key)):
        collection = collection_of(node.key)
        if not collection.endswith(":") or node.kind in _SINGLE:
            found[collection].append(node)
    return found


def _particulars(principal: Principal, graph: Graph, made: Reached, end: int) -> Particulars:
    """Those of the run that made it: itself, or the nearest upstream."""
    runs = made.where(np.isin(made.kinds, _RUNS))
    nearest, _ = runs.first(1)
    if not nearest.total:
        return Particulars()
    (node,) = graph.nodes(nearest.ids.tolist())
    return particulars_of(principal, [node.key]).get(node.key, Particulars())


def _views(graph: Graph, side: Reached) -> list[NodeView]:
    ordered = side.ordered()
    return [
        view
        for begin in range(0, ordered.total, _CHUNK)
        for view in node_views(graph, ordered.where(np.arange(begin, min(begin + _CHUNK, ordered.total))))
    ]


def _together(hidden: Sequence[Hidden]) -> Hidden:
    nodes = [each.nodes for each in hidden]
    segments = [each.segments for each in hidden]
    return Hidden(
        None if None in nodes else sum(each or 0 for each in nodes),
        None if None in segments else sum(each or 0 for each in segments),
    )
