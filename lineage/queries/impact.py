"""What would be concerned if something were bad: everything downstream, counted, what is in use first."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounts.principals import Principal
from lineage.engine import Graph, NodeFilter, Reached, graph_for
from lineage.engine.arrays import Ints
from lineage.models import Scope
from lineage.operations.glass import break_lineage_glass
from lineage.queries.answers import Frame, NodeView
from lineage.queries.asked import NODE_NAMES, Walk
from lineage.queries.looking import MOST_LOOKED_AT, find_node, look, starts_of
from lineage.queries.recalled import LIVE_STAGES
from lineage.queries.rows import node_views
from lineage.queries.walking import Cursor, frame_of
from lineage.vocabulary import NodeKind

_CHUNK: Final = 1_000
_LIVE_SHOWN: Final = 100
_IN_USE: Final = (NodeKind.MODEL_VERSION, NodeKind.DEPLOYMENT)


@dataclass(frozen=True, slots=True)
class Group:
    """So many nodes of a kind in a project; stage and owner are those of versions and deployments."""

    kind: str
    project: str
    stage: str
    owner: str
    count: int


@dataclass(frozen=True, slots=True)
class Impact:
    """What is downstream of some nodes, these left out.

    ``live`` holds deployments that run and versions in Production, then in Staging; ``live_total`` says how many there
    are. Both, and stage and owner in ``groups``, are None when there are too many to look at each.
    """

    frame: Frame
    counts: dict[str, int]
    groups: Sequence[Group]
    live: Sequence[NodeView] | None
    live_total: int | None
    nodes: Sequence[NodeView]


def impact(
    principal: Principal,
    names: Sequence[str],
    *,
    at_risk_since: int | None = None,
    as_of: int | None = None,
    limit: int = 100,
    cursor: str = "",
) -> Impact:
    """The radius of some nodes, as far as the principal sees. Raises NodeNotFound."""
    began = time.perf_counter()
    question = Walk(start=tuple(names), direction="down", as_of=as_of).digest + str(at_risk_since or "")
    begin = Cursor.open(cursor, question)
    graph = look(principal, begin.version if begin else None)
    return _impact(graph, starts_of(graph, names), question, began, begin, at_risk_since, as_of, limit)


def whole_impact(principal: Principal, name: str, *, reason: str, limit: int = 1_000) -> Impact:
    """The whole radius, past every wall, for who handles an emergency: recorded, and everybody concerned is told."""
    began = time.perf_counter()
    node = find_node(principal, name)
    house = graph_for(None, version=look(principal).version)
    reached = _downstream(house, [node.pk], None, None)
    readable = look(principal).readable(reached.ids.tolist())
    hidden = reached.where(~np.isin(reached.ids, list(readable)))
    scopes = np.unique(house.shown_scopes(hidden)).tolist()
    foreign = set(Scope.objects.filter(pk__in=scopes).values_list("project_id", flat=True))
    break_lineage_glass(principal, node, foreign, reason=reason)
    return _impact(house, [node.pk], "", began, None, None, None, limit)


def impact_lines(principal: Principal, names: Sequence[str], *, as_of: int | None = None) -> Iterator[NodeView]:
    """Everything downstream, node by node, in order of depth; found before the first line is given."""
    graph = look(principal)
    reached = _downstream(graph, starts_of(graph, names), None, as_of).ordered()
    return _views(graph, reached, as_of)


def _impact(
    graph: Graph,
    starts: Sequence[int],
    question: str,
    began: float,
    begin: Cursor | None,
    at_risk_since: int | None,
    as_of: int | None,
    limit: int,
) -> Impact:
    reached = _downstream(graph, starts, at_risk_since, as_of)
    page, following = reached.first(limit, begin.after if begin else None)
    in_use = reached.where(np.isin(reached.kinds, _IN_USE))
    views = list(_views(graph, in_use, as_of)) if in_use.total <= MOST_LOOKED_AT else None
    live = sorted((view for view in views if _rank(view)), key=lambda view: (_rank(view), view.label)) if views else []
    return Impact(
        frame=frame_of(
            graph,
            starts,
            reached,
            returned=page.total,
            cursor=Cursor(graph.version, question, following).seal() if following and question else "",
            began=began,
        ),
        counts=_by_kind(reached.kinds),
        groups=_groups(graph, reached, views),
        live=live[:_LIVE_SHOWN] if views is not None else None,
        live_total=len(live) if views is not None else None,
        nodes=node_views(graph, page, as_of=as_of),
    )


def _downstream(graph: Graph, starts: Sequence[int], at_risk_since: int | None, as_of: int | None) -> Reached:
    where = NodeFilter(created_from=at_risk_since)
    reached = graph.reach(starts, "down", as_of=as_of, where=where)
    return reached.where(reached.depths > 0)


def _views(graph: Graph, reached: Reached, as_of: int | None) -> Iterator[NodeView]:
    for begin in range(0, reached.total, _CHUNK):
        part = reached.where(np.arange(begin, min(begin + _CHUNK, reached.total)))
        yield from node_views(graph, part, as_of=as_of)


def _rank(view: NodeView) -> int:
    """How much in use it is: 1 the most, 0 not at all."""
    if view.kind == "deployment":
        return 1 if view.state == "live" else 0
    return {"Production": 2, "Staging": 3}.get(view.stage, 0) if view.stage in LIVE_STAGES else 0


def _by_kind(kinds: Ints) -> dict[str, int]:
    return {NODE_NAMES[kind]: count for kind, count in sorted(Counter(kinds.tolist()).items())}


def _groups(graph: Graph, reached: Reached, views: Sequence[NodeView] | None) -> list[Group]:
    """Counts by kind, project, stage and owner; the sum is the total."""
    counted = reached if views is None else reached.where(~np.isin(reached.kinds, _IN_USE))
    scopes = graph.shown_scopes(counted)
    pairs, counts = (
        np.unique(np.column_stack([counted.kinds, scopes]), axis=0, return_counts=True)
        if counted.total
        else (np.empty((0, 2), np.int64), np.empty(0, np.int64))
    )
    slugs = dict(Scope.objects.filter(pk__in=pairs[:, 1].tolist()).values_list("pk", "project__slug"))
    groups: Counter[tuple[str, str, str, str]] = Counter()
    for (kind, scope), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        groups[NODE_NAMES[kind], slugs.get(scope, ""), "", ""] += count
    for view in views or ():
        groups[view.kind, view.project, view.stage or view.state, view.owner] += 1
    return [Group(*key, count) for key, count in sorted(groups.items(), key=lambda item: (-item[1], item[0]))]
