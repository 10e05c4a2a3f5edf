"""What a page draws around a node: nodes and counted groups within a budget, bundles of edges, where each lies."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from accounts.principals import Principal
from lineage.engine import EdgeList, Graph, Reached
from lineage.engine.layout import layout
from lineage.models import Node
from lineage.queries.answers import Frame, NodeView, Segment
from lineage.queries.asked import NODE_NAMES
from lineage.queries.collections import collection_of, label_of_collection
from lineage.queries.folding import Drawn, Item, bundles, fold
from lineage.queries.looking import alone, look, starts_of
from lineage.queries.rows import node_views
from lineage.queries.walking import frame_of, keys_of_ids, segment_views

#: Of so many nodes the rules of folding are tried one by one; of more, what is far is put together by kind and project.
MOST_FOLDED: Final = 20_000
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in the picture: a node, or a group with its count. ``depth`` is negative upstream.

    ``rule`` is why they are together: `node`, `siblings`, `chain`, `container`, `others`, or `segment` for what is
    hidden, which counts nothing. ``x`` counts columns, ``y`` places in a column.
    """

    id: str
    rule: str
    kind: str
    label: str
    count: int
    depth: int
    x: float
    y: float
    node: NodeView | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """So many edges run from one thing to another."""

    src: str
    dst: str
    count: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything around a node; every node of the answer is in exactly one thing."""

    frame: Frame
    focus: str
    things: Sequence[Thing]
    bundles: Sequence[Bundle]
    segments: Sequence[Segment]


@dataclass(frozen=True)
class _Scene:
    """What is found before it is folded: depths with a sign, rows, and edges by id."""

    reached: Reached
    depths: dict[int, int]
    edges: EdgeList
    drawn: list[Drawn]
    far: list[Item] = field(default_factory=list)


def picture(
    principal: Principal,
    focus: str,
    *,
    up: int,
    down: int,
    budget: int,
    expand: Sequence[str] = (),
    collapse: Sequence[str] = (),
    as_of: int | None = None,
) -> Picture:
    """Draw what lies around a node. ``expand`` names groups to open; ``collapse`` keys to leave in their group."""
    began = time.perf_counter()
    graph = look(principal)
    (start,) = starts_of(graph, [focus])
    scene = _scene(graph, start, up, down, as_of)
    pairs = list(zip(scene.edges.src.tolist(), scene.edges.dst.tolist(), strict=True))
    closed = set(graph.find(collapse).values()) if collapse else set()
    near = [node for node in scene.drawn if node.id not in closed]
    room = max(1, budget - len(scene.far))
    items = fold(near, pairs, budget=room, expanded=frozenset(expand)) + scene.far
    items += _folded_away([node for node in scene.drawn if node.id in closed])
    joined = bundles(items, pairs) + _hidden_edges(items, scene.edges)
    tokens = [segment.token for segment in scene.edges.segments]
    places = _places([*(item.id for item in items), *tokens], joined, f"n{start}")
    singles = _single_views(graph, items, scene, as_of)
    frame = frame_of(graph, [start], scene.reached, returned=scene.reached.total, cursor="", began=began)
    keys = keys_of_ids(
        graph, sorted({end for link in scene.edges.links for end in (link.src, link.dst) if isinstance(end, int)})
    )
    return Picture(
        frame=frame,
        focus=f"n{start}",
        things=[
            *(_thing(item, places[item.id], singles) for item in items),
            *(Thing(token, "segment", "hidden", "hidden", 0, 0, *places[token]) for token in tokens),
        ],
        bundles=[Bundle(src, dst, count) for (src, dst), count in sorted(joined.items())],
        segments=segment_views(scene.edges, keys),
    )


def _scene(graph: Graph, start: int, up: int, down: int, as_of: int | None) -> _Scene:
    above = graph.reach([start], "up", depth=up, as_of=as_of)
    below = graph.reach([start], "down", depth=down, as_of=as_of)
    depths = dict(zip(below.ids.tolist(), below.depths.tolist(), strict=True))
    depths |= {pk: -depth for pk, depth in zip(above.ids.tolist(), above.depths.tolist(), strict=True)}
    fresh = ~np.isin(above.positions, below.positions)
    both = Reached(
        graph.store,
        np.concatenate([below.positions, above.positions[fresh]]),
        np.concatenate([below.depths, above.depths[fresh]]),
        np.unique(np.concatenate([below.hidden_positions, above.hidden_positions])),
        below.rule,
    )
    edges = graph.edges_among(both)
    near, _ = both.first(MOST_FOLDED)
    keys = _keys(near.ids.tolist())
    drawn = [
        Drawn(pk, NODE_NAMES[kind], depths[pk], collection_of(keys[pk]))
        for pk, kind in zip(near.ids.tolist(), near.kinds.tolist(), strict=True)
    ]
    far = both.where(~np.isin(both.positions, near.positions))
    return _Scene(both, depths, edges, drawn, _far_groups(graph, far, depths))


def _far_groups(graph: Graph, far: Reached, depths: dict[int, int]) -> list[Item]:
    """What is too much to be looked at one by one: together by kind, scope and side."""
    groups: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
    scopes = graph.shown_scopes(far)
    for pk, kind, scope in zip(far.ids.tolist(), far.kinds.tolist(), scopes.tolist(), strict=True):
        groups[kind, scope, depths[pk] > 0].append(pk)
    return [
        Item(
            f"f{kind}-{scope}-{'down' if side else 'up'}",
            "others",
            NODE_NAMES[kind],
            min((depths[pk] for pk in ids), key=abs),
            tuple(ids),
        )
        for (kind, scope, side), ids in groups.items()
    ]


def _folded_away(nodes: Sequence[Drawn]) -> list[Item]:
    """What the reader put away: one group for each kind and side."""
    groups: dict[tuple[str, bool], list[Drawn]] = defaultdict(list)
    for node in nodes:
        groups[node.kind, node.depth > 0].append(node)
    return [
        Item(f"c{kind}-{'down' if side else 'up'}", "others", kind, some[0].depth, tuple(node.id for node in some))
        for (kind, side), some in groups.items()
    ]


def _places(ids: Sequence[str], edges: Counter[tuple[str, str]], focus: str) -> dict[str, tuple[float, float]]:
    """Where each thing lies, the focus in column 0."""
    number = {name: place for place, name in enumerate(ids)}
    ends = np.array([(number[src], number[dst]) for src, dst in sorted(edges)], np.int64).reshape(-1, 2)
    found = layout(len(ids), ends[:, 0], ends[:, 1])
    middle = int(found.layer[number[focus]])
    columns = (found.layer - middle).astype(float).tolist()
    return dict(zip(ids, zip(columns, found.place.tolist(), strict=True), strict=True))


def _hidden_edges(items: Sequence[Item], edges: EdgeList) -> Counter[tuple[str, str]]:
    """Between things and segments."""
    place: dict[int | str, str] = {member: item.id for item in items for member in item.members}
    return Counter((place.get(link.src, str(link.src)), place.get(link.dst, str(link.dst))) for link in edges.links)


def _single_views(graph: Graph, items: Sequence[Item], scene: _Scene, as_of: int | None) -> dict[int, NodeView]:
    ids = [item.members[0] for item in items if item.rule == "node"]
    views: dict[int, NodeView] = {}
    for begin in range(0, len(ids), _CHUNK):
        part = ids[begin : begin + _CHUNK]
        views |= dict(zip(part, node_views(graph, alone(graph, part), as_of=as_of), strict=True))
    return views


def _thing(item: Item, place: tuple[float, float], singles: dict[int, NodeView]) -> Thing:
    node = singles.get(item.members[0]) if item.rule == "node" else None
    words = item.kind.replace("_", " ")
    name = "" if item.container.endswith(":") else label_of_collection(item.container)
    label = node.label if node else f"{len(item.members)} {words}s{f' of {name}' if name else ''}"
    return Thing(item.id, item.rule, item.kind, label, len(item.members), item.depth, *place, node)


def _keys(ids: Sequence[int]) -> dict[int, str]:
    """The keys of nodes that are known to be readable."""
    keys: dict[int, str] = {}
    for begin in range(0, len(ids), _CHUNK):
        keys |= dict(Node.objects.filter(pk__in=ids[begin : begin + _CHUNK]).values_list("pk", "key"))
    return keys
