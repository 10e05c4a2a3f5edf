"""Events of OpenLineage become facts: once, only for those who may write, and never guessed without saying so."""

import gzip
import json
import uuid
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Project
from accounts.operations import create_project, grant_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from lineage import keys
from lineage.models import Edge, IngestEvent, Node, Share
from lineage.vocabulary import Basis, EdgeKind, EdgeRole
from tests.native_api import call

SHA = "c" * 40
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
PRODUCER = "https://github.com/acme/pipelines"
ONE, TWO, THREE = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


def facet(**values):
    return {"_producer": PRODUCER, "_schemaURL": SCHEMA, **values}


def dataset(name, version="", **facets):
    if version:
        facets["version"] = facet(datasetVersion=version)
    return {"namespace": "s3://lake", "name": name, "facets": facets}


def run_event(run=ONE, kind="COMPLETE", at="2026-01-01T12:00:00Z", job="load", **more):
    run_facets, job_facets = more.pop("run_facets", {}), more.pop("job_facets", {})
    return {
        "eventType": kind,
        "eventTime": at,
        "producer": PRODUCER,
        "schemaURL": f"{SCHEMA}#/$defs/RunEvent",
        "run": {"runId": run, "facets": run_facets},
        "job": {"namespace": "nightly", "name": job, "facets": job_facets},
        **more,
    }


def edges(kind):
    found = Edge.objects.filter(kind=kind).values_list("src__key", "dst__key", "role", "basis")
    return {(src, dst): (EdgeRole(role), Basis(basis)) for src, dst, role, basis in found}


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


def send(client, event, status=201, query=""):
    return call(client, "post", f"/lineage{query}", json.dumps(event), status=status)


def test_a_run_is_linked_to_what_it_read_and_wrote(client):
    send(client, run_event(inputs=[dataset("loans", "1" * 64)], outputs=[dataset("features", "7")]))

    run = keys.run(ONE, tracker="openlineage")
    read = keys.dataset_version("s3://lake", "loans", "sha256", "1" * 64)
    wrote = keys.dataset_version("s3://lake", "features", "version", "7")
    assert edges(EdgeKind.USED) == {(read, run): (EdgeRole.DATA, Basis.DECLARED)}
    assert edges(EdgeKind.GENERATED) == {(run, wrote): (EdgeRole.DATA, Basis.DECLARED)}
    assert (keys.dataset("s3://lake", "loans"), read) in edges(EdgeKind.HAS_VERSION)
    assert Node.objects.get(key=read).pinned
    assert IngestEvent.objects.get().actor.username == "contributor"


def test_the_same_event_again_changes_nothing(client):
    event = run_event(inputs=[dataset("loans")])
    assert send(client, event) == {"new": True}
    before = Node.objects.count(), Edge.objects.count()
    reordered = dict(reversed(event.items()))

    assert send(client, reordered, status=200) == {"new": False}

    assert (Node.objects.count(), Edge.objects.count(), IngestEvent.objects.count()) == (*before, 1)


@pytest.mark.parametrize("version", ["", "latest", "main"])
def test_what_has_no_version_is_seen_to_have_none(client, version):
    send(client, run_event(inputs=[dataset("loans", version)]))

    key = keys.unpinned_version("s3://lake", "loans", ONE)
    assert not Node.objects.get(key=key).pinned


def test_that_a_run_read_what_was_written_last_is_a_guess(client):
    send(client, run_event(ONE, at="2026-01-01T12:00:00Z", outputs=[dataset("features")]))
    send(client, run_event(TWO, at="2026-01-02T12:00:00Z", outputs=[dataset("features")]))
    send(client, run_event(THREE, at="2026-01-01T18:00:00Z", inputs=[dataset("features")]))

    written = keys.dataset_version("s3://lake", "features", "written", ONE)
    read = keys.unpinned_version("s3://lake", "features", THREE)
    assert edges(EdgeKind.DERIVED) == {(written, read): (EdgeRole.NONE, Basis.INFERRED)}


def test_a_run_may_read_and_write_the_same_dataset(client):
    send(client, run_event(inputs=[dataset("features")], outputs=[dataset("features")]))

    assert len(edges(EdgeKind.USED)) == len(edges(EdgeKind.GENERATED)) == 1
    assert not {src for src, _ in edges(EdgeKind.USED)} & {dst for _, dst in edges(EdgeKind.GENERATED)}


def test_what_a_run_means_to_write_counts_when_it_has_ended_well(client):
    send(client, run_event(kind="START", outputs=[dataset("features")]))
    assert not edges(EdgeKind.GENERATED)

    send(client, run_event(kind="COMPLETE", at="2026-01-01T13:00:00Z"))

    assert len(edges(EdgeKind.GENERATED)) == 1


def test_what_a_failed_run_wrote_is_a_guess(client):
    send(client, run_event(kind="START", outputs=[dataset("features")]))
    send(client, run_event(kind="FAIL", outputs=[dataset("half")]))

    [(_, wrote)] = edges(EdgeKind.GENERATED)
    assert "half" in wrote
    assert edges(EdgeKind.GENERATED).popitem()[1] == (EdgeRole.DATA, Basis.INFERRED)


def test_parents_code_and_other_names_are_kept(client):
    job = {"namespace": "nightly", "name": "pipeline"}
    run_facets = {"parent": facet(run={"runId": TWO}, job=job, root={"run": {"runId": THREE}, "job": job})}
    place = facet(type="git", url="https://x", repoUrl="git@github.com:acme/loans.git", version=SHA, path="train.py")
    names = {"symlinks": facet(identifiers=[{"namespace": "hive", "name": "db.loans", "type": "TABLE"}])}
    send(
        client,
        run_event(
            run_facets=run_facets,
            job_facets={"sourceCodeLocation": place},
            inputs=[dataset("loans", **names)],
        ),
    )

    one, two, three = (keys.run(run, tracker="openlineage") for run in (ONE, TWO, THREE))
    assert set(edges(EdgeKind.PART_OF)) == {(two, one), (three, two)}
    code = keys.code("https://github.com/acme/loans", SHA, path="train.py")
    assert edges(EdgeKind.USED)[code, one] == (EdgeRole.CODE, Basis.DECLARED)
    assert (keys.dataset("hive", "db.loans"), keys.dataset("s3://lake", "loans")) in edges(EdgeKind.SAME_AS)


def test_code_without_a_commit_is_not_pinned(client):
    place = facet(type="git", url="https://github.com/acme/loans", branch="main")
    send(client, run_event(job_facets={"sourceCodeLocation": place}))

    code = Node.objects.get(key__startswith="git:")
    assert not code.pinned
    assert code.props == {"branch": "main"}


def test_lineage_that_is_said_is_declared(client):
    made_of = facet(inputs=[{"namespace": "s3://lake", "name": "loans", "type": "DATASET"}])
    outputs = [dataset("features", "2", lineage=made_of)]
    send(client, run_event(inputs=[dataset("loans", "1"), dataset("other", "1")], outputs=outputs))

    [((source, _), told)] = edges(EdgeKind.DERIVED).items()
    assert source == keys.dataset_version("s3://lake", "loans", "version", "1")
    assert told == (EdgeRole.NONE, Basis.DECLARED)


def test_a_job_without_a_run_makes_a_guess_unless_it_says(client):
    event = run_event(inputs=[dataset("a"), dataset("b")], outputs=[dataset("c")])
    del event["run"], event["eventType"]
    send(client, event)

    c = keys.dataset("s3://lake", "c")
    assert edges(EdgeKind.DERIVED) == {
        (keys.dataset("s3://lake", name), c): (EdgeRole.NONE, Basis.INFERRED) for name in "ab"
    }


def test_a_dataset_may_be_spoken_of_alone(client):
    change = facet(
        lifecycleStateChange="RENAME",
        previousIdentifier={"namespace": "s3://lake", "name": "old"},
    )
    event = {
        "eventTime": "2026-01-01T12:00:00+01:00",
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "dataset": dataset("new", "3", lifecycleStateChange=change),
    }
    send(client, event)

    assert set(edges(EdgeKind.DERIVED)) == {(keys.dataset("s3://lake", "old"), keys.dataset("s3://lake", "new"))}
    assert Node.objects.get(key__startswith="dsv:").props == {"lifecycle": "RENAME"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"eventTime": "yesterday"}, "eventTime is no time"),
        ({"eventTime": "2026-01-01T12:00:00"}, "must say its time zone"),
        ({"eventType": "DONE"}, "eventType must be one of"),
        ({"producer": 5}, "producer must be a text"),
        ({"schemaURL": None}, "schemaURL must be a text"),
        ({"run": {"runId": "7"}}, "run.runId must be a UUID"),
        ({"run": []}, "run must be a JSON object"),
        ({"job": {"namespace": "n"}}, "job.name must be a text"),
        ({"inputs": {}}, "inputs must be a list"),
        ({"inputs": [dataset("a"), 5]}, "inputs[1] must be a JSON object"),
        ({"outputs": [{"namespace": "n", "name": "x" * 1001}]}, "outputs[0].name has 1001 characters"),
        ({"outputs": [dataset("a\nb")]}, "outputs[0].name holds a control character"),
        ({"outputs": [dataset("a", version={})]}, "outputs[0].facets.version.datasetVersion must be"),
        ({"dataset": dataset("a")}, "this one has both"),
        ({"note": "\0"}, "zero character"),
    ],
)
def test_what_is_no_event_is_refused_with_its_place(client, change, sentence):
    if "outputs" in change and change["outputs"] == [dataset("a", version={})]:
        change = {"outputs": [{"namespace": "n", "name": "a", "facets": {"version": {"datasetVersion": 5}}}]}
    answer = send(client, run_event() | change, status=400)

    assert sentence in answer["message"]
    assert not Node.objects.exists()
    assert not IngestEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"event"'])
def test_what_is_no_json_object_is_refused(client, body):
    assert client.post("/api/v1/lineage", body, content_type="application/json").status_code == 400


def test_too_much_is_refused(client):
    many = [{"namespace": "n", "name": str(number)} for number in range(2_001)]
    send(client, run_event(inputs=many), status=413)
    bomb = gzip.compress(b" " * (11 * 2**20))
    packed = client.post("/api/v1/lineage", bomb, content_type="application/json", headers={"content-encoding": "gzip"})
    assert packed.status_code == 413


def test_a_packed_event_is_unpacked(client):
    body = gzip.compress(json.dumps(run_event()).encode())

    answer = client.post("/api/v1/lineage", body, content_type="application/json", headers={"content-encoding": "gzip"})

    assert answer.status_code == 201


def test_the_number_of_statements_does_not_grow(client, django_assert_max_num_queries):
    send(client, run_event(ONE, inputs=[dataset("warm")]))
    many = [dataset(str(number)) for number in range(200)]

    with django_assert_max_num_queries(24):
        send(client, run_event(TWO, inputs=many, outputs=many))


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_only_those_who_may_write_are_heard(client_of, viewer, outsider, client):
    send(client_of(viewer), run_event(), status=403)
    send(client_of(outsider), run_event(), status=404)
    assert not Node.objects.exists()


def test_the_project_is_named_by_address_header_or_token(client_of, admin, contributor):
    risk = create_project(CONSOLE, "risk", admin=admin.user)
    grant_role(type(admin)(admin.user, auth="session"), contributor.user, Role.CONTRIBUTOR, risk)
    here = client_of(contributor)
    send(here, run_event(ONE), query="?project=risk")
    call(here, "post", "/lineage", json.dumps(run_event(TWO)), status=201, **{"x-mlflow-workspace": "risk"})
    send(client_of(contributor, project=risk), run_event(THREE))
    send(here, run_event(THREE), status=404, query="?project=none")

    assert {node.scope.project for node in Node.objects.all()} == {Project.objects.get(slug="risk")}


def test_nobody_speaks_of_the_runs_of_another_project(client_of, admin, contributor, client):
    create_project(CONSOLE, "risk", admin=admin.user)
    send(client_of(admin), run_event(ONE, inputs=[dataset("secret")]), query="?project=risk")

    answer = send(client, run_event(ONE, outputs=[dataset("forged")]), status=404)

    assert "you may not" in answer["message"]
    assert not Node.objects.filter(key__contains="forged").exists()
    assert not Share.objects.filter(node__key__startswith="run:").exists()


def test_many_events_say_which_were_not_taken(client):
    answer = call(client, "post", "/lineage/batch", json.dumps([run_event(ONE), {"eventTime": 1}, run_event(TWO)]))

    assert answer["status"] == "partial_success"
    assert answer["summary"] == {
        "received": 3, "successful": 2, "failed": 1, "retriable": 0, "non_retriable": 1,
    }  # fmt: skip
    assert answer["failed_events"][0]["index"] == 1
    assert Node.objects.filter(key__startswith="run:").count() == 2


def test_the_database_takes_what_is_said(client):
    send(client, run_event(inputs=[dataset("naïve 表 🙂")]))

    assert Node.objects.filter(key="ds:s3://lake/naïve 表 🙂").exists()
    assert connection.vendor


# --- A real producer --------------------------------------------------------------------------------------------------


def test_what_dbt_sends_becomes_one_graph(client):
    """The events that ``dbt-ol build`` of openlineage-dbt 1.54 sent for a seed and two models on DuckDB."""
    lines = (Path(__file__).parent / "dbt_events.ndjson").read_text().splitlines()
    for line in lines:
        send(client, json.loads(line))

    runs = {run.label: run.key for run in Node.objects.filter(key__startswith="run:")}
    assert set(runs) == {"dbt-run-shop", "shop.main.shop.orders.build.run", "shop.main.shop.totals.build.run"}
    parts = {(src, dst) for src, dst in edges(EdgeKind.PART_OF)}
    assert parts == {
        (runs["dbt-run-shop"], runs[f"shop.main.shop.{model}.build.run"]) for model in ("orders", "totals")
    }
    [(read, reader)] = edges(EdgeKind.USED)
    assert reader == runs["shop.main.shop.totals.build.run"]
    [written] = [key for run, key in edges(EdgeKind.GENERATED) if run == runs["shop.main.shop.orders.build.run"]]
    assert edges(EdgeKind.DERIVED) == {(written, read): (EdgeRole.NONE, Basis.INFERRED)}


# --- Asked as Marquez is asked ----------------------------------------------------------------------------------------


def test_jobs_and_datasets_around_one_are_told_as_marquez_does(client, client_of, outsider):
    send(client, run_event(ONE, job="load", inputs=[dataset("loans", "1")], outputs=[dataset("features")]))
    later = "2026-01-02T12:00:00Z"
    send(client, run_event(TWO, at=later, job="train", inputs=[dataset("features")], outputs=[dataset("model", "1")]))
    features = {"nodeId": "dataset:s3://lake:features"}

    graph = {node["id"]: node for node in call(client, "get", "/lineage", features)["graph"]}

    names = {
        "job:nightly:load",
        "job:nightly:train",
        *(f"dataset:s3://lake:{name}" for name in ("loans", "features", "model")),
    }
    assert set(graph) == names
    assert graph["job:nightly:train"]["inEdges"] == [
        {"origin": "dataset:s3://lake:features", "destination": "job:nightly:train"}
    ]
    near = call(client, "get", "/lineage", {"nodeId": "job:nightly:load", "depth": 1})["graph"]
    assert "job:nightly:load" in {node["id"] for node in near}
    call(client_of(outsider), "get", "/lineage", features, status=404)
    call(client, "get", "/lineage", {"nodeId": "dataset:s3://lake:nothing"}, status=404)
