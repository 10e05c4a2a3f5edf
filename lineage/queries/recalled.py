"""What is recalled, what was made of it, and how far that is out of use.

What is behind a version is found by the house itself, past every wall between projects: something bad is bad whoever
may see it. What a reader is shown of a recall is only what they may read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from django.db.models import Q

from accounts.models import User
from accounts.principals import Principal
from lineage.engine import Graph, NodeFilter, graph_for
from lineage.exceptions import RecallNotFound
from lineage.keys import hash_of
from lineage.models import Node, Recall, RecallWaiver
from lineage.queries.answers import NodeView
from lineage.queries.looking import alone, look, may_count_hidden
from lineage.queries.rows import node_views
from lineage.querysets import RecallQuerySet
from lineage.recalls import waived_elsewhere
from lineage.vocabulary import NodeKind

AffectedState = Literal["live", "waived", "out"]

#: Stages in which a version is in use.
LIVE_STAGES: Final = frozenset({"Staging", "Production"})
_IN_USE: Final = NodeFilter(kinds=frozenset({NodeKind.MODEL_VERSION, NodeKind.DEPLOYMENT}))
_VERSIONS: Final = NodeFilter(kinds=frozenset({NodeKind.MODEL_VERSION}))
_ORDER: Final[Mapping[str, int]] = {"live": 0, "waived": 1, "out": 2}
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Affected:
    """A version or deployment that was made of something recalled: in use, let stay, or out of use."""

    node: NodeView
    state: AffectedState


@dataclass(frozen=True, slots=True)
class RecallView:
    """A recall as one reader sees it; without ``node``, ``reason`` and people when the node is hidden from them.

    ``hidden`` is how many more versions and deployments there are, None for those who may not count them.
    """

    number: int
    node: NodeView | None
    reason: str
    finding: str
    since: int
    until: int | None
    actor: User | None
    cleared_by: User | None
    rows: Sequence[Affected] = field(default_factory=list)
    hidden: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still holds."""
        return self.until is None

    @property
    def total(self) -> int:
        """How many versions and deployments the reader sees that were made of it."""
        return len(self.rows)

    @property
    def live(self) -> int:
        """How many of them are in use and not waived."""
        return self.count("live")

    @property
    def contained(self) -> int:
        """How many of them are out of use, or waived."""
        return self.total - self.live

    def count(self, state: str) -> int:
        """How many are in a state; in any when it is empty."""
        return sum(state in ("", each.state) for each in self.rows)


def open_recalls() -> dict[int, int]:
    """The nodes that are recalled, by the number of the recall; one query."""
    return dict(Recall.objects.open().order_by("pk").values_list("pk", "node_id"))


def recalls_behind(keys: Iterable[str], recalled: Mapping[int, int] | None = None) -> dict[str, list[int]]:
    """The open recalls of what these things were made of, by key; one query while nothing is recalled.

    ``recalled`` is what `open_recalls` said, for who has asked already.
    """
    recalled = open_recalls() if recalled is None else recalled
    if not recalled:
        return {}
    graph = graph_for(None)
    found = graph.find(keys)
    if len(found) <= len(recalled):
        behind = {key: set(graph.reach([pk], "up").ids.tolist()) for key, pk in found.items()}
        named = {key: [recall for recall, node in recalled.items() if node in ids] for key, ids in behind.items()}
    else:
        ahead = {recall: set(graph.reach([node], "down").ids.tolist()) for recall, node in recalled.items()}
        named = {key: [recall for recall, ids in ahead.items() if pk in ids] for key, pk in found.items()}
    return {key: recalls for key, recalls in named.items() if recalls}


def waived_for(recalls: Sequence[int], key: str) -> set[int]:
    """Those of some recalls in spite of which one thing may stay in use; one query, or none."""
    if not recalls:
        return set()
    rows = RecallWaiver.objects.filter(recall__in=recalls, node__key_hash=hash_of(key))
    return set(rows.values_list("recall_id", flat=True))


def versions_affected_by(recall: Recall) -> list[str]:
    """The keys of all versions that were made of what is recalled, whoever may see them."""
    ids = graph_for(None).reach([recall.node_id], "down", where=_VERSIONS).ids.tolist()
    keys: list[str] = []
    for begin in range(0, len(ids), _MOST):
        keys += Node.objects.filter(pk__in=ids[begin : begin + _MOST]).values_list("key", flat=True)
    return keys


def find_recall(principal: Principal, pk: int) -> Recall:
    """A recall whose node, or something made of it, the principal may read. Raises `RecallNotFound`."""
    recall = _whole().filter(pk=pk).first()
    graph = look(principal)
    if recall is None or not (
        graph.readable([recall.node_id]) or graph.readable(_made_of(_house(graph), recall.node_id))
    ):
        raise RecallNotFound(f"There is no recall {pk}, or neither it nor anything made of it is yours to see.")
    return recall


def read_recall(principal: Principal, recall: Recall) -> RecallView:
    """Everything that the page of a recall shows to its reader."""
    (shown,) = _views(look(principal), [recall])
    return shown


def list_recalls(principal: Principal, *, is_open: bool, limit: int, before: int | None = None) -> list[RecallView]:
    """The newest recalls that touch what the principal may read; a fixed number of queries."""
    rows = _whole().filter(Q(until=None) if is_open else Q(until__isnull=False)).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    views = _views(look(principal), list(rows[:_MOST]))
    return [view for view in views if view.node is not None or view.rows][:limit]


def _whole() -> RecallQuerySet:
    return Recall.objects.select_related("node__scope", "actor", "cleared_by", "project")


def _house(graph: Graph) -> Graph:
    """The same graph as the house sees it."""
    return graph_for(None, version=graph.version)


def _made_of(house: Graph, node: int) -> list[int]:
    """The versions and deployments made of a node, whoever may see them."""
    ids: list[int] = house.reach([node], "down", where=_IN_USE).ids.tolist()
    return ids


def _views(graph: Graph, recalls: Sequence[Recall]) -> list[RecallView]:
    house = _house(graph)
    made = {recall.pk: _made_of(house, recall.node_id) for recall in recalls}
    concerned = {recall.node_id for recall in recalls}.union(*made.values())
    readable = sorted(graph.readable(concerned))
    nodes = dict(zip(readable, node_views(graph, alone(graph, readable)), strict=True))
    waived = _waived(made, nodes)
    return [_recall_view(graph, recall, made[recall.pk], nodes, waived) for recall in recalls]


def _waived(made: Mapping[int, Sequence[int]], nodes: Mapping[int, NodeView]) -> set[tuple[int, str]]:
    """What may stay in use, as (recall, key): by a waiver of the recall, or of a gate further up."""
    keys = {recall: [nodes[pk].key for pk in ids if pk in nodes] for recall, ids in made.items()}
    here = RecallWaiver.objects.filter(recall__in=list(made)).values_list("recall_id", "node__key")
    return set(here) | waived_elsewhere({recall: found for recall, found in keys.items() if found})


def _recall_view(
    graph: Graph,
    recall: Recall,
    made: Sequence[int],
    nodes: Mapping[int, NodeView],
    waived: set[tuple[int, str]],
) -> RecallView:
    node = nodes.get(recall.node_id)
    rows = [Affected(nodes[pk], _state(recall.pk, nodes[pk], waived)) for pk in made if pk in nodes]
    rows.sort(key=lambda each: (_ORDER[each.state], each.node.kind, each.node.label, each.node.key))
    counts = node is not None and may_count_hidden(graph, [recall.node_id])
    return RecallView(
        number=recall.pk,
        node=node,
        reason=recall.reason if node else "",
        finding=recall.finding if node else "",
        since=recall.since,
        until=recall.until,
        actor=recall.actor if node else None,
        cleared_by=recall.cleared_by if node else None,
        rows=rows,
        hidden=len(made) - len(rows) if counts else None,
    )


def _state(recall: int, node: NodeView, waived: set[tuple[int, str]]) -> AffectedState:
    in_use = node.state == "live" if node.kind == "deployment" else node.stage in LIVE_STAGES
    if not in_use or node.properties.get("quarantined"):
        return "out"
    return "waived" if (recall, node.key) in waived else "live"
