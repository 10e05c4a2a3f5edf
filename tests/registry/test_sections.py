"""Apps above say something on the pages of models and versions, and offer a next step, without the registry knowing."""

import pytest

from registry import sections
from registry.sections import NextStep, Section
from registry.time_axis import TimeAxis

MODEL = "/models/default/fraud"


@pytest.fixture
def speaker(monkeypatch):
    """An app that says that it has nothing to draw, and offers a step."""
    for name in ("_of_models", "_of_versions", "_steps"):
        monkeypatch.setattr(sections, name, [])
    sections.register(
        of_model=lambda reader, model: Section("registry/_stamps.html", None),
        of_version=lambda reader, version: None,
        steps=lambda reader, version: [NextStep("Launch", f"/launch/{version.number}", "rocket")],
    )


def test_a_step_stands_on_the_page_of_a_version(speaker, version, viewer, session_of):
    assert 'href="/launch/1"' in session_of(viewer).get(f"{MODEL}/versions/1").text
    assert session_of(viewer).get(MODEL).status_code == 200


def test_prompts_have_neither(speaker, viewer, contributor, prompt):
    assert sections.sections_of_model(viewer, prompt) == []


def test_a_time_that_began_before_the_picture_is_cut():
    axis = TimeAxis(1000, 2000)

    assert axis.stretch(0, 1500).x == "0.000%"
    assert axis.stretch(0, 1500).width == "50.000%"
    assert axis.stretch(1500, None).width == "50.000%"
    assert (axis.mark(500), axis.mark(1500)) == (None, "50.000%")
