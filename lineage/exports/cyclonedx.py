"""What a model is made of, as a CycloneDX 1.6 bill of materials with model cards and formulation.

Models are machine-learning models, datasets are data, runs are workflows that say what went in and came out; what a
model was fine-tuned from is its pedigree.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from lineage.exchange.portable import portable
from lineage.exports.digests import digests_of
from lineage.exports.gathering import Lineage
from lineage.exports.moments import iso
from lineage.queries.answers import EdgeView, NodeView

SCHEMA: Final = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_TYPES: Final = {
    "model_version": "machine-learning-model", "model": "machine-learning-model", "dataset": "data",
    "dataset_version": "data", "feature_view_version": "data", "code": "application", "image": "container",
    "environment": "platform", "artifact": "file", "external": "application",
}  # fmt: skip
_ALGORITHMS: Final = {"sha256": "SHA-256", "md5": "MD5", "sha512": "SHA-512", "sha1": "SHA-1"}
_MODELS: Final = frozenset({"artifact", "model_version"})
_WORKS: Final = frozenset({"run", "pipeline_run", "evaluation"})


def write(lineage: Lineage) -> Iterator[str]:
    """The bill of materials."""
    bill = _Bill(lineage).document()
    yield orjson.dumps(bill, default=str, option=orjson.OPT_NON_STR_KEYS).decode() + "\n"


class _Bill:
    """The parts of a bill, found once."""

    def __init__(self, lineage: Lineage) -> None:
        self.nodes = {node.key: node for node in lineage.nodes()}
        self.subject = next(key for key in lineage.keys if key in self.nodes)
        self.hidden = len(lineage.segments)
        self.into: dict[str, list[EdgeView]] = defaultdict(list)
        self.out_of: dict[str, list[EdgeView]] = defaultdict(list)
        for edge in lineage.edges():
            self.into[edge.dst].append(edge)
            self.out_of[edge.src].append(edge)

    def document(self) -> dict[str, Any]:
        """The whole bill."""
        parts = [node for node in self.nodes.values() if node.kind in _TYPES and node.key != self.subject]
        works = [node for node in self.nodes.values() if node.kind in _WORKS]
        document: dict[str, Any] = {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{uuid.uuid4()}",
            "version": 1,
            "metadata": {
                "timestamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                "tools": {"components": [{"type": "application", "name": "Stagekeeper"}]},
                "component": self._component(self.nodes[self.subject]),
                "properties": [{"name": "stagekeeper:hidden_segments", "value": str(self.hidden)}],
            },
            "components": [self._component(node) for node in parts],
            "dependencies": [self._dependency(node) for node in (self.nodes[self.subject], *parts)],
        }
        if works:
            document["formulation"] = [{"bom-ref": "formula", "workflows": [self._workflow(node) for node in works]}]
        return document

    def _component(self, node: NodeView) -> dict[str, Any]:
        kind = self._type(node)
        said: dict[str, Any] = {"type": kind, "bom-ref": _ref(node.key), **_described(node)}
        if kind == "data":
            said["data"] = [{"type": "dataset", "name": node.label}]
        if kind == "machine-learning-model":
            said["modelCard"] = self._card(node)
            if ancestors := [_ancestor(base) for base in self._bases(node.key)]:
                said["pedigree"] = {"ancestors": ancestors}
        if node.kind == "code" and (url := node.key.removeprefix("git:").rpartition("@")[0]).startswith("https://"):
            said["externalReferences"] = [{"type": "vcs", "url": url}]
        return said

    def _type(self, node: NodeView) -> str:
        if node.key.startswith("art:logged-model:"):
            return "machine-learning-model"
        return _TYPES.get(node.kind, "application")

    def _card(self, node: NodeView) -> dict[str, Any]:
        made_with = {source: None for each in self._same_model(node.key) for source in self._materials(each)}
        data = [source for source in made_with if self._type(self.nodes[source]) == "data"]
        card: dict[str, Any] = {"modelParameters": {"datasets": [{"ref": _ref(key)} for key in data]}}
        if node.metric is not None:
            name, value = node.metric
            card["quantitativeAnalysis"] = {"performanceMetrics": [{"type": name, "value": str(value)}]}
        return card

    def _materials(self, key: str) -> list[str]:
        """The things that one was made of: what it was derived from, and what the runs that made it used."""
        found: dict[str, None] = {}
        for edge in self.into[key]:
            if self.nodes[edge.src].kind in _WORKS:
                found |= dict.fromkeys(used.src for used in self.into[edge.src] if used.kind != "part_of")
            elif edge.kind != "same_as":
                found[edge.src] = None
        return [each for each in found if self.nodes[each].kind in _TYPES and each != key]

    def _bases(self, key: str) -> list[NodeView]:
        """The models that one was fine-tuned from."""
        same = self._same_model(key)
        makers = [edge.src for each in same for edge in self.into[each] if self.nodes[edge.src].kind in _WORKS]
        bases = [edge.src for maker in makers for edge in self.into[maker] if edge.role == "base_model"]
        return [self.nodes[base] for base in dict.fromkeys(bases) if base != key]

    def _same_model(self, key: str) -> list[str]:
        """A model and what it was registered or converted from: the same model, before it had a name."""
        found = {key: None}
        for each in found.copy():
            sources = (edge.src for edge in self.into[each] if edge.kind == "derived")
            found |= dict.fromkeys(source for source in sources if self.nodes[source].kind in _MODELS)
        return list(found)

    def _dependency(self, node: NodeView) -> dict[str, Any]:
        return {"ref": _ref(node.key), "dependsOn": sorted({_ref(key) for key in self._materials(node.key)})}

    def _workflow(self, node: NodeView) -> dict[str, Any]:
        workflow: dict[str, Any] = {
            "bom-ref": _ref(node.key),
            "uid": portable(node.key),
            "name": node.label,
            "taskTypes": ["test" if node.kind == "evaluation" else "build"],
            "properties": _properties(node),
        }
        inputs = [{"resource": {"ref": _ref(edge.src)}} for edge in self.into[node.key] if self._is_part(edge.src)]
        outputs = [
            {"type": "artifact", "resource": {"ref": _ref(edge.dst)}}
            for edge in self.out_of[node.key]
            if self._is_part(edge.dst)
        ]
        workflow |= {name: _once(ends) for name, ends in (("inputs", inputs), ("outputs", outputs)) if ends}
        if node.at:
            workflow["timeStart"] = iso(node.at)
        return workflow

    def _is_part(self, key: str) -> bool:
        return self.nodes[key].kind in _TYPES


def _once(ends: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({end["resource"]["ref"]: end for end in ends}.values())


def _ref(key: str) -> str:
    return portable(key)


def _described(node: NodeView) -> dict[str, Any]:
    said: dict[str, Any] = {"name": node.label or node.key, "properties": _properties(node)}
    if node.kind == "model_version":
        said["version"] = node.key.rpartition("/")[2]
    digests = digests_of(node.key, node.digest)
    if hashes := [
        {"alg": _ALGORITHMS[name], "content": value} for name, value in digests.items() if name in _ALGORITHMS
    ]:
        said["hashes"] = hashes
    return said


def _ancestor(node: NodeView) -> dict[str, Any]:
    """A model in the pedigree of another; its own entry has the reference, which may stand only once."""
    return {"type": "machine-learning-model", **_described(node)}


def _properties(node: NodeView) -> list[dict[str, str]]:
    said = {"key": portable(node.key), "pinned": str(node.pinned).lower(), "stage": node.stage}
    said |= {"recalled": "true"} if node.recalled else {}
    return [{"name": f"stagekeeper:{name}", "value": value} for name, value in said.items() if value]
