"""How a question begins: the graph as its asker sees it, the nodes it starts at, and what it keeps."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import InvalidInput
from lineage.engine import BadVersion, Graph, NodeFilter, Reached, graph_for
from lineage.engine.arrays import NOTHING, Bools, Ints
from lineage.engine.rules import edge_rule
from lineage.exceptions import NodeNotFound, TooBroad
from lineage.kinds import resolve
from lineage.models import Node, Scope
from lineage.queries.answers import NodeView
from lineage.queries.asked import NODE_NAMES, Wanted
from lineage.queries.rows import node_views

#: Of so many nodes at most the rows are read to see what matches.
MOST_LOOKED_AT: Final = 50_000
_AT_ONCE: Final = 1_000


def look(principal: Principal, version: str | None = None) -> Graph:
    """The graph as ``principal`` sees it, now or at a version that an earlier answer named."""
    try:
        return graph_for(principal, version=version)
    except BadVersion as error:
        raise InvalidInput("This is not a version of the graph: ask without it.") from error


def starts_of(graph: Graph, names: Sequence[str]) -> list[int]:
    """The ids behind keys and names. Raises `NodeNotFound` for what is not there and for what is hidden alike."""
    keys = resolve(graph.viewer, names) if graph.viewer is not None else {name: name for name in names}
    found = graph.find(keys.values())
    if any(keys.get(name) not in found for name in names):
        raise NodeNotFound
    return list(dict.fromkeys(found[keys[name]] for name in names))


def find_node(principal: Principal, name: str) -> Node:
    """The row of one readable node, with its scope. Raises `NodeNotFound`."""
    graph = look(principal)
    (pk,) = starts_of(graph, [name])
    return Node.objects.select_related("scope__project").get(pk=pk)


def alone(graph: Graph, ids: Iterable[int]) -> Reached:
    """Some readable nodes as an answer of their own."""
    positions = graph.store.positions_of(np.array(list(ids), np.int64))
    return Reached(graph.store, positions, np.zeros(len(positions), np.int64), NOTHING, edge_rule())


def may_count_hidden(graph: Graph, starts: Iterable[int]) -> bool:
    """Whether the viewer may know how much is hidden from them: it takes the right to full lineage at every start."""
    viewer = graph.viewer
    if viewer is None:
        return True
    scopes = np.unique(graph.shown_scopes(alone(graph, starts)))
    table = graph.store.scope_table
    table.make_sure_of(scopes)
    from lineage.engine.scopes import KINDS

    return all(
        viewer.may(
            Action.LINEAGE,
            Scope(
                project_id=int(table.projects[scope]),
                kind=KINDS[int(table.kinds[scope])],
                object_id=int(table.objects[scope]),
            ),
        )
        for scope in scopes
    )


def node_filter(graph: Graph, wanted: Wanted) -> NodeFilter:
    """The engine's filter for what is wanted. Scopes that the viewer may not read are not found by their project."""
    if wanted.keeps_all:
        return NodeFilter()
    if wanted.match == "all" and wanted.pinned is None:
        return NodeFilter(
            kinds=frozenset(wanted.kinds),
            scope_ids=_scopes(wanted),
            created_from=wanted.created_from,
            created_to=wanted.created_to,
            accept=_Matcher(graph, wanted) if wanted.asks_above else None,
        )
    return NodeFilter(accept=_Matcher(graph, wanted))


def _scopes(wanted: Wanted) -> frozenset[int]:
    if not wanted.projects:
        return frozenset()
    found = Scope.objects.filter(project__slug__in=wanted.projects).values_list("pk", flat=True)
    return frozenset(found) or frozenset({0})


class _Matcher:
    """Says of nodes whether they match, by their rows and by what the apps above know of them."""

    def __init__(self, graph: Graph, wanted: Wanted) -> None:
        self._graph = graph
        self._wanted = wanted
        self._looked_at = 0

    def __call__(self, ids: Ints) -> Bools:
        if not self._wanted.asks_above and not self._wanted.projects:
            return self._by_arrays(ids)
        self._looked_at += len(ids)
        if self._looked_at > MOST_LOOKED_AT:
            raise TooBroad(
                f"More than {MOST_LOOKED_AT:,} nodes would have to be read to see which match: narrow the question by "
                "kind, project, time or depth."
            )
        views = [view for part in _parts(ids) for view in node_views(self._graph, alone(self._graph, part))]
        return np.array([matches(view, self._wanted) for view in views], bool)

    def _by_arrays(self, ids: Ints) -> Bools:
        """Kind, time and being pinned are in the arrays."""
        wanted, found = self._wanted, alone(self._graph, ids)
        checks: list[Bools] = []
        if wanted.kinds:
            checks.append(np.isin(found.kinds, wanted.kinds))
        if wanted.created_from is not None:
            checks.append(found.created_at >= wanted.created_from)
        if wanted.created_to is not None:
            checks.append(found.created_at <= wanted.created_to)
        if wanted.pinned is not None:
            checks.append(found.pinned == wanted.pinned)
        together = np.logical_and if wanted.match == "all" else np.logical_or
        return np.asarray(together.reduce(checks), bool)


def matches(view: NodeView, wanted: Wanted) -> bool:
    """Whether a node meets all conditions, or any of them."""
    metrics = dict([view.metric]) if view.metric else {}
    said: list[bool] = []
    if wanted.kinds:
        said.append(view.kind in {NODE_NAMES[kind] for kind in wanted.kinds})
    if wanted.projects:
        said.append(view.project in wanted.projects)
    if wanted.stages:
        said.append(view.stage in wanted.stages)
    if wanted.owners:
        said.append(view.owner in wanted.owners)
    if wanted.label:
        said.append(wanted.label.casefold() in view.label.casefold())
    if wanted.pinned is not None:
        said.append(view.pinned is wanted.pinned)
    if wanted.created_from is not None:
        said.append(view.at >= wanted.created_from)
    if wanted.created_to is not None:
        said.append(view.at <= wanted.created_to)
    said += [each.name in metrics and each.holds(metrics[each.name]) for each in wanted.metrics]
    said += [str(view.properties.get(key, "")) == value for key, value in wanted.properties]
    return all(said) if wanted.match == "all" else any(said)


def _parts(ids: Ints) -> Iterable[list[int]]:
    for begin in range(0, len(ids), _AT_ONCE):
        yield ids[begin : begin + _AT_ONCE].tolist()
