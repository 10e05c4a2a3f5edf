"""Lineage as PROV-JSON (W3C): entities, activities, and how they came from one another.

Every element carries our key and kind, and every relation our kind, role and basis, so that nothing is lost when it
comes back. PROV reads from what was made to what it was made of: the other way round than our edges.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import orjson

from lineage.exchange.portable import portable
from lineage.exports.gathering import Lineage
from lineage.exports.moments import iso
from lineage.queries.answers import EdgeView, NodeView

NAMESPACE: Final = "https://stagekeeper.dev/lineage#"
ACTIVITIES: Final = frozenset({"run", "pipeline_run", "evaluation", "deployment"})
#: For each kind of edge: the relation, and the names of the two ends, the later thing first.
_RELATIONS: Final = {
    "used": ("used", "activity", "entity"),
    "generated": ("wasGeneratedBy", "entity", "activity"),
    "derived": ("wasDerivedFrom", "generatedEntity", "usedEntity"),
    "deployed": ("used", "activity", "entity"),
    "evaluated": ("used", "activity", "entity"),
    "consumed": ("wasGeneratedBy", "entity", "activity"),
    "has_version": ("specializationOf", "specificEntity", "generalEntity"),
    "part_of": ("wasStartedBy", "activity", "starter"),
    "same_as": ("alternateOf", "alternate1", "alternate2"),
}
_INFLUENCE: Final = ("wasInfluencedBy", "influencee", "influencer")
_IS_ACTIVITY: Final = {"activity": True, "starter": True}


def write(lineage: Lineage) -> Iterator[str]:
    """The document, a member at a time."""
    yield '{"prefix":' + _json({"sk": NAMESPACE})
    kinds: dict[str, str] = {}
    members: dict[str, dict[str, Any]] = {"entity": {}, "activity": {}}
    for node in lineage.nodes():
        kinds[node.key] = node.kind
        members["activity" if node.kind in ACTIVITIES else "entity"][_name(node.key)] = _element(node)
    for number, edge in enumerate(lineage.edges()):
        relation, later, earlier = _relation(edge, kinds)
        members.setdefault(relation, {})[f"_:r{number}"] = {
            f"prov:{later}": _name(edge.dst),
            f"prov:{earlier}": _name(edge.src),
            **_attributes(edge),
        }
    for segment in lineage.segments:
        hidden = f"sk:hidden-{segment.id}"
        members["entity"][hidden] = {"prov:label": "hidden", "sk:hidden": True}
        links = [(key, hidden) for key in segment.sources] + [(hidden, key) for key in segment.targets]
        for src, dst in links:
            ends = {"prov:influencee": _end(dst), "prov:influencer": _end(src), "sk:hidden": True}
            members.setdefault("wasInfluencedBy", {})[f"_:h{len(members['wasInfluencedBy'])}"] = ends
    for name, member in members.items():
        yield f",{_json(name)}:{_json(member)}"
    yield "}\n"


def _element(node: NodeView) -> dict[str, Any]:
    said: dict[str, Any] = {
        "prov:label": node.label,
        "prov:type": {"$": f"sk:{node.kind}", "type": "prov:QUALIFIED_NAME"},
        "sk:key": portable(node.key),
        "sk:at": node.at,
        "sk:digest": node.digest,
        "sk:properties": _json(dict(node.properties)),
    }
    if node.kind in ACTIVITIES and node.at:
        said["prov:startTime"] = iso(node.at)
    return said


def _relation(edge: EdgeView, kinds: dict[str, str]) -> tuple[str, str, str]:
    """The relation of PROV whose ends are of the kinds that these are; else that one influenced the other."""
    relation = _RELATIONS.get(edge.kind, _INFLUENCE)
    for end, key in ((relation[1], edge.dst), (relation[2], edge.src)):
        if relation is not _INFLUENCE and _IS_ACTIVITY.get(end, False) != (kinds[key] in ACTIVITIES):
            return _INFLUENCE
    return relation


def _attributes(edge: EdgeView) -> dict[str, Any]:
    return {"sk:kind": edge.kind, "sk:role": edge.role, "sk:basis": edge.basis, "sk:at": edge.at}


def _end(key: str) -> str:
    return key if key.startswith("sk:hidden-") else _name(key)


def _name(key: str) -> str:
    """A qualified name: keys have characters that such names may not have."""
    return "sk:" + hashlib.sha256(portable(key).encode()).hexdigest()[:32]


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
