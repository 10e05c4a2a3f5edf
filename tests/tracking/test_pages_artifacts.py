"""The files of runs and logged models in a browser: folders, previews, downloads, hostile content."""

import base64
import json

import pytest

from artifacts.operations import store_file
from artifacts.operations.spaces import space_of
from artifacts.uris import OwnerKind
from tests.artifacts.conftest import body_of
from tracking import operations
from tracking.queries import find_space_owner

HOSTILE = "<script>alert(1)</script>"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def artifact_root(settings, tmp_path):
    settings.ARTIFACT_ROOT = str(tmp_path / "artifacts")


@pytest.fixture
def browser(session_of, contributor):
    return session_of(contributor)


@pytest.fixture
def run(make_run):
    return make_run("sunny")


@pytest.fixture
def store(contributor, project, run):
    def store(**contents):
        space = space_of(contributor, find_space_owner(project, OwnerKind.RUN, run))
        for path, content in contents.items():
            store_file(contributor, space, path, body_of(content))

    return store


@pytest.fixture
def shown(browser, run):
    """The page at a path, as text."""

    def shown(path="", status=200, **query):
        response = browser.get(f"/runs/{run}/artifacts", {"path": path, **query})
        assert response.status_code == status, response.content.decode()[:2000]
        return response.content.decode()

    return shown


def test_an_empty_run_teaches_how_to_store(shown):
    assert "mlflow.log_artifact" in shown()


def test_a_folder_lists_what_is_in_it(store, shown, run):
    store(**{"model/MLmodel": "flavors: {sklearn: {}}", "notes.txt": "hello", "odd ü&?.txt": "x"})

    page = shown()

    assert "?path=model" in page
    assert "?path=odd%20%C3%BC%26%3F.txt" in page
    assert f"/api/v1/runs/{run}/artifacts/odd%20%C3%BC%26%3F.txt" in page
    assert "2cf24dba5fb0" in page
    assert "sklearn" in shown("model")


def test_a_big_folder_comes_in_pages(store, shown):
    store(**{f"f{number:03}": "x" for number in range(205)})

    page = shown()

    assert ("f199" in page, "f200" in page) == (True, False)
    assert "f204" in shown(after="f199")


def test_a_text_is_shown_and_can_be_downloaded(store, shown, browser, run):
    store(**{"log.txt": f"line one\n{HOSTILE}"})

    page = shown("log.txt")

    assert "line one" in page
    assert HOSTILE not in page
    url = f"/api/v1/runs/{run}/artifacts/log.txt"
    assert url in page
    response = browser.get(url)
    assert b"".join(response.streaming_content).startswith(b"line one")
    assert response["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.html", f"<b onclick='x()'>bold</b>{HOSTILE}", "shown as text only"),
        ("readme.md", f"# Title\n\n{HOSTILE}\n\n[x](javascript:alert(1))", "<h3>Title</h3>"),
        ("rows.csv", f'name,"{HOSTILE}"\n{HOSTILE},=cmd()\n', "All 1 row"),
        ("a.json", json.dumps({HOSTILE: [HOSTILE, {"deep": HOSTILE}]}), "2 items"),
        ("MLmodel", json.dumps({"flavors": {HOSTILE: {HOSTILE: HOSTILE}}, HOSTILE: HOSTILE}), "Flavors"),
        ("MLmodel", "a: &a [x]\nb: [*a, *a]", "shown as text"),
        ("picture.svg", SVG, "data:image/svg+xml;base64,"),
        (
            "book.ipynb",
            json.dumps(
                {
                    "cells": [
                        {"cell_type": "markdown", "source": f"# Book\n{HOSTILE}<img src=x onerror=alert(1)>"},
                        {
                            "cell_type": "code",
                            "source": HOSTILE,
                            "outputs": [
                                {"output_type": "stream", "text": HOSTILE},
                                {"output_type": "display_data", "data": {"text/html": HOSTILE}},
                                {"output_type": "display_data", "data": {"image/svg+xml": SVG}},
                                {"output_type": "error", "traceback": [HOSTILE]},
                            ],
                        },
                    ]
                }
            ),
            "<h3>Book</h3>",
        ),
        ("model.pkl", "\x80\x04\x00", "No preview"),
        ("huge.txt", "x" * 3_000_000, "Only the beginning"),
    ],
)
def test_whatever_is_in_a_file_its_page_is_harmless(store, browser, run, name, content, says):
    store(**{name: content})

    response = browser.get(f"/runs/{run}/artifacts", {"path": name})
    page = response.content.decode()

    assert says in page
    assert len(page) < 1_000_000
    for bad in (HOSTILE, "<img src=x", "<b onclick", 'href="javascript', "onload=", " style="):
        assert bad not in page.replace(base64.b64encode(SVG.encode()).decode(), "")
    assert "script-src 'self';" in response["Content-Security-Policy"]


def test_a_picture_is_fetched_as_a_picture(store, shown, browser, run):
    store(**{"plot.png": "not really"})

    assert f'<img src="/api/v1/runs/{run}/artifacts/plot.png"' in shown("plot.png")
    assert browser.get(f"/api/v1/runs/{run}/artifacts/plot.png")["Content-Type"] == "image/png"


def test_parquet_is_left_to_the_browser(store, shown, run):
    store(**{"rows.parquet": "PAR1"})

    page = shown("rows.parquet")

    assert f'data-parquet="/api/v1/runs/{run}/artifacts/rows.parquet"' in page
    assert "artifacts/parquet.js" in page


def test_what_is_not_there_and_what_leads_elsewhere_is_refused(store, shown):
    store(a="x")

    shown("b", 404)
    shown("../up", 400)
    shown("a\x00", 400)
    shown("", 400, after="\x00")


def test_files_that_are_kept_elsewhere_are_found_there(browser, contributor, project, make_run):
    outside = operations.create_experiment(contributor, project, name="outside", artifact_location="s3://bucket/x")
    uid = make_run("first", experiment_id=str(outside.pk))

    assert "s3://bucket/x" in browser.get(f"/runs/{uid}/artifacts").content.decode()


def test_who_may_not_download_reads_names_alone(store, session_of, viewer, run):
    store(**{"secret.txt": "the content", "MLmodel": "flavors: {sklearn: {}}"})
    theirs = session_of(viewer)

    folder = theirs.get(f"/runs/{run}/artifacts").content.decode()
    file = theirs.get(f"/runs/{run}/artifacts?path=secret.txt").content.decode()

    assert "secret.txt" in folder
    assert "you may not read them" in folder
    for page in (folder, file):
        assert "the content" not in page
        assert "sklearn" not in page
        assert "/api/v1/runs" not in page


def test_a_folder_of_any_size_costs_the_same(store, browser, run, queries_of):
    store(**{"a.txt": "x", "sub/b": "x"})
    pages = [f"/runs/{run}/artifacts", f"/runs/{run}/artifacts?path=a.txt"]
    few = [queries_of(browser, page) for page in pages]

    store(**{f"f{number}": "x" for number in range(60)}, **{f"d{number}/x": "x" for number in range(30)})

    assert [queries_of(browser, page) for page in pages] == few
    assert max(few) <= 11
