"""Lineage as OpenLineage events: one for each run, with what it read and wrote, for tools that understand those alone.

What is no dataset is written as one in a namespace of ours, and code as the place of the job's source.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import orjson

from lineage.exchange.portable import portable, server_id
from lineage.exports.gathering import Lineage
from lineage.exports.moments import iso
from lineage.queries.answers import EdgeView, NodeView

PRODUCER: Final = "https://stagekeeper.dev"
_SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
_FACETS: Final = "https://openlineage.io/spec/facets"
_VERSION: Final = re.compile(r"^dsv:(?P<name>.+)@(?P<scheme>[a-z0-9-]+):(?P<value>[^@]+)$")
_CODE: Final = re.compile(r"^git:(?P<repository>.+)@(?P<version>[^#+@]+)(?:#(?P<path>[^+]*))?")
_RUNS: Final = frozenset({"run", "pipeline_run", "evaluation", "deployment"})
_UNSAID: Final = frozenset({"unpinned", "written"})


def write(lineage: Lineage) -> Iterator[str]:
    """One event a line."""
    nodes = {node.key: node for node in lineage.nodes()}
    into: dict[str, list[EdgeView]] = defaultdict(list)
    out_of: dict[str, list[EdgeView]] = defaultdict(list)
    for edge in lineage.edges():
        into[edge.dst].append(edge)
        out_of[edge.src].append(edge)
    for node in nodes.values():
        if node.kind in _RUNS:
            yield _line(_run_event(node, nodes, into[node.key], out_of[node.key]))
        elif sources := [edge.src for edge in into[node.key] if edge.kind == "derived"]:
            yield _line(_dataset_event(node, [nodes[key] for key in sources]))


def _run_event(
    run: NodeView, nodes: dict[str, NodeView], into: list[EdgeView], out_of: list[EdgeView]
) -> dict[str, Any]:
    read = [nodes[edge.src] for edge in into if nodes[edge.src].kind not in _RUNS and edge.kind != "has_version"]
    written = [nodes[edge.dst] for edge in out_of if nodes[edge.dst].kind not in _RUNS]
    parents = [nodes[edge.src] for edge in into if edge.kind == "part_of"]
    code = next((found for node in read if (found := _CODE.match(node.key))), None)
    return {
        "eventType": "COMPLETE",
        "eventTime": iso(run.at) or iso(run.recorded_at),
        "producer": PRODUCER,
        "schemaURL": f"{_SCHEMA}/RunEvent",
        "run": {"runId": _run_id(run.key), "facets": _parent(parents[0]) if parents else {}},
        "job": {**job_of(run), "facets": _source(code) if code else {}},
        "inputs": [dataset_of(node) for node in read if node.kind != "code"],
        "outputs": [dataset_of(node) for node in written],
    }


def _dataset_event(node: NodeView, sources: list[NodeView]) -> dict[str, Any]:
    dataset = dataset_of(node)
    inputs = [
        {key: found[key] for key in ("namespace", "name")} | {"type": "DATASET"} for found in map(dataset_of, sources)
    ]
    dataset["facets"]["lineage"] = _facet("1-0-0/LineageFacet.json#/$defs/LineageDatasetFacet", inputs=inputs)
    return {
        "eventTime": iso(node.at) or iso(node.recorded_at),
        "producer": PRODUCER,
        "schemaURL": f"{_SCHEMA}/DatasetEvent",
        "dataset": dataset,
    }


def dataset_of(node: NodeView) -> dict[str, Any]:
    """A node as OpenLineage names a dataset."""
    version = _VERSION.match(node.key)
    if version is not None:
        namespace, name = _split(version["name"])
        facets = {} if version["scheme"] in _UNSAID else _version_facet(version["value"])
        return {"namespace": namespace, "name": name, "facets": facets}
    if node.key.startswith("ds:"):
        namespace, name = _split(node.key.removeprefix("ds:"))
        return {"namespace": namespace, "name": name, "facets": {}}
    facets = _version_facet(node.digest) if node.digest else {}
    if node.kind in ("model_version", "model") or node.key.startswith("art:logged-model:"):
        facets["datasetType"] = _facet("1-0-0/DatasetTypeDatasetFacet.json", datasetType="MODEL")
    return {"namespace": f"stagekeeper://{server_id()}", "name": portable(node.key), "facets": facets}


def _split(name: str) -> tuple[str, str]:
    """The namespace and name of a dataset: a namespace that is an address goes to the end of its host."""
    scheme, separator, rest = name.partition("://")
    if separator:
        host, _, path = rest.partition("/")
        return f"{scheme}://{host}", path or host
    namespace, _, path = name.partition("/")
    return (namespace, path) if path else (f"stagekeeper://{server_id()}", name)


def _version_facet(value: str) -> dict[str, Any]:
    return {"version": _facet("1-0-1/DatasetVersionDatasetFacet.json", datasetVersion=value)}


def _parent(parent: NodeView) -> dict[str, Any]:
    return {"parent": _facet("1-2-0/ParentRunFacet.json", run={"runId": _run_id(parent.key)}, job=job_of(parent))}


def _source(code: re.Match[str]) -> dict[str, Any]:
    said = {"type": "git", "url": code["repository"], "repoUrl": code["repository"], "version": code["version"]}
    said |= {"path": code["path"]} if code["path"] else {}
    return {"sourceCodeLocation": _facet("1-1-0/SourceCodeLocationJobFacet.json", **said)}


def job_of(run: NodeView) -> dict[str, str]:
    """A run as OpenLineage names its job."""
    namespace = str(run.properties.get("namespace") or f"stagekeeper://{server_id()}")
    return {"namespace": namespace, "name": str(run.properties.get("job") or run.label or run.key)}


def _run_id(key: str) -> str:
    """The UUID of a run; one made of its key where it has none."""
    name = key.rpartition("/")[2]
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, portable(key)))


def _facet(schema: str, **members: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_FACETS}/{schema}", **members}


def _line(event: dict[str, Any]) -> str:
    return orjson.dumps(event, default=str).decode() + "\n"
