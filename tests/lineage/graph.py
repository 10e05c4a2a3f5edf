"""The graph as tests read it."""

from lineage.models import Edge, Node, Share
from lineage.vocabulary import Basis, EdgeKind, EdgeRole


def edges_to(key: str) -> set[tuple[str, str, str]]:
    """Everything that leads to a node: the other's key, the kind, the role."""
    rows = Edge.objects.filter(dst__key=key).values_list("src__key", "kind", "role")
    return {(src, EdgeKind(kind).label, EdgeRole(role).label) for src, kind, role in rows}


def whole_graph() -> set[tuple[object, ...]]:
    """All that the graph says, but for numbers and the times at which things were first seen."""
    nodes = Node.objects.values_list(
        "kind", "key", "label", "pinned", "scope__kind", "scope__object_id", "scope__project_id", "created_at"
    )
    edges = Edge.objects.values_list("src__key", "dst__key", "kind", "role", "basis")
    shares = Share.objects.values_list("node__key", "scope__kind", "scope__object_id")
    own = ("run:local/", "art:logged-model:", "mv:", "m:")
    timed = {(*node[:-1], node[-1] if node[1].startswith(own) else 0) for node in nodes}
    return {*timed, *edges, *shares}


def basis_of(src: str, dst: str) -> str:
    """Why we believe an edge."""
    return Basis(Edge.objects.get(src__key=src, dst__key=dst).basis).label
