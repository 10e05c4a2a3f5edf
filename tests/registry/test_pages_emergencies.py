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


def test_lists_of_versions_warn_too(versions, maintainer, viewer, session_of):
    quarantine(maintainer, versions[0], reason="Trained on leaked labels?")
    browser = session_of(viewer)

    page = browser.get(f"{MODEL}/versions").text
    assert ("quarantined" in page, "unreviewed" in page) == (True, True)
    assert "unreviewed" in browser.get("/models").text


@pytest.mark.parametrize("count", [2, 7])
def test_warnings_in_lists_cost_a_fixed_number_of_queries(register, viewer, session_of, queries_of, count):
    for _ in range(count):
        register(Stage.STAGING)
    browser = session_of(viewer)

    assert queries_of(browser, f"{MODEL}/versions") <= 10
    assert queries_of(browser, "/models") <= 10


def test_the_page_of_a_former_version_leads_back_to_it(versions, register, maintainer, viewer, session_of):
    register()
    browser, onlooker = session_of(maintainer), session_of(viewer)

    assert "roll-back?to=1" in browser.get(f"{MODEL}/versions/1").text
    for page, who in (("2", browser), ("3", browser), ("1", onlooker)):
        assert "roll-back?to=" not in who.get(f"{MODEL}/versions/{page}").text


def test_the_version_that_was_asked_for_is_chosen_already(versions, register, maintainer, session_of):
    register(Stage.PRODUCTION)
    browser = session_of(maintainer)

    form = browser.get(f"{MODEL}/roll-back?to=1").context["form"]
    assert form.fields["number"].initial == 1
    form = browser.get(f"{MODEL}/roll-back").context["form"]
    assert form.fields["number"].initial == 2


def test_an_older_version_than_the_last_few_can_be_chosen(register, maintainer, session_of):
    for _ in range(8):
        register(Stage.PRODUCTION)
    browser = session_of(maintainer)

    assert "Version 1</a>" not in browser.get(f"{MODEL}/roll-back").text
    assert "Version 1</a>" in browser.get(f"{MODEL}/roll-back?to=1").text
    browser.post(f"{MODEL}/roll-back?to=1", {"number": "1", "reason": "All later ones fail."})
    assert ModelVersion.objects.get(number=1).stage == Stage.PRODUCTION
