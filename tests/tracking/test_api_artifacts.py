"""The artifacts of runs and logged models through the native API."""

import base64
import hashlib

import pytest
from django.test import Client

from artifacts.models import ArtifactFile
from audit.models import AuditEvent
from tests.native_api import call, results
from tracking import operations


@pytest.fixture(autouse=True)
def artifact_root(settings, tmp_path):
    settings.ARTIFACT_ROOT = str(tmp_path / "artifacts")
    return tmp_path / "artifacts"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.fixture(params=["run", "logged model"])
def path(request, contributor, project, experiment, make_run) -> str:
    """Where the artifacts of a run, or of a logged model, are found."""
    if request.param == "run":
        return f"/runs/{make_run('first')}/artifacts"
    model = operations.create_logged_model(contributor, project, experiment_id=str(experiment.pk))
    return f"/logged-models/{model.uid}/artifacts"


def put(client, path, content=b"hello", *, status=200, **headers):
    response = client.put(f"/api/v1{path}", content, content_type="application/octet-stream", headers=headers)
    assert response.status_code == status, response.content
    return response.json()


def fetch(client, path, *, status=200, **headers):
    response = client.get(f"/api/v1{path}", headers=headers)
    assert response.status_code == status, getattr(response, "content", b"")
    return response


def content_of(response):
    return b"".join(response.streaming_content)


def test_a_file_is_stored_listed_read_and_deleted(client, path):
    stored = put(client, f"{path}/model/weights ü.bin", b"0123456789")
    put(client, f"{path}/notes.txt")

    assert (stored["path"], stored["size"]) == ("model/weights ü.bin", 10)
    assert stored["sha256"] == hashlib.sha256(b"0123456789").hexdigest()
    assert results(client, path) == [
        {"path": "model", "is_folder": True, "size": None},
        {"path": "notes.txt", "is_folder": False, "size": 5},
    ]
    assert results(client, path, path="model") == [{"path": "model/weights ü.bin", "is_folder": False, "size": 10}]
    response = fetch(client, f"{path}/model/weights ü.bin", Accept="application/octet-stream")
    assert content_of(response) == b"0123456789"
    assert response["ETag"] == f'"{stored["sha256"]}"'
    assert call(client, "delete", f"{path}/model") == {"files": 1}
    assert [row["path"] for row in results(client, path)] == ["notes.txt"]


def test_a_part_of_a_file_is_read(client, path):
    put(client, f"{path}/a", b"0123456789")

    response = fetch(client, f"{path}/a", status=206, Range="bytes=2-4")

    assert content_of(response) == b"234"
    assert response["Content-Range"] == "bytes 2-4/10"
    assert fetch(client, f"{path}/a", status=416, Range="bytes=99-").json()["message"]


def test_a_folder_comes_in_pages(client, path):
    for name in "abcde":
        put(client, f"{path}/{name}")

    assert [row["path"] for row in results(client, path, page_size=2)] == list("abcde")


def test_an_upload_that_is_not_what_was_announced_is_refused(client, path):
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()

    answer = put(client, f"{path}/a", status=400, **{"Content-Digest": f"sha-256=:{wrong}:"})

    assert "SHA-256" in answer["message"]
    assert not ArtifactFile.objects.exists()


@pytest.mark.parametrize("bad", ["../up", "a//b", "%2e%2e/up", "a\\b", "c:/x"])
def test_a_path_that_leads_elsewhere_is_refused(client, path, bad):
    put(client, f"{path}/{bad.replace('%', '%25')}", status=400)
    call(client, "get", path, {"path": bad}, status=400)


def test_what_is_not_there_is_not_found(client, path):
    assert results(client, path) == []
    assert results(client, path, path="nothing") == []
    fetch(client, f"{path}/nothing", status=404)
    call(client, "delete", f"{path}/nothing", status=404)
    put(client, f"{path}/a/b")
    fetch(client, f"{path}/nothing", status=404)
    call(client, "delete", f"{path}/nothing", status=404)
    assert "folder" in fetch(client, f"{path}/a", status=400).json()["message"]


def test_a_file_needs_no_key_to_be_sent_twice(client, path):
    first = put(client, f"{path}/a", b"one", **{"Idempotency-Key": "k1"})
    second = put(client, f"{path}/a", b"two", **{"Idempotency-Key": "k1"})

    assert first["sha256"] != second["sha256"]
    assert content_of(fetch(client, f"{path}/a")) == b"two"


def test_a_deletion_with_a_key_is_done_once(client, path):
    put(client, f"{path}/a")

    first = call(client, "delete", f"{path}/a", Idempotency_Key="k1")

    assert call(client, "delete", f"{path}/a", Idempotency_Key="k1") == first
    call(client, "delete", f"{path}/a", status=404)


def test_artifacts_kept_elsewhere_are_found_there(client, contributor, project, make_run):
    outside = operations.create_experiment(contributor, project, name="outside", artifact_location="s3://bucket/x")
    path = f"/runs/{make_run('first', experiment_id=str(outside.pk))}/artifacts"

    for method, place in (("get", path), ("put", f"{path}/a"), ("get", f"{path}/a")):
        assert "s3://bucket/x" in call(client, method, place, status=404)["message"]


def test_nobody_asks_without_signing_in(path):
    call(Client(), "get", path, status=401)
    put(Client(), f"{path}/a", status=401)


def test_an_outsider_finds_nothing(client, client_of, outsider, path):
    put(client, f"{path}/a")
    theirs = client_of(outsider)

    call(theirs, "get", path, status=404)
    fetch(theirs, f"{path}/a", status=404)
    put(theirs, f"{path}/b", status=404)
    call(theirs, "delete", f"{path}/a", status=404)


@pytest.mark.parametrize("empty", [True, False])
def test_a_viewer_lists_and_each_refused_write_is_recorded(client, client_of, viewer, path, empty):
    if not empty:
        put(client, f"{path}/a")
    theirs = client_of(viewer)

    assert len(results(theirs, path)) == (0 if empty else 1)
    put(theirs, f"{path}/b", status=403)
    assert AuditEvent.objects.filter(outcome="denied", actor_uid=viewer.uid).count() == 1
    if not empty:
        fetch(theirs, f"{path}/a", status=403)
        call(theirs, "delete", f"{path}/a", status=403)
        assert AuditEvent.objects.filter(outcome="denied", actor_uid=viewer.uid).count() == 2


@pytest.mark.parametrize("size", [10, 100])
def test_a_listing_costs_the_same_at_any_size(client, path, size, django_assert_max_num_queries):
    for number in range(size):
        put(client, f"{path}/{number}")
    call(client, "get", path)

    with django_assert_max_num_queries(6):
        assert len(call(client, "get", path, {"page_size": size})["results"]) == size


def test_a_download_takes_few_queries(client, path, django_assert_max_num_queries):
    put(client, f"{path}/a")

    with django_assert_max_num_queries(6):
        content_of(fetch(client, f"{path}/a"))
