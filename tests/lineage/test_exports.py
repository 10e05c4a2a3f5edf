"""What is exported is all that the reader may see, in formats that others' own tools take."""

import csv
import io
import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from prov.model import ProvDocument

from accounts.operations import create_project, update_project
from accounts.principals import CONSOLE
from accounts.roles import Action, Role
from audit.operation import bulk_write, require
from lineage import keys
from lineage.exchange.portable import local, portable, server_id
from lineage.exports.formats import FORMATS
from lineage.facts import Flow, Place, Thing
from lineage.openlineage.parsing import read_event
from lineage.recording import record_facts
from lineage.vocabulary import Basis, EdgeKind, EdgeRole, NodeKind

AT = 1_767_225_600_000
RAW = Thing(NodeKind.DATASET_VERSION, keys.dataset_version("s3://lake", "loans", "sha256", "1" * 64), "loans 1", AT)
LOANS = Thing(NodeKind.DATASET, keys.dataset("s3://lake", "loans"), "loans", AT)
LOOSE = Thing(NodeKind.DATASET_VERSION, keys.unpinned_version("s3://lake", "rates", "a" * 32), "=rates", AT)
CODE = Thing(NodeKind.CODE, keys.code("https://github.com/acme/loans", "c" * 40), "loans cccc", AT)
IMAGE = Thing(NodeKind.IMAGE, keys.image("ghcr.io/acme/train", "sha256:" + "3" * 64), "train", AT)
BASE = Thing(NodeKind.MODEL_VERSION, keys.model_version("bert", 1, registry="hub"), "bert 1", AT)
RUN = Thing(NodeKind.RUN, keys.run("train-1", tracker="ci"), 'a "run" <1>', AT, props={"params": {"lr": "0.1"}})
MODEL = Thing(NodeKind.ARTIFACT, keys.artifact("5" * 64), "weights", AT, digest="5" * 64)
VERSION = Thing(NodeKind.MODEL_VERSION, keys.model_version("fraud", 7, registry="hub"), "fraud 7", AT, digest="6" * 64)
DEPLOYED = Thing(NodeKind.DEPLOYMENT, "dep:elsewhere:prod/eu/1", "prod eu", AT)
THINGS = [RAW, LOANS, LOOSE, CODE, IMAGE, BASE, RUN, MODEL, VERSION, DEPLOYED]
FLOWS = [
    Flow(LOANS.key, RAW.key, EdgeKind.HAS_VERSION, at=AT),
    Flow(RAW.key, RUN.key, EdgeKind.USED, EdgeRole.TRAIN, at=AT),
    Flow(LOOSE.key, RUN.key, EdgeKind.USED, EdgeRole.VALIDATION, Basis.INFERRED, AT),
    Flow(CODE.key, RUN.key, EdgeKind.USED, EdgeRole.CODE, at=AT),
    Flow(IMAGE.key, RUN.key, EdgeKind.USED, EdgeRole.IMAGE, at=AT),
    Flow(BASE.key, RUN.key, EdgeKind.USED, EdgeRole.BASE_MODEL, at=AT),
    Flow(RUN.key, MODEL.key, EdgeKind.GENERATED, EdgeRole.MODEL, at=AT),
    Flow(MODEL.key, VERSION.key, EdgeKind.DERIVED, at=AT),
    Flow(VERSION.key, DEPLOYED.key, EdgeKind.DEPLOYED, at=AT),
]


@bulk_write
def note(actor, project, things, flows=()):
    require(Action.VIEW, project)
    return record_facts(Place(project.pk), things, flows)


@pytest.fixture
def graph(contributor, project):
    return note(contributor, project, THINGS, FLOWS)


@pytest.fixture
def client(client_of, viewer):
    return client_of(viewer)


def exported(client, form, key=VERSION.key, **query):
    response = client.get("/api/v1/lineage/export", {"key": key, "format": form, **query})
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == query.pop("status", 200), body.decode()
    return body.decode()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_our_own_format_says_everything_and_how_much_it_is(client, graph):
    head, *middle, end = lines(exported(client, "ndjson"))

    assert head["starts"] == [VERSION.key]
    nodes = {line["node"]: line for line in middle if "node" in line}
    edges = {
        (*line["edge"], line["kind"], line["role"], line["basis"], line["at"]) for line in middle if "edge" in line
    }
    assert set(nodes) == {thing.key for thing in THINGS}
    assert nodes[RUN.key]["properties"] == {"params": {"lr": "0.1"}}
    assert (LOOSE.key, RUN.key, "used", "validation", "inferred", AT) in edges
    assert len(edges) == len(FLOWS)
    assert end == {"end": True, "nodes": 10, "edges": 9, "hidden_segments": 0}


def test_prov_is_read_by_its_own_library(client, graph):
    text = exported(client, "prov")

    document = ProvDocument.deserialize(content=text, format="json").flattened()
    names = [type(record).__name__ for record in document.get_records()]
    assert names.count("ProvEntity") == 8
    assert names.count("ProvActivity") == 2
    assert names.count("ProvUsage") == 6
    assert names.count("ProvGeneration") == 1
    assert names.count("ProvDerivation") == 1
    assert names.count("ProvSpecialization") == 1
    assert "wasDerivedFrom" in document.get_provn()


def test_the_bill_of_materials_is_valid_and_says_what_the_model_is_made_of(client, graph):
    text = exported(client, "cyclonedx")

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    subject = bill["metadata"]["component"]
    assert (subject["type"], subject["version"]) == ("machine-learning-model", "7")
    assert subject["hashes"] == [{"alg": "SHA-256", "content": "6" * 64}]
    types = {component["bom-ref"]: component["type"] for component in bill["components"]}
    assert types[RAW.key] == "data"
    assert types[IMAGE.key] == "container"
    assert DEPLOYED.key not in types
    [workflow] = bill["formulation"][0]["workflows"]
    assert {each["resource"]["ref"] for each in workflow["inputs"]} == {
        thing.key for thing in (RAW, LOOSE, CODE, IMAGE, BASE)
    }


def test_a_model_says_on_what_it_was_trained_and_from_what_it_was_tuned(client, graph):
    model = json.loads(exported(client, "cyclonedx"))["metadata"]["component"]

    assert {each["ref"] for each in model["modelCard"]["modelParameters"]["datasets"]} == {RAW.key, LOOSE.key}
    [ancestor] = model["pedigree"]["ancestors"]
    assert (ancestor["name"], ancestor["version"]) == ("bert 1", "1")


def test_the_provenance_names_the_pinned_inputs_and_says_what_is_not(client, graph):
    statement = json.loads(exported(client, "slsa"))

    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "fraud 7", "digest": {"sha256": "6" * 64}}]
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {"params": {"lr": "0.1"}}
    found = {each["uri"]: each.get("digest") for each in definition["resolvedDependencies"]}
    assert found == {
        RAW.key: {"sha256": "1" * 64},
        CODE.key: {"gitCommit": "c" * 40},
        IMAGE.key: {"sha256": "3" * 64},
        BASE.key: None,
    }
    assert definition["internalParameters"] == {"unpinned": [LOOSE.key], "hiddenSegments": 0}
    assert statement["predicate"]["runDetails"]["metadata"]["invocationId"] == RUN.key


@pytest.mark.parametrize("thing", [RAW, BASE])
def test_there_is_no_provenance_of_what_nobody_made(client, graph, thing):
    response = client.get("/api/v1/lineage/export", {"key": thing.key, "format": "slsa"})

    assert response.status_code == 409


def test_events_of_openlineage_are_events(client, graph):
    events = lines(exported(client, "openlineage"))

    for event in events:
        read_event(event)
    [run] = [event for event in events if event.get("eventType") and len(event["inputs"]) > 1]
    assert run["job"]["facets"]["sourceCodeLocation"]["version"] == "c" * 40
    read = {(each["namespace"], each["name"]) for each in run["inputs"]}
    assert ("s3://lake", "loans") in read
    assert run["inputs"][0]["facets"] or run["inputs"][1]["facets"]


def test_tables_hold_a_row_for_each(client, graph):
    nodes = list(csv.DictReader(io.StringIO(exported(client, "csv", structural="true"))))
    edges = list(csv.DictReader(io.StringIO(exported(client, "csv-edges"))))

    assert {row["key"] for row in nodes} == {thing.key for thing in THINGS} - {LOANS.key}
    assert {row["label"] for row in nodes if row["key"] == LOOSE.key} == {"'=rates"}
    assert {(row["from"], row["to"]) for row in edges} == {(flow.src, flow.dst) for flow in FLOWS[1:]}


def test_pictures_quote_what_they_are_told(client, graph):
    dot, mermaid = exported(client, "dot"), exported(client, "mermaid")

    assert '\\"run\\" <1>' in dot
    assert dot.count("->") == len(FLOWS) - 1
    assert "#34;run#34; #60;1#62;" in mermaid
    assert mermaid.count("-->") + mermaid.count("-.->") == len(FLOWS) - 1


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_what_may_not_be_seen_is_not_exported(client_of, outsider, graph, form):
    response = client_of(outsider).get("/api/v1/lineage/export", {"key": VERSION.key, "format": form})

    assert response.status_code == 404
    assert response.json()["message"] == f"There is no node “{VERSION.key}”, or you may not see it."


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"slsa"}))
def test_what_is_hidden_between_is_only_said_to_be_there(client_of, cast, admin, project, form):
    """A run of a project that the reader may not see lies between two things that they may."""
    other = create_project(CONSOLE, "secret", admin=admin.user)
    mine = cast("reader", Role.VIEWER)
    note(admin, project, [RAW, VERSION, LOANS])
    note(admin, other, [RUN, MODEL, BASE])
    note(admin, other, [], FLOWS[:2] + FLOWS[5:8])

    text = exported(client_of(mine), form)

    for thing in (RUN, MODEL, BASE):
        assert thing.key not in text
        assert thing.label not in text
    if form != "openlineage":  # which has no word for it
        assert "hidden" in text
        assert RAW.key in text or "loans" in text


def test_nothing_is_told_of_what_a_project_closes(client_of, cast, admin, project):
    other = create_project(CONSOLE, "secret", admin=admin.user)
    update_project(type(admin)(admin.user, auth="session"), other, lineage_passes=False)
    mine = cast("reader", Role.VIEWER)
    note(admin, project, [RAW, VERSION, LOANS])
    note(admin, other, [RUN, MODEL, BASE])
    note(admin, other, [], FLOWS[:2] + FLOWS[5:8])

    assert RAW.key not in exported(client_of(mine), "ndjson")


def test_a_thing_of_this_server_is_known_elsewhere_as_its(client_of, contributor, project):
    run = keys.run("a" * 32)
    assert portable(run) == f"run:{server_id()}/{'a' * 32}"
    for key in (run, keys.model_version(5, 7), keys.model(5), keys.logged_model("m-1"), "dep:3/eu/1", RAW.key):
        assert local(portable(key)) == key
    assert portable("dep:elsewhere:prod/eu/1") == "dep:elsewhere:prod/eu/1"
    note(contributor, project, [Thing(NodeKind.RUN, run, "here")])
    assert run not in exported(client_of(contributor), "ndjson", key=run)
