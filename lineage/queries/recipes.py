"""What it takes to make a run or a model version again, and what is missing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from accounts.principals import Principal
from audit.exceptions import InvalidInput
from lineage.engine import Graph, Reached
from lineage.exceptions import NotReproducible
from lineage.particulars import Particulars, particulars_of
from lineage.queries.answers import Frame, Hidden, NodeView
from lineage.queries.looking import alone, look, starts_of
from lineage.queries.rows import node_views
from lineage.queries.walking import hidden_of
from lineage.vocabulary import EdgeRole, NodeKind

_RUNS: Final = (NodeKind.RUN, NodeKind.PIPELINE_RUN)
_MOST_INPUTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a run read, and as what."""

    role: str
    node: NodeView


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that is known of how a thing was made; ``missing`` says what stands against making it again."""

    frame: Frame
    made: NodeView
    run: NodeView | None
    code: Sequence[Input] = ()
    image: Sequence[Input] = ()
    environment: Sequence[Input] = ()
    data: Sequence[Input] = ()
    others: Sequence[Input] = ()
    command: str = ""
    seed: str = ""
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    missing: Sequence[str] = ()

    @property
    def is_reproducible(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def recipe(principal: Principal, name: str) -> Recipe:
    """The recipe of a run, or of what a run made. Raises NodeNotFound and InvalidInput."""
    began = time.perf_counter()
    graph = look(principal)
    (pk,) = starts_of(graph, [name])
    (made,) = node_views(graph, alone(graph, [pk]))
    if made.kind not in {"run", "pipeline_run", "model_version", "artifact", "dataset_version", "evaluation"}:
        raise InvalidInput("A recipe is that of a run, or of what a run made.")
    upstream = graph.reach([pk], "up", depth=3)
    runs = upstream.where(np.isin(upstream.kinds, _RUNS))
    nearest, _ = runs.first(1)
    if not nearest.total:
        frame = _frame(graph, pk, upstream, 1, began)
        return Recipe(frame, made, None, missing=[_no_run(graph, upstream)])
    (run,) = node_views(graph, nearest)
    beside = graph.reach(nearest.ids.tolist(), "up", depth=1)
    inputs = _inputs(graph, beside, int(nearest.ids[0]))
    given = particulars_of(principal, [run.key]).get(run.key, Particulars())
    by_kind = {kind: [each for each in inputs if each.node.kind in kinds] for kind, kinds in _SHELVES.items()}
    shelved = {id(each) for some in by_kind.values() for each in some}
    return Recipe(
        frame=_frame(graph, pk, beside, len(inputs) + 1, began),
        made=made,
        run=run,
        **by_kind,
        others=[each for each in inputs if id(each) not in shelved],
        command=given.command,
        seed=given.seed,
        params=dict(given.params),
        metrics=dict(given.metrics),
        missing=_missing(graph, beside, by_kind, inputs, given),
    )


def checked_recipe(principal: Principal, name: str, render: Any) -> Recipe:
    """The recipe when nothing is missing. Raises NotReproducible with the list, and what ``render`` says of it."""
    found = recipe(principal, name)
    if not found.is_reproducible:
        told = "; ".join(found.missing[:3]) + (f"; and {len(found.missing) - 3} more" if found.missing[3:] else "")
        details = {"missing": list(found.missing), "recipe": render(found)}
        raise NotReproducible(f"{found.made.label} cannot be made again from what is known: {told}.", details=details)
    return found


_SHELVES: Final = {
    "code": {"code"},
    "image": {"image"},
    "environment": {"environment"},
    "data": {"dataset_version", "feature_view_version"},
}


def _inputs(graph: Graph, beside: Reached, run: int) -> list[Input]:
    edges = graph.edges_among(beside)
    into = edges.dst == run
    roles = dict(zip(edges.src[into].tolist(), edges.role[into].tolist(), strict=True))
    page, _ = beside.where(beside.depths > 0).first(_MOST_INPUTS)
    return [
        Input(EdgeRole(roles.get(pk, 0)).label, view)
        for pk, view in zip(page.ids.tolist(), node_views(graph, page), strict=True)
    ]


def _missing(
    graph: Graph, beside: Reached, shelves: dict[str, list[Input]], inputs: Sequence[Input], given: Particulars
) -> list[str]:
    lacks = []
    if not shelves["code"]:
        lacks.append("which commit of the code it ran is not known")
    if not shelves["image"] and not shelves["environment"]:
        lacks.append("neither its container image nor its environment lock is known")
    if not shelves["data"]:
        lacks.append("which data it read is not known")
    unpinned = [each.node for each in inputs if not each.node.pinned]
    lacks += [f"{node.label} ({node.kind.replace('_', ' ')}) is not pinned" for node in unpinned]
    lacks += [f"the bytes of {each.node.label} were removed" for each in inputs if each.node.state == "purged"]
    if not given.command:
        lacks.append("the command is not known")
    if beside.hidden_count:
        lacks.append("something it read is hidden from you")
    return lacks


def _no_run(graph: Graph, upstream: Reached) -> str:
    return "the run that made it is hidden from you" if upstream.hidden_count else "no run is known to have made it"


def _frame(graph: Graph, pk: int, reached: Reached, returned: int, began: float) -> Frame:
    hidden: Hidden = hidden_of(graph, [pk], reached)
    took = round((time.perf_counter() - began) * 1000, 3)
    return Frame(graph.version, returned, returned, hidden, complete=True, cursor="", took_ms=took)
