"""The pages for a bad version: going back, quarantine, and the words beside a stage that warn of it."""

import pytest

from registry.models import ModelVersion
from registry.operations import quarantine, transition_stage
from registry.rules import Stage

MODEL = "/models/default/fraud"


@pytest.fixture
def versions(register):
    """Version 1 was in Production, version 2 is."""
    return [register(Stage.PRODUCTION), register(Stage.PRODUCTION)]


def stage_of(version):
    return ModelVersion.objects.get(pk=version.pk).stage


def test_the_page_offers_the_ways_back_and_takes_one(versions, maintainer, session_of):
    browser = session_of(maintainer)

    assert "Version 1" in browser.get(f"{MODEL}/roll-back").text
    answer = browser.post(f"{MODEL}/roll-back", {"number": "1", "reason": "v2 refuses half of the cards."})

    assert answer.status_code == 302
    assert (stage_of(versions[0]), stage_of(versions[1])) == (Stage.PRODUCTION, Stage.ARCHIVED)


def test_a_way_that_is_barred_says_why_and_cannot_be_taken(versions, maintainer, session_of):
    quarantine(maintainer, versions[0], reason="Trained on leaked labels?")
    browser = session_of(maintainer)

    assert "is quarantined" in browser.get(f"{MODEL}/roll-back").text
    browser.post(f"{MODEL}/roll-back", {"number": "1", "reason": "v2 refuses half of the cards."})

    assert stage_of(versions[1]) == Stage.PRODUCTION


def test_without_a_past_there_is_nowhere_to_go(version, maintainer, session_of):
    assert "Nowhere to go back to" in session_of(maintainer).get(f"{MODEL}/roll-back").text


def test_a_contributor_is_offered_no_way_back(versions, contributor, session_of):
    browser = session_of(contributor)

    assert "roll-back" not in browser.get(MODEL).text
    assert browser.get(f"{MODEL}/roll-back").status_code == 403


def test_a_version_is_quarantined_and_let_go_on_its_pages(versions, maintainer, approver, session_of):
    page = f"{MODEL}/versions/2"
    keeper, investigator = session_of(maintainer), session_of(approver)

    assert f"{page}/quarantine" in keeper.get(page).text
    keeper.post(f"{page}/quarantine", {"reason": "Trained on leaked labels?"})
    assert "quarantined" in keeper.get(MODEL).text
    assert f"{page}/release" not in keeper.get(page).text
    assert "Trained on leaked labels?" in investigator.get(f"{page}/release").text
    investigator.post(f"{page}/release", {"finding": "The labels were fine."})

    assert ModelVersion.objects.get(pk=versions[1].pk).quarantined_at is None


def test_who_may_not_is_not_asked(versions, viewer, session_of):
    page = f"{MODEL}/versions/2"
    browser = session_of(viewer)

    assert "Quarantine" not in browser.get(page).text
    assert [browser.get(f"{page}/{step}").status_code for step in ("quarantine", "release")] == [403, 403]


def test_a_step_that_nobody_reviewed_is_stamped(versions, viewer, session_of, client_of):
    browser = session_of(viewer)

    for page in (MODEL, f"{MODEL}/versions/2"):
        assert "unreviewed" in browser.get(page).text
    assert "unreviewed" not in browser.get(f"{MODEL}/versions/1").text
    shown = client_of(viewer).get("/api/v1/registered-models/default/fraud/versions/2").json()
    assert (shown["stamps"], shown["quarantined_at"]) == (["unreviewed"], None)


def test_the_stamp_goes_with_the_stage(versions, maintainer, viewer, session_of):
    transition_stage(maintainer, versions[1], Stage.ARCHIVED)

    assert "unreviewed" not in session_of(viewer).get(f"{MODEL}/versions/2").text
