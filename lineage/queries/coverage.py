"""How much of what a project made says exactly what it was made of, over time, and what does not."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np

from accounts.principals import Principal
from accounts.queries import find_project
from lineage.engine import Graph, Reached
from lineage.engine.arrays import Bools
from lineage.models import Node, Scope
from lineage.queries.answers import Frame, Hidden, NodeView
from lineage.queries.asked import NODE_WORDS, Walk
from lineage.queries.looking import alone, look
from lineage.queries.rows import node_views
from lineage.queries.walking import Cursor
from lineage.vocabulary import NodeKind

Bucket = Literal["day", "week", "month"]
_INPUTS: Final = (NodeKind.DATASET_VERSION, NodeKind.FEATURE_VIEW_VERSION, NodeKind.CODE, NodeKind.IMAGE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many made in a stretch of time that begins ``at``, and how many of them have every input pinned."""

    at: int
    total: int
    pinned: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything of a kind in a project; ``unpinned`` is a page of those with an input that is not pinned.

    A run is judged by what it read itself, a version by everything it was made of. What read nothing that is known has
    nothing unpinned, and is counted in ``without_inputs``.
    """

    frame: Frame
    total: int
    pinned: int
    without_inputs: int
    over_time: Sequence[Stretch]
    unpinned: Sequence[NodeView]


def coverage(
    principal: Principal, slug: str, *, kind: str, bucket: Bucket, limit: int = 100, cursor: str = ""
) -> Coverage:
    """The coverage of one project, as far as the principal sees. Raises NotFound."""
    began = time.perf_counter()
    project = find_project(principal, slug)
    question = Walk(start=(slug, kind)).digest
    begin = Cursor.open(cursor, question)
    graph = look(principal, begin.version if begin else None)
    every = _every(graph, project.pk, NODE_WORDS[kind])
    depth = 1 if kind == "run" else None
    fed = _fed(graph, every.ids.tolist())
    loose = np.isin(every.ids, _touched(graph, depth))
    unpinned = every.where(loose)
    page, following = unpinned.first(limit, begin.after if begin else None)
    frame = Frame(
        graph_version=graph.version,
        total=unpinned.total,
        returned=page.total,
        hidden=Hidden(),
        complete=following is None and begin is None,
        cursor=Cursor(graph.version, question, following).seal() if following else "",
        took_ms=round((time.perf_counter() - began) * 1000, 3),
    )
    return Coverage(
        frame=frame,
        total=every.total,
        pinned=every.total - unpinned.total,
        without_inputs=int((~np.isin(every.ids, fed)).sum()),
        over_time=_over_time(every, loose, bucket),
        unpinned=node_views(graph, page),
    )


def _every(graph: Graph, project: int, kind: int) -> Reached:
    """All nodes of a kind that were first seen in the project and may be read."""
    scopes = Scope.objects.filter(project=project)
    ids = list(Node.objects.filter(kind=kind, scope__in=scopes).values_list("pk", flat=True))
    found = alone(graph, ids)
    known = found.where(found.positions >= 0)
    readable = graph.readable(known.ids.tolist())
    return known.where(np.isin(known.ids, list(readable)))


def _touched(graph: Graph, depth: int | None) -> list[int]:
    """What was made of something readable that is not pinned: directly, or at all."""
    loose = graph.readable(Node.objects.filter(pinned=False, kind__in=_INPUTS).values_list("pk", flat=True))
    ids: list[int] = graph.reach(loose, "down", depth=depth).ids.tolist() if loose else []
    return ids


def _fed(graph: Graph, ids: list[int]) -> list[int]:
    """Those of some nodes of which some readable input is known."""
    if not ids:
        return []
    beside = graph.reach(ids, "up", depth=1)
    edges = graph.edges_among(beside)
    found: list[int] = np.unique(edges.dst).tolist()
    return found


def _over_time(every: Reached, loose: Bools, bucket: Bucket) -> list[Stretch]:
    total: Counter[int] = Counter()
    unpinned: Counter[int] = Counter()
    for at, is_loose in zip(every.created_at.tolist(), loose.tolist(), strict=True):
        begin = begin_of(at, bucket)
        total[begin] += 1
        unpinned[begin] += is_loose
    return [Stretch(begin, count, count - unpinned[begin]) for begin, count in sorted(total.items())]


def begin_of(at: int, bucket: Bucket) -> int:
    """When the day, week or month began in which a moment lies (UTC)."""
    try:
        day = datetime.fromtimestamp(at / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    except (OverflowError, ValueError, OSError):
        return 0
    if bucket == "week":
        day -= timedelta(days=day.weekday())
    if bucket == "month":
        day = day.replace(day=1)
    return int(day.timestamp() * 1000)
