"""What was imported is exported, and importing that again gives the same graph."""

import itertools
import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lineage.exchange.ndjson import read_ndjson
from lineage.exchange.prov import read_prov
from lineage.exports.formats import FORMATS
from lineage.exports.gathering import lineage_of
from lineage.exports.ndjson import FORMAT
from lineage.models import Edge, Node
from lineage.operations.imports import import_lineage
from lineage.vocabulary import EdgeKind, EdgeRole, NodeKind
from tests.native_api import call

_NUMBERS = itertools.count()
_STARTS = {
    "dataset": "ds:ns/{}", "dataset_version": "dsv:ns/{}@sha256:aa", "code": "git:https://h/{}@" + "c" * 40,
    "run": "run:ci/{}",
    "artifact": "art:{}", "model_version": "mv:hub/{}/1", "model": "m:hub/{}", "evaluation": "ev:run:ci/{}/e",
    "deployment": "dep:far:{}/t/1", "external": "ext:sys:{}", "image": "oci:{}@sha256:" + "a" * 64,
    "environment": "env:sha256:{}", "pipeline_run": "run:dag/{}", "feature_view_version": "fv:store/{}@1",
}  # fmt: skip
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
_MOMENTS = st.integers(1, 2**41)
_PROPS = st.dictionaries(_TEXTS, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXTS, max_size=3)


@st.composite
def graphs(draw):
    """Things of all kinds hanging together, and edges that may form cycles; none is said to be the same as another."""
    prefix = next(_NUMBERS)
    kinds = draw(st.lists(st.sampled_from(sorted(_STARTS)), min_size=2, max_size=9))
    names = [_STARTS[kind].format(f"{prefix}-{number}") for number, kind in enumerate(kinds)]
    nodes = [
        {
            "node": name,
            "kind": kind,
            "label": draw(_TEXTS),
            "at": draw(_MOMENTS),
            "digest": draw(st.just("") | st.just("sha256:" + "9" * 64)),
            "properties": draw(_PROPS),
        }
        for kind, name in zip(kinds, names, strict=True)
    ]
    pairs = {(0, number) for number in range(1, len(names))}
    pairs |= draw(st.sets(st.tuples(*[st.integers(0, len(names) - 1)] * 2), max_size=9))
    edge_kinds = sorted({kind.name.lower() for kind in EdgeKind} - {"same_as"})
    edges = [
        {
            "edge": [names[src], names[dst]],
            "kind": draw(st.sampled_from(edge_kinds)),
            "role": draw(st.sampled_from(["", *(role.name.lower() for role in EdgeRole if role)])),
            "basis": draw(st.sampled_from(["declared", "inferred"])),
            "at": draw(_MOMENTS),
        }
        for src, dst in sorted(pairs)
        if src != dst
    ]
    return nodes, edges


def written(nodes, edges):
    head = {"format": FORMAT, "version": 1}
    end = {"end": True, "nodes": len(nodes), "edges": len(edges)}
    return "\n".join(orjson.dumps(line).decode() for line in (head, *nodes, *edges, end))


def shown(text):
    """The nodes and edges of a file, whatever their order."""
    lines = [json.loads(line) for line in text.split("\n") if line]
    return [
        sorted(json.dumps(line, sort_keys=True) for line in lines if part in line) for part in ("node", "edge")
    ]  # fmt: skip


def export(principal, key, form):
    chosen = FORMATS[form]
    lineage = lineage_of(principal, [key], direction="both", structural=chosen.structural)
    return "".join(chosen.write(lineage))


def add(principal, project, form, text):
    if form == "prov":
        return import_lineage(principal, project, form, json.loads(text), read_prov, keep=False)
    return import_lineage(principal, project, form, text, read_ndjson, keep=False)


@pytest.mark.parametrize("form", ["ndjson", "prov"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs())
def test_an_export_imported_again_is_the_same_graph(contributor, project, form, graph):
    nodes, edges = graph
    start = nodes[0]["node"]
    add(contributor, project, "ndjson", written(nodes, edges))

    said = export(contributor, start, "ndjson")
    assert shown(said) == shown(written(nodes, edges))

    before = Node.objects.count(), Edge.objects.count()
    add(contributor, project, form, export(contributor, start, form))
    assert (Node.objects.count(), Edge.objects.count()) == before
    assert shown(export(contributor, start, "ndjson")) == shown(said)


@given(graph=graphs())
@settings(max_examples=50, deadline=None)
def test_reading_is_the_inverse_of_writing(graph):
    nodes, edges = graph
    things, flows = read_ndjson(written(nodes, edges))

    assert [thing.key for thing in things] == [node["node"] for node in nodes]
    assert [[flow.src, flow.dst] for flow in flows] == [edge["edge"] for edge in edges]


# --- What is no export ------------------------------------------------------------------------------------------------

NODE = {"node": "ds:ns/a", "kind": "dataset", "label": "a", "at": 1, "digest": "", "properties": {}}
OTHER = {**NODE, "node": "ds:ns/b"}
EDGE = {"edge": ["ds:ns/a", "ds:ns/b"], "kind": "derived", "role": "", "basis": "declared", "at": 1}


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


def post(client, kind, text, status=400):
    response = client.post(f"/api/v1/lineage/import/{kind}", text, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("{}", "This is no stagekeeper-lineage"),
        ("no", "not JSON"),
        (written([NODE], []).rpartition("\n")[0], "cut short"),
        (written([NODE], []).replace('"nodes":1', '"nodes":2'), "cut short"),
        (written([{**NODE, "kind": "thing"}], []), "line 2.kind must be one of"),
        (written([{**NODE, "kind": "run"}], []), "is no key of a run"),
        (written([{**NODE, "at": "now"}], []), "line 2.at must be milliseconds"),
        (written([{**NODE, "properties": {"x": "y" * 70_000}}], []), "64 kB of properties"),
        (written([NODE], [EDGE]), "no node of this file"),
        (written([NODE, OTHER], [{**EDGE, "edge": ["ds:ns/a"]}]), "the keys of two nodes"),
        (written([NODE, OTHER], [{**EDGE, "edge": ["ds:ns/a", "ds:ns/a"]}]), "to itself"),
        (written([NODE, OTHER], [{**EDGE, "role": "boss"}]), "line 4.role must be one of"),
    ],
)
def test_a_file_that_is_none_is_refused(client, text, sentence):
    assert sentence in post(client, "ndjson", text)["message"]
    assert not Node.objects.exists()


def test_what_somebody_saw_elsewhere_is_what_they_say(client):
    done = post(client, "ndjson", written([NODE, OTHER], [{**EDGE, "basis": "observed"}]), status=201)

    assert done == {"is_new": True, "things": 2, "flows": 1}
    assert Edge.objects.get().get_basis_display() == "declared"


@pytest.mark.parametrize("key", ["run:local/" + "a" * 32, "mv:local/1/1", "dep:1/eu/1"])
def test_nobody_makes_things_of_this_server_by_an_import(client, key):
    kind = {"run": "run", "mv": "model_version", "dep": "deployment"}[key.partition(":")[0]]
    post(client, "ndjson", written([{**NODE, "node": key, "kind": kind}], []), status=404)

    assert not Node.objects.exists()


def test_the_provenance_of_others_is_read(client):
    document = {
        "prefix": {"ex": "https://example.org/"},
        "entity": {"ex:report": {"prov:label": "Report"}, "ex:data": {}},
        "activity": {"ex:compile": {"prov:startTime": "2026-01-01T00:00:00Z"}},
        "agent": {"ex:ada": {}},
        "used": {"_:1": {"prov:activity": "ex:compile", "prov:entity": "ex:data"}},
        "wasGeneratedBy": {"_:2": {"prov:activity": "ex:compile", "prov:entity": "ex:report"}},
        "wasAssociatedWith": {"_:3": {"prov:activity": "ex:compile", "prov:agent": "ex:ada"}},
        "wasDerivedFrom": {"_:4": {"prov:generatedEntity": "ex:report", "prov:usedEntity": "ex:undeclared"}},
    }
    done = call(client, "post", "/lineage/import/prov", json.dumps(document), status=201)

    assert (done["things"], done["flows"]) == (Node.objects.count(), Edge.objects.count()) == (5, 4)
    run = Node.objects.get(kind=NodeKind.RUN)
    assert (run.key, run.created_at) == ("run:prov/https://example.org/compile", 1_767_225_600_000)
    assert not Node.objects.get(key="ext:prov:https://example.org/data").pinned


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "must be a JSON object"),
        ({}, "neither entities nor activities"),
        ({"entity": []}, "entity must be a JSON object"),
        ({"entity": {"a": 5}}, "entity.a must be a JSON object"),
        ({"bundle": {"b": {}}}, "Bundles are not read"),
        ({"entity": {"a": {"sk:key": "ds:x/y", "prov:type": "sk:nothing"}}}, "kind must be one of"),
    ],
)
def test_a_document_that_is_none_is_refused(client, document, sentence):
    assert sentence in post(client, "prov", json.dumps(document))["message"]
