"""What an artifact path may look like."""

import re
from urllib.parse import quote, unquote

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLResolver, path
from django.urls.resolvers import RegexPattern
from hypothesis import example, given, strategies as st

from artifacts.paths import folders_above, parse_folder, parse_path
from audit.exceptions import InvalidInput

UNSAFE = [
    "",
    "/",
    "/etc/passwd",
    "//etc/passwd",
    "../x",
    "a/../b",
    "a/..",
    "..",
    ".",
    "./a",
    "a/./b",
    "a//b",
    "a/",
    "%2e%2e/x",
    "%2E%2e%2fx",
    "%252e%252e%252fx",
    "%25252e%25252e/x",
    "a/%2e%2e/b",
    "a%2f..%2fb",
    "%2fetc/passwd",
    "%252fetc",
    "..%5cx",
    "..%255cx",
    "..\\x",
    "a\\b",
    "C:/windows",
    "C:x",
    "c%3a/windows",
    "file:///etc/passwd",
    "file:x",
    "FILE:/x",
    "http://host/x",
    "s3:/x",
    "s3:",
    "a\0b",
    "a%00b",
    "a%2500b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a\u2028b",
    "a\u202eb",
    "a\ud800b",
    "a#b",
    "x" * 256,
    "ä" * 128,
    "x/" * 600 + "x",
    "ä/" * 400 + "x",
]

SAFE = [
    "model.pkl",
    "model/MLmodel",
    "a b/ü.txt",
    "100%.txt",
    "100% & more.txt",
    "images/loss%step%1%timestamp%1700000000000%2f3a.png",
    "..hidden",
    "a..b/...",
    "2026-11-20T10:00:00.json",
    "what?.txt",
    "a;b=c",
    "~root",
    "日本語/模型.bin",
    "x" * 255,
]


@pytest.mark.parametrize("text", UNSAFE)
def test_an_unsafe_path_is_refused(text):
    with pytest.raises(InvalidInput, match="Invalid path"):
        parse_path(text)


@pytest.mark.parametrize("text", SAFE)
def test_a_usual_path_is_taken_as_it_is(text):
    assert str(parse_path(text)) == text


@given(st.text(st.sampled_from("./\\%25efC:ab\0#ü"), max_size=24))
@example("%252e%252e/x")
def test_no_decoding_of_a_path_leads_out_of_its_folder(text):
    try:
        form = str(parse_path(text))
    except InvalidInput:
        return

    for _ in range(10):
        names = re.split(r"[/\\]", form)
        assert not {".", ".."}.intersection(names)
        assert names[0]
        assert not re.match("[A-Za-z]:", form)
        assert "\0" not in form
        form = unquote(form)


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\#%:."), min_size=1, max_size=20)


@given(st.lists(NAMES, min_size=1))
def test_folder_and_name_make_up_the_path(names):
    parsed = parse_path("/".join(names))

    assert str(parsed) == parsed.folder + parsed.name
    assert "/" not in parsed.name
    assert parse_path(str(parsed)) == parsed


def test_one_name_spelled_in_two_ways_is_one_path():
    assert parse_path("caf\u0065\u0301") == parse_path("café")


def test_a_folder_ends_with_a_slash_and_the_root_is_empty():
    assert [parse_folder(text) for text in ("", "/", "a", "a/", "a/b")] == ["", "", "a/", "a/", "a/b/"]
    with pytest.raises(InvalidInput):
        parse_folder("a//")


def test_the_folders_above_a_folder_include_the_root_and_itself():
    assert folders_above("") == [""]
    assert folders_above("a/b/") == ["", "a/", "a/b/"]


@pytest.mark.parametrize("name", ["a%2e", "ü/b", "a+b", "what?", "100%", "%2e%2e", "/etc", "a//b"])
def test_a_view_gets_the_path_decoded_exactly_once(name):
    request = RequestFactory().put(f"/artifacts/{quote(name)}")
    resolver = URLResolver(RegexPattern("^/"), [path("artifacts/<path:name>", lambda request, name: HttpResponse())])

    assert resolver.resolve(request.path_info).kwargs == {"name": name}
