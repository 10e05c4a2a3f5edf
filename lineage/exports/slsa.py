"""How one thing was made, as an in-toto statement with a SLSA v1 provenance: for those who check before they deploy.

The subject is the thing by its digest; what it was made of are the pinned inputs of the runs that made it. What is not
pinned, or hidden, is said too: a provenance that keeps silent about it would promise too much.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import orjson

from audit.exceptions import InvalidState
from lineage.exchange.portable import portable, server_id
from lineage.exports.digests import digests_of
from lineage.exports.gathering import Lineage
from lineage.exports.moments import iso
from lineage.queries.answers import NodeView

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "https://stagekeeper.dev/lineage/run/v1"
_RUNS: Final = frozenset({"run", "pipeline_run"})


def write(lineage: Lineage) -> Iterator[str]:
    """The statement. Raises InvalidState for what has no digest or was made by no run that the reader sees."""
    nodes = {node.key: node for node in lineage.nodes()}
    sources: dict[str, list[str]] = defaultdict(list)
    for edge in lineage.edges():
        sources[edge.dst].append(edge.src)
    subject = nodes[next(key for key in lineage.keys if key in nodes)]
    digests = digests_of(subject.key, subject.digest)
    if not digests:
        raise InvalidState(f"{subject.label} has no digest by which others could know it.")
    runs = _makers(subject.key, nodes, sources)
    if not runs:
        raise InvalidState(f"It is not known which run made {subject.label}.")
    inputs = [nodes[key] for key in dict.fromkeys(key for run in runs for key in sources[run.key])]
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": subject.label, "digest": digests}],
        "predicateType": PREDICATE,
        "predicate": _predicate(lineage, subject, runs, inputs),
    }
    yield orjson.dumps(statement, default=str, option=orjson.OPT_NON_STR_KEYS).decode() + "\n"


def _makers(key: str, nodes: dict[str, NodeView], sources: dict[str, list[str]]) -> list[NodeView]:
    """The nearest runs behind a thing; a registered version comes from a logged model, and that from a run."""
    level, seen = [key], {key}
    while level:
        before = [source for each in level for source in sources[each]]
        if runs := [nodes[each] for each in dict.fromkeys(before) if nodes[each].kind in _RUNS]:
            return runs
        level = [each for each in dict.fromkeys(before) if each not in seen]
        seen.update(level)
    return []


def _predicate(lineage: Lineage, subject: NodeView, runs: list[NodeView], inputs: list[NodeView]) -> dict[str, Any]:
    pinned = [node for node in inputs if node.pinned]
    params: dict[str, Any] = {}
    for run in runs:
        params |= dict(run.properties.get("params") or {})
    unpinned = [node.key for node in inputs if not node.pinned]
    metrics = [{"name": run.metric[0], "annotations": {"value": run.metric[1]}} for run in runs if run.metric]
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"params": params},
            "internalParameters": {"unpinned": unpinned, "hiddenSegments": len(lineage.segments)},
            "resolvedDependencies": [_dependency(node) for node in pinned],
        },
        "runDetails": {
            "builder": {"id": f"https://stagekeeper.dev/server/{server_id()}"},
            "metadata": {"invocationId": portable(runs[0].key), "startedOn": iso(runs[0].at) or iso(subject.at)},
            "byproducts": metrics,
        },
    }


def _dependency(node: NodeView) -> dict[str, Any]:
    said: dict[str, Any] = {"name": node.label, "uri": portable(node.key), "annotations": {"kind": node.kind}}
    if digests := digests_of(node.key, node.digest):
        said["digest"] = digests
    return said
