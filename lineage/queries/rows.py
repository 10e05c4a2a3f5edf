"""Nodes as their readers see them: the stored rows with today's names, as far as those are theirs to know.

What a node was called, and its properties, were said where it was first seen. Who may not look there, but sees the node
by another scope, gets the name that its key says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounts.models import Project
from lineage.engine import Graph, Reached
from lineage.kinds import Described, describe
from lineage.models import Node
from lineage.queries.answers import NodeView
from lineage.queries.asked import NODE_NAMES
from lineage.vocabulary import NodeKind

_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the graph says of a node beside its row: its depth, the scope to show, and what was said of it."""

    depth: int
    scope: int
    recalled: bool
    purged: bool
    ended: bool


def node_views(graph: Graph, page: Reached, *, as_of: int | None = None) -> list[NodeView]:
    """The nodes of a page in its order; a fixed number of queries, however many there are."""
    seen = _seen(graph, page, as_of)
    nodes = graph.nodes(page.ids.tolist())
    described = describe(graph.viewer, [node.key for node in nodes]) if graph.viewer is not None else {}
    projects = _slugs(graph, {one.scope for one in seen.values() if one.scope >= 0})
    return [_view(node, seen[node.pk], described.get(node.key), projects) for node in nodes]


def _seen(graph: Graph, page: Reached, as_of: int | None) -> dict[int, _Seen]:
    columns = (
        page.depths.tolist(),
        graph.shown_scopes(page).tolist(),
        graph.recalled(page, as_of).tolist(),
        graph.purged(page, as_of).tolist(),
        graph.ended(page, as_of).tolist(),
    )
    return {pk: _Seen(*values) for pk, *values in zip(page.ids.tolist(), *columns, strict=True)}


def _slugs(graph: Graph, scopes: set[int]) -> Mapping[int, str]:
    """The short names of the projects of scopes, by scope; one query, or none."""
    if not scopes:
        return {}
    graph.store.scope_table.make_sure_of(np.array(sorted(scopes), np.int64))
    projects = {scope: int(graph.store.scope_table.projects[scope]) for scope in scopes}
    slugs = dict(Project.objects.filter(pk__in=set(projects.values())).values_list("pk", "slug"))
    return {scope: slugs[project] for scope, project in projects.items()}


def _view(node: Node, seen: _Seen, described: Described | None, projects: Mapping[int, str]) -> NodeView:
    at_home = seen.scope == node.scope_id
    label = node.label if at_home else label_of_key(node.key)
    today = described or Described(label)
    return NodeView(
        key=node.key,
        kind=NODE_NAMES[node.kind],
        label=today.label or label,
        at=node.created_at,
        recorded_at=node.recorded_at,
        pinned=node.pinned,
        project=projects.get(seen.scope, ""),
        depth=abs(seen.depth),
        digest=today.digest or (node.digest if at_home else ""),
        state=_state(node, seen),
        recalled=seen.recalled,
        url=today.url,
        stage=today.stage,
        status=today.status,
        owner=today.owner,
        metric=today.metric,
        properties={**(node.props if at_home else {}), **today.details},
    )


def _state(node: Node, seen: _Seen) -> str:
    if seen.purged:
        return "purged"
    if node.kind == NodeKind.DEPLOYMENT:
        return "ended" if seen.ended else "live"
    return ""


def label_of_key(key: str) -> str:
    """What a key says of how a thing is called."""
    kind, _, rest = key.partition(":")
    name, _, value = rest.rpartition("@")
    short = (name or rest).rsplit("/", 1)[-1]
    if kind == "git":
        return f"{short}@{value[:_SHORT]}"
    return short or key


def keys_of(nodes: Sequence[NodeView]) -> list[str]:
    """The keys of nodes."""
    return [node.key for node in nodes]
