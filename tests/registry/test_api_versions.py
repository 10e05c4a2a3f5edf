"""Model versions through the native API."""

import hashlib
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from artifacts.models import ArtifactFile
from audit.models import AuditEvent
from registry import operations
from registry.api import reads
from registry.models import ModelVersion
from registry.rules import Stage
from tests.native_api import call, results

PATH = "/registered-models/default/fraud/versions"
ALL = "/model-versions"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.fixture
def keeper(client_of, maintainer):
    return client_of(maintainer)


@pytest.fixture
def days() -> list[datetime]:
    """Noon of the days to come, while the client's token lasts."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [noon + timedelta(days=number) for number in range(4)]


def test_what_a_run_made_is_registered(client, model, run, upload):
    upload(run, "model/MLmodel", "flavors")
    upload(run, "model/data/weights.bin", "0123")
    upload(run, "notes.txt", "no part of it")
    wanted = {"run": run.uid, "path": "model", "description": "first", "tags": {"team": "risk"}}

    made = call(client, "post", PATH, wanted, status=201)

    assert (made["model"], made["number"], made["stage"], made["creator"]) == ("fraud", 1, "None", "contributor")
    assert (made["run"], made["source"]) == (run.uid, f"runs:/{run.uid}/model")
    assert made["location"] == f"{run.artifact_uri}/model"
    assert (made["description"], made["tags"], made["aliases"]) == ("first", {"team": "risk"}, [])
    assert (made["content_digest"], made["frozen_at"]) == ("", None)
    assert made["content"] == {
        "count": 2,
        "size": 11,
        "files": [
            {"path": "MLmodel", "size": 7, "sha256": digest("flavors"), "state": "ready"},
            {"path": "data/weights.bin", "size": 4, "sha256": digest("0123"), "state": "ready"},
        ],
    }
    assert call(client, "get", f"{PATH}/1") == made


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_single_file_of_a_run_is_registered(client, model, run, upload):
    upload(run, "deep/model.pkl", "x")

    made = call(client, "post", PATH, {"run": run.uid, "path": "deep/model.pkl"}, status=201)

    assert [file["path"] for file in made["content"]["files"]] == ["deep/model.pkl"]


def test_a_logged_model_a_copy_and_an_outside_place_are_registered(client, model, logged_model, run, upload):
    upload(logged_model, "MLmodel", "flavors")

    first = call(client, "post", PATH, {"logged_model": logged_model.uid}, status=201)
    copy = call(client, "post", PATH, {"source": "models:/fraud/1"}, status=201)
    outside = call(client, "post", PATH, {"source": "s3://bucket/x", "run": run.uid}, status=201)

    assert (first["logged_model"], first["run"]) == (logged_model.uid, run.uid)
    assert (copy["number"], copy["content"]) == (2, first["content"])
    assert (outside["number"], outside["run"], outside["content"]) == (3, run.uid, None)


def test_of_very_many_files_the_first_are_shown(client, register, model, run, upload, monkeypatch):
    monkeypatch.setattr(reads, "MOST_FILES", 2)
    for name in "abc":
        upload(run, name, name)
    call(client, "post", PATH, {"run": run.uid}, status=201)

    content = call(client, "get", f"{PATH}/1")["content"]

    assert (content["count"], content["size"], [file["path"] for file in content["files"]]) == (3, 3, ["a", "b"])


@pytest.mark.parametrize(
    ("body", "field", "status"),
    [
        ({}, "source", 400),
        ({"source": "/home/me/model"}, "source", 400),
        ({"source": "http://elsewhere/x"}, "source", 400),
        ({"source": "s3://b/k", "path": "x"}, "path", 400),
        ({"source": "models:/unknown/1"}, "source", 404),
        ({"run": "0" * 32}, "run", 404),
        ({"logged_model": "m-" + "0" * 32}, "logged_model", 404),
        ({"source": "s3://b/k", "tags": {"../up": "x"}}, "tags", 400),
        ({"source": "s3://b/k", "description": 5 * ["x"]}, "description", 400),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, model, body, field, status):
    answer = call(client, "post", PATH, body, status=status)

    assert list(answer["fields"]) == [field]
    assert not ModelVersion.objects.exists()


def test_a_version_is_described_and_tagged(client, version):
    assert call(client, "patch", f"{PATH}/1", {"description": "new"})["description"] == "new"
    assert call(client, "put", f"{PATH}/1/tags/a/b", {"value": "1"})["tags"] == {"a/b": "1"}
    call(client, "delete", f"{PATH}/1/tags/a/b", status=204)
    assert call(client, "get", f"{PATH}/1")["tags"] == {}


def test_a_version_moves_through_its_stages(keeper, client, model, run, upload):
    upload(run, "MLmodel", "flavors")
    for _ in range(2):
        call(client, "post", PATH, {"run": run.uid}, status=201)
        call(client, "post", f"{PATH}/{model.versions.count()}/transition", {"stage": "Staging"})

    promoted = call(keeper, "post", f"{PATH}/1/transition", {"stage": "Production", "reason": "better"})
    replaced = call(keeper, "post", f"{PATH}/2/transition", {"stage": "Production"})

    assert (promoted["stage"], promoted["aliases"]) == ("Production", ["production"])
    assert len(promoted["content_digest"]) == 64
    assert replaced["stage"] == "Production"
    history = results(client, f"{PATH}/1/stages")
    assert [row["stage"] for row in history] == ["Archived", "Production", "Staging", "None"]
    assert [row["actor"] for row in history] == ["maintainer", "maintainer", "contributor", "contributor"]
    assert history[0]["until"] is None
    assert history[1]["until"] == history[0]["since"]


def test_a_step_that_is_not_possible_is_said_at_its_field(client, version, contributor, prompt):
    assert list(call(client, "post", f"{PATH}/1/transition", {"stage": "Prod"}, status=400)["fields"]) == ["stage"]
    misused = {"stage": "Archived", "archive_existing": True}
    assert list(call(client, "post", f"{PATH}/1/transition", misused, status=400)["fields"]) == ["archive_existing"]
    tags = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "Hello"}
    operations.create_model_version(contributor, prompt, "prompt-template", tags=tags)
    path = "/registered-models/default/greeting/versions/1/transition"
    assert list(call(client, "post", path, {"stage": "Staging"}, status=409)["fields"]) == ["stage"]


def test_a_version_goes_to_the_trash_and_comes_back(client, version):
    path = f"{PATH}/1"

    call(client, "delete", path, {"reason": "wrong data"}, status=204)

    call(client, "get", path, status=404)
    assert results(client, PATH) == []
    assert [row["lifecycle"] for row in results(client, PATH, lifecycle="trashed")] == ["trashed"]
    assert call(client, "get", path, {"lifecycle": "trashed"})["number"] == 1
    assert call(client, "post", f"{path}/restore", {"reason": "it was right"})["lifecycle"] == "active"
    call(client, "post", f"{path}/restore", status=404)


def test_versions_are_filtered_and_paged(client, register):
    register(Stage.STAGING, tags={"team": "risk"})
    register()
    register()

    def numbers(path=PATH, **query):
        return [row["number"] for row in results(client, path, **query)]

    assert numbers(page_size=1) == [3, 2, 1]
    assert numbers(stage="Staging") == [1]
    assert numbers(filter="tags.team = 'risk' and version_number < 2") == [1]
    assert numbers(ALL, project="default", filter="name = 'fraud'", stage="None") == [3, 2]
    assert numbers(ALL, project="nowhere") == []
    assert numbers(ALL, kind="prompt") == []
    assert list(call(client, "get", PATH, {"filter": "x"}, status=400)["fields"]) == ["filter"]


def test_versions_are_shown_as_they_were_on_that_day(client, register, days):
    with time_machine.travel(days[0], tick=False):
        register(Stage.PRODUCTION)
    with time_machine.travel(days[2], tick=False):
        second = register(Stage.PRODUCTION)
        register()
        call(client, "delete", f"{PATH}/1", status=204)
    then, now = {"at": days[1].isoformat()}, {"at": days[3].isoformat()}

    (was,) = results(client, PATH, **then)
    shown = call(client, "get", f"{PATH}/1", then)

    assert (was["number"], was["stage"], was["aliases"]) == (1, "Production", ["production"])
    assert (shown["stage"], shown["lifecycle"]) == ("Production", "trashed")
    # Changes of a model made in the same instant still follow each other, a millisecond apart.
    assert datetime.fromisoformat(shown["stage_since"]) == days[0] + timedelta(milliseconds=1)
    assert [row["number"] for row in results(client, ALL, stage="Production", **then)] == [1]
    assert [row["number"] for row in results(client, ALL, stage="Production", **now)] == [second.number]
    assert [(row["number"], row["stage"]) for row in results(client, PATH, **now)] == [
        (3, "None"),
        (2, "Production"),
        (1, "Archived"),
    ]
    call(client, "get", f"{PATH}/2", then, status=404)


def test_the_files_of_a_version_are_listed_and_read(client, model, run, upload):
    upload(run, "model/MLmodel", "flavors")
    upload(run, "notes.txt", "no part of it")
    call(client, "post", PATH, {"run": run.uid, "path": "model"}, status=201)
    path = f"{PATH}/1/artifacts"

    assert results(client, path) == [{"path": "MLmodel", "is_folder": False, "size": 7}]
    response = client.get(f"/api/v1{path}/MLmodel")
    assert b"".join(response.streaming_content) == b"flavors"
    call(client, "get", f"{path}/notes.txt", status=404)
    call(client, "get", f"{path}/../notes.txt", status=400)
    call(client, "put", f"{path}/MLmodel", status=405)
    assert ArtifactFile.objects.live().count() == 2


def test_files_kept_elsewhere_are_found_there(client, version):
    assert "s3://bucket/fraud" in call(client, "get", f"{PATH}/1/artifacts", status=404)["message"]


def test_nobody_asks_without_signing_in(version):
    for method, path in (("get", PATH), ("get", ALL), ("get", f"{PATH}/1"), ("post", f"{PATH}/1/transition")):
        call(Client(), method, path, status=401)
    call(Client(), "get", f"{PATH}/1/artifacts/MLmodel", status=401)


def test_an_outsider_finds_nothing(client_of, outsider, version):
    theirs = client_of(outsider)

    assert results(theirs, ALL) == []
    for method, path, body in (
        ("get", PATH, None),
        ("post", PATH, {"source": "s3://b/k"}),
        ("get", f"{PATH}/1", None),
        ("get", f"{PATH}/1/stages", None),
        ("get", f"{PATH}/1/artifacts", None),
        ("post", f"{PATH}/1/transition", {"stage": "Staging"}),
        ("delete", f"{PATH}/1", None),
    ):
        call(theirs, method, path, body, status=404)


def test_a_viewer_reads_and_each_refused_write_is_recorded(client_of, viewer, version):
    theirs = client_of(viewer)

    assert call(theirs, "get", f"{PATH}/1")["number"] == 1
    for method, path, body in (
        ("post", PATH, {"source": "s3://b/k"}),
        ("patch", f"{PATH}/1", {"description": "x"}),
        ("post", f"{PATH}/1/transition", {"stage": "Staging"}),
        ("delete", f"{PATH}/1", None),
        ("put", f"{PATH}/1/tags/a", {"value": "b"}),
        ("delete", f"{PATH}/1/tags/a", None),
    ):
        before = AuditEvent.objects.filter(outcome="denied").count()
        call(theirs, method, path, body, status=403)
        assert AuditEvent.objects.filter(outcome="denied", actor_uid=viewer.uid).count() == before + 1


def test_a_repeated_write_is_done_once(client, model):
    wanted = {"source": "s3://bucket/x"}

    first = call(client, "post", PATH, wanted, status=201, Idempotency_Key="k1")

    assert call(client, "post", PATH, wanted, status=201, Idempotency_Key="k1") == first
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize("size", [10, 100])
def test_a_list_costs_the_same_at_any_size(client, register, size, contributor, django_assert_max_num_queries):
    for number in range(size):
        version = register(tags={"n": str(number)})
        operations.set_alias(contributor, version, f"alias-{number}")
    moment = timezone.now().isoformat()
    call(client, "get", "/experiments")

    for path, query in ((PATH, {}), (PATH, {"at": moment}), (ALL, {}), (ALL, {"at": moment, "stage": "None"})):
        with django_assert_max_num_queries(6):
            assert len(call(client, "get", path, {"page_size": size} | query)["results"]) == size


def test_a_detail_takes_few_queries(client, model, run, upload, django_assert_max_num_queries):
    upload(run, "MLmodel", "flavors")
    call(client, "post", PATH, {"run": run.uid}, status=201)

    for path in ("", "/stages", "/artifacts"):
        with django_assert_max_num_queries(8 if not path else 6):
            call(client, "get", f"{PATH}/1{path}")
