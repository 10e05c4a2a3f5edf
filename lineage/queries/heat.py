"""Versions of datasets against what was made directly of them: how much, and how good it was."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from accounts.principals import Principal
from lineage.engine import Graph, NodeFilter, Reached
from lineage.exceptions import TooBroad
from lineage.queries.answers import Frame, Hidden, NodeView
from lineage.queries.collections import collection_of
from lineage.queries.looking import MOST_LOOKED_AT, alone, look, may_count_hidden, starts_of
from lineage.queries.rows import node_views
from lineage.vocabulary import EdgeKind, NodeKind

Column = Literal["model", "project", "stage"]
#: From data to the run that read it, what that logged, and the version registered of it.
_STEPS: Final = 3
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Cell:
    """How many runs or versions of one column came of one row, and the best figure among them."""

    row: int
    column: int
    count: int
    best: float | None


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The newest rows and the fullest columns; ``rows_total`` and ``columns_total`` say how many there are."""

    frame: Frame
    rows: Sequence[NodeView]
    rows_total: int
    columns: Sequence[str]
    columns_total: int
    cells: Sequence[Cell]


def heatmap(
    principal: Principal, names: Sequence[str], *, by: Column, metric: str = "", rows: int = 60, columns: int = 50
) -> Heatmap:
    """Count runs by project, or model versions by model or stage. Raises NodeNotFound and TooBroad."""
    began = time.perf_counter()
    graph = look(principal)
    starts = starts_of(graph, names)
    versions = _versions(graph, starts)
    chosen = versions.where(np.argsort(-versions.created_at, kind="stable")[:rows])
    kind = NodeKind.RUN if by == "project" else NodeKind.MODEL_VERSION
    steps = 1 if by == "project" else _STEPS
    made = [
        graph.reach([pk], "down", depth=steps, where=NodeFilter(kinds=frozenset({kind}))) for pk in chosen.ids.tolist()
    ]
    views = _views(graph, {pk for found in made for pk in found.ids.tolist()})
    tally = _tally([found.ids.tolist() for found in made], views, _NAMES[by], metric)
    sizes: dict[str, int] = defaultdict(int)
    for (_, name), (count, _) in tally.items():
        sizes[name] += count
    shown = sorted(sizes, key=lambda name: (-sizes[name], name))[:columns]
    place = {name: number for number, name in enumerate(shown)}
    cells = [Cell(row, place[name], *values) for (row, name), values in sorted(tally.items()) if name in place]
    hidden = any(found.hidden_count for found in made)
    frame = Frame(
        graph_version=graph.version,
        total=versions.total * len(sizes),
        returned=chosen.total * len(shown),
        hidden=Hidden(None if hidden or not may_count_hidden(graph, starts) else 0, None if hidden else 0),
        complete=chosen.total == versions.total and len(shown) == len(sizes),
        cursor="",
        took_ms=round((time.perf_counter() - began) * 1000, 3),
    )
    return Heatmap(frame, node_views(graph, chosen), versions.total, shown, len(sizes), cells)


def _model(view: NodeView) -> str:
    model = view.properties.get("model")
    return f"{view.project}/{model}" if model else collection_of(view.key).partition(":")[2]


_NAMES: Final[Mapping[str, Callable[[NodeView], str]]] = {
    "model": _model,
    "project": lambda view: view.project,
    "stage": lambda view: view.stage or "None",
}


def _versions(graph: Graph, starts: Sequence[int]) -> Reached:
    """The starts that are versions, and the versions of those that are datasets."""
    below = graph.reach(starts, "down", depth=1, edge_kinds=frozenset({EdgeKind.HAS_VERSION}))
    return below.where(below.kinds == NodeKind.DATASET_VERSION)


def _views(graph: Graph, ids: set[int]) -> dict[int, NodeView]:
    if len(ids) > MOST_LOOKED_AT:
        raise TooBroad(f"More than {MOST_LOOKED_AT:,} things were made of these versions: ask for fewer rows.")
    ordered = sorted(ids)
    views: dict[int, NodeView] = {}
    for begin in range(0, len(ordered), _CHUNK):
        part = ordered[begin : begin + _CHUNK]
        views |= dict(zip(part, node_views(graph, alone(graph, part)), strict=True))
    return views


def _tally(
    made: Sequence[Sequence[int]], views: Mapping[int, NodeView], name: Callable[[NodeView], str], metric: str
) -> dict[tuple[int, str], tuple[int, float | None]]:
    cells: dict[tuple[int, str], tuple[int, float | None]] = {}
    for row, ids in enumerate(made):
        for pk in ids:
            view = views[pk]
            figure = view.metric[1] if view.metric and view.metric[0] == metric else None
            count, best = cells.get((row, name(view)), (0, None))
            better = figure if best is None or (figure is not None and figure > best) else best
            cells[row, name(view)] = (count + 1, better)
    return cells
