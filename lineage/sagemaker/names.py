"""How SageMaker calls what is in the graph: resource names, types of entities and of associations."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from accounts.principals import Principal
from lineage import kinds
from lineage.engine import Graph
from lineage.keys import hash_of
from lineage.models import Node
from lineage.vocabulary import EdgeKind, NodeKind

_PREFIX: Final = "arn:aws:sagemaker:local:000000000000"
_ARN: Final = re.compile(
    r"^arn:[^:]*:sagemaker:[^:]*:[^:]*:(?:artifact|context|action|experiment-trial-component)/([0-9a-f]{32})$"
)
_ACTIVITIES: Final = frozenset({"run", "pipeline_run", "evaluation"})
_CONTEXTS: Final = frozenset({"model", "deployment"})
_TYPES: Final = {
    "dataset": "DataSet", "dataset_version": "DataSet", "feature_view_version": "FeatureGroup", "code": "Code",
    "image": "Image", "environment": "Environment", "run": "Run", "pipeline_run": "PipelineRun", "artifact": "Artifact",
    "model_version": "Model", "model": "ModelGroup", "evaluation": "Evaluation", "deployment": "Endpoint",
    "external": "External",
}  # fmt: skip
#: The kinds of associations, in SageMaker's words.
ASSOCIATIONS: Final = {
    EdgeKind.USED: "ContributedTo", EdgeKind.GENERATED: "Produced", EdgeKind.DERIVED: "DerivedFrom",
    EdgeKind.DEPLOYED: "ContributedTo", EdgeKind.EVALUATED: "ContributedTo", EdgeKind.CONSUMED: "Produced",
    EdgeKind.HAS_VERSION: "AssociatedWith", EdgeKind.PART_OF: "AssociatedWith", EdgeKind.ASSOCIATED: "AssociatedWith",
    EdgeKind.SAME_AS: "SameAs",
}  # fmt: skip


def entity_of(kind: str) -> str:
    """Which of SageMaker's lineage entities a kind of node is."""
    return "TrialComponent" if kind in _ACTIVITIES else "Context" if kind in _CONTEXTS else "Artifact"


def type_of(kind: str) -> str:
    """The type of an entity."""
    return _TYPES[kind]


def kinds_of(entities: Iterable[str], types: Iterable[str]) -> frozenset[int]:
    """The kinds of nodes that are one of these entities and one of these types; all where nothing is asked for."""
    entities, types = set(entities), set(types)
    return frozenset(
        kind.value
        for kind in NodeKind
        if (not entities or entity_of(kind.name.lower()) in entities)
        and (not types or type_of(kind.name.lower()) in types)
    )


def arn_of(key: str, kind: str) -> str:
    """The resource name of a node; it holds the hash of the key and not the key."""
    resource = {"TrialComponent": "experiment-trial-component", "Context": "context"}.get(entity_of(kind), "artifact")
    return f"{_PREFIX}:{resource}/{hash_of(key).hex()}"


def keys_of(graph: Graph, principal: Principal, names: Iterable[str]) -> Mapping[str, str]:
    """The keys behind resource names, by name; what is no such name is taken for a key or a name of ours.

    What is hidden is left out like what is not there.
    """
    names = list(names)
    hashes = {name: bytes.fromhex(found[1]) for name in names if (found := _ARN.match(name))}
    rows = Node.objects.filter(key_hash__in=set(hashes.values())).values_list("key_hash", "key")
    keys = {bytes(key_hash): key for key_hash, key in rows}
    found_keys = {name: keys[key_hash] for name, key_hash in hashes.items() if key_hash in keys}
    found_keys |= kinds.resolve(principal, [name for name in names if name not in hashes])
    readable = graph.find(found_keys.values())
    return {name: key for name, key in found_keys.items() if key in readable}
