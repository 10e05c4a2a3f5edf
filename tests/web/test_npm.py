"""What pages load of other people's code."""

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from web.npm import NpmFinder, NpmStorage


@pytest.mark.parametrize("name", [name for name in settings.NPM_FILES if not name.endswith("/")])
def test_every_library_is_served(name):
    answer = Client().get(f"/static/{name}")

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)


def test_a_folder_of_modules_is_served_file_by_file():
    assert finders.find("npm/hyparquet/index.js").endswith("hyparquet/src/index.js")


def test_big_libraries_are_sent_compressed():
    answer = Client(headers={"accept-encoding": "gzip"}).get("/static/npm/echarts.js")

    assert answer["Content-Encoding"] == "gzip"
    assert len(b"".join(answer.streaming_content)) < 500_000


@pytest.mark.parametrize(
    "name", ["npm/package.json", "npm/../package.json", "npm/axe-core/axe.js", "npm/hyparquet/../package.json"]
)
def test_nothing_else_of_node_modules_is_served(name):
    assert finders.find(name) is None


def test_missing_libraries_are_said_before_a_page_looks_broken(tmp_path, settings, monkeypatch):
    settings.NPM_DIR = tmp_path
    monkeypatch.setattr(NpmFinder, "storage", NpmStorage(location=str(tmp_path)))

    [error] = NpmFinder().check()

    assert "not installed" in error.msg
    assert "make install" in error.hint
