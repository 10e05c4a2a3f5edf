"""Whoever is cut off from a model says nothing of its versions, and does not learn that they are there."""

import json

import pytest

from accounts.roles import Action, Role
from audit.exceptions import Hidden, NotFound
from lineage import keys
from lineage.exchange.ndjson import read_ndjson
from lineage.models import Node
from lineage.operations import recall_node
from lineage.operations.imports import import_lineage
from registry import operations


def export(version):
    head = {"format": "stagekeeper-lineage", "version": 1}
    node = {"kind": "model_version", "label": "v", "at": 1, "digest": "", "properties": {}}
    data = {"node": "ds:a/b", "kind": "dataset", "label": "b", "at": 1, "digest": "", "properties": {}}
    edge = {"edge": ["ds:a/b", version], "kind": "derived", "role": "", "basis": "declared", "at": 1}
    lines = [head, {**node, "node": version}, data, edge, {"end": True, "nodes": 2, "edges": 1}]
    return "\n".join(map(json.dumps, lines))


@pytest.fixture
def stranger(admin, model, version, cast):
    operations.set_inheritance(admin, model, inherits=False)
    return cast("stranger", Role.CONTRIBUTOR)


def test_they_cannot_write_edges_into_it(stranger, project, model):
    said = []
    for key in (keys.model_version(model.pk, 1), keys.model_version(model.pk, 77)):
        with pytest.raises(NotFound) as refused:
            import_lineage(stranger, project, "ndjson", export(key), read_ndjson)
        said.append(str(refused.value).replace(key, "X"))

    assert said[0] == said[1]


def test_they_cannot_recall_it(stranger, model):
    node = Node.objects.select_related("scope").get(key=keys.model_version(model.pk, 1))

    assert not stranger.may(Action.VIEW, node)
    with pytest.raises(Hidden):
        recall_node(stranger, node, reason="I do not like it at all.")
