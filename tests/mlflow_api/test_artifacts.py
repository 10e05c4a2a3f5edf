"""Bytes of artifacts over HTTP: what comes back, with which headers, and which paths lead nowhere."""

from __future__ import annotations

import pytest

FILES = "2.0/mlflow-artifacts/artifacts"
HOSTILE = [
    "..",
    "../secret",
    "a/../../secret",
    "%2e%2e/secret",
    "%252e%252e/secret",
    "a%2f..%2f..%2fsecret",
    "%2fetc/passwd",
    "/etc/passwd",
    "C:/windows",
    "file:///etc/passwd",
    "a\\..\\secret",
    "a%00b",
    "a/",
    "a//b",
    "./a",
]


def _content(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def folder(scene) -> str:
    """The address of the scene's run's artifacts."""
    return f"{FILES}/{scene.artifact.rpartition('/')[0]}"


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("a.txt", "text/plain", "attachment; filename=a.txt"),
        ("MLmodel", "text/plain", "attachment; filename=MLmodel"),
        ("conda.yaml", "text/plain", "attachment; filename=conda.yaml"),
        ("model.pkl", "application/octet-stream", "attachment; filename=model.pkl"),
        ("plot.png", "image/png", "attachment; filename=plot.png"),
        ("page.html", None, "attachment; filename=page.html"),
        ("größe.bin", "application/octet-stream", "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.bin"),
    ],
)
def test_a_file_comes_back_as_a_download(folder, contributor, as_, name, content_type, disposition):
    call = as_(contributor)
    put = call("PUT", f"{folder}/deep/{name}", b"\x00\x01content")

    got = call("GET", f"{folder}/deep/{name}")

    assert (put.status_code, put.content) == (200, b"")
    assert _content(got) == b"\x00\x01content"
    assert content_type is None or got["Content-Type"] == content_type
    assert got["Content-Type"] != "text/html"
    assert got["Content-Disposition"].replace('"', "") == disposition
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Content-Length"] == "9"


def test_a_part_of_a_file_can_be_asked_for(scene, contributor, as_):
    got = as_(contributor)("GET", f"{FILES}/{scene.artifact}", Range="bytes=1-3")

    assert got.status_code == 206
    assert _content(got) == b"ell"
    assert got["Content-Range"] == "bytes 1-3/5"


def test_a_part_beyond_the_end_is_refused(scene, contributor, as_):
    assert as_(contributor)("GET", f"{FILES}/{scene.artifact}", Range="bytes=10-").status_code == 416


def test_listing_by_path_is_relative_to_the_folder_and_by_run_to_the_root(scene, folder, contributor, as_):
    call = as_(contributor)
    call("PUT", f"{folder}/deep/two.txt", b"22")
    root = scene.artifact.rpartition("/")[0]

    assert call.ok("GET", FILES, {"path": f"{root}/deep"}) == {
        "files": [{"path": "two.txt", "is_dir": False, "file_size": 2}]
    }
    assert call.ok("GET", "2.0/mlflow/artifacts/list", {"run_id": scene.run, "path": "deep"})["files"] == [
        {"path": "deep/two.txt", "is_dir": False, "file_size": 2}
    ]
    assert call.ok("GET", FILES, {"path": root})["files"] == [
        {"path": "deep", "is_dir": True},
        {"path": "notes.txt", "is_dir": False, "file_size": 5},
    ]
    assert call.ok("GET", FILES, {"path": f"{root}/nothing"}) == {}


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_leads_elsewhere_is_refused(folder, maintainer, as_, path):
    call = as_(maintainer)

    for method in ("PUT", "GET", "DELETE"):
        response = call(method, f"{folder}/{path}", b"x" if method == "PUT" else None)
        expected = (400,) if method == "PUT" else (400, 404) if method == "GET" else (200, 400)
        assert response.status_code in expected, (method, response.content)
    assert call("GET", FILES, {"path": f"{folder.removeprefix(FILES + '/')}/{path}"}).status_code in (200, 400)
    assert call.ok("GET", FILES, {"path": folder.removeprefix(FILES + "/")})["files"] == [
        {"path": "notes.txt", "is_dir": False, "file_size": 5}
    ]


@pytest.mark.parametrize("path", ["x.txt", "0/x.txt", "0/models/x.txt", "0/0123456789abcdef0123456789abcdef/x.txt"])
def test_nothing_is_stored_outside_of_runs_and_logged_models(scene, maintainer, as_, path):
    assert as_(maintainer).refused("PUT", f"{FILES}/{path}", b"x")[:2] == (400, "BAD_REQUEST")


def test_nothing_is_stored_in_a_run_under_another_experiments_address(scene, maintainer, as_):
    forged = f"{FILES}/999/{scene.run}/artifacts/x.txt"

    assert as_(maintainer).refused("PUT", forged, b"x")[:2] == (404, "RESOURCE_DOES_NOT_EXIST")


def test_deleting_what_is_not_there_is_harmless(folder, maintainer, as_):
    assert as_(maintainer).ok("DELETE", f"{folder}/nothing.txt") == {}


def test_a_folder_is_no_file(scene, folder, contributor, as_):
    call = as_(contributor)
    call("PUT", f"{folder}/deep/two.txt", b"22")

    status, _, message = call.refused("GET", f"{folder}/deep")

    assert status == 400
    assert "folder" in message


def test_files_of_a_run_and_of_a_version_have_addresses_of_their_own(scene, contributor, as_):
    client = as_(contributor).client

    of_run = client.get("/get-artifact", {"run_uuid": scene.run, "path": "notes.txt"})
    of_version = client.get(
        "/model-versions/get-artifact", {"name": scene.model, "version": scene.version, "path": "notes.txt"}
    )

    assert _content(of_run) == _content(of_version) == b"hello"


def test_a_missing_file_is_not_found(scene, contributor, as_):
    client = as_(contributor).client

    assert client.get("/get-artifact", {"run_id": scene.run, "path": "nothing"}).status_code == 404
    assert client.get("/get-artifact", {"run_id": scene.run}).status_code == 400
