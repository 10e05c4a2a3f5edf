"""Themes, and the page that shows the components."""

import pytest


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_by_the_browser(theme, viewer, session_of):
    browser = session_of(viewer)

    answer = browser.post("/theme", {"theme": theme, "next": "/audit"})

    assert answer.url == "/audit"
    assert f'data-bs-theme="{theme}"' in browser.get("/").text


def test_the_system_decides_when_nobody_did(viewer, session_of):
    browser = session_of(viewer)
    browser.post("/theme", {"theme": "dark"})
    browser.post("/theme", {"theme": "system"})

    assert "data-bs-theme" not in browser.get("/").text


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_the_way_back_stays_here(place, viewer, session_of):
    assert session_of(viewer).post("/theme", {"theme": "dark", "next": place}).url == "/"


def test_an_unknown_theme_changes_nothing(viewer, session_of):
    assert "theme" not in session_of(viewer).post("/theme", {"theme": "neon"}).cookies


def test_the_components_are_shown_to_everybody_signed_in(outsider, session_of, queries_of):
    browser = session_of(outsider)

    text = browser.get("/components").text

    assert all(word in text for word in ("Production", "just now", "This field is required", "No runs yet"))
    assert queries_of(browser, "/components") <= 6
