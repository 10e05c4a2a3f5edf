"""What people come for, with the keyboard alone: signing in, moving a version, a card, a run, tokens, the log."""

import pytest
from playwright.sync_api import expect

from accounts.models import Token
from accounts.operations import update_user
from registry.models import ModelVersion
from tests.browser.conftest import LOOKS
from tests.browser.keyboard import Keyboard
from tests.conftest import PASSWORD
from tests.estate import Estate

pytestmark = pytest.mark.django_db(transaction=True)
looks = pytest.mark.parametrize(("width", "theme"), LOOKS)


@pytest.fixture
def estate(live_server, settings, tmp_path, project, admin, maintainer, approver):
    settings.ARTIFACT_ROOT = str(tmp_path)
    return Estate(project, admin, maintainer, approver)


def test_somebody_signs_in(page, contributor):
    update_user(contributor, contributor.user, display_name="Connie")
    keys = Keyboard(page)
    page.goto("/experiments")

    keys.write(page.get_by_label("User name"), "contributor")
    keys.write(page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Experiments", exact=True)).to_be_visible()


@looks
def test_a_version_is_moved_with_a_reason(open_as, estate, approver, width, theme):
    page = open_as(approver, width, theme)
    keys = Keyboard(page)
    page.goto("/models/default/fraud/versions/3")

    keys.press(page.get_by_role("link", name="Move to Staging"))
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    keys.write(page.get_by_label("Reason"), "Beats the rest")
    keys.press(page.get_by_role("button", name="Move to Staging"))

    expect(page.get_by_text("Version 3 is in Staging now.")).to_be_visible()
    assert ModelVersion.objects.get(model=estate.model, number=3).stage == "Staging"


@looks
def test_a_card_is_edited(open_as, estate, maintainer, width, theme):
    page = open_as(maintainer, width, theme)
    keys = Keyboard(page)
    page.goto("/models/default/fraud/card")

    keys.press(page.get_by_role("link", name="Edit").first)
    keys.write(page.get_by_label("Intended use"), "Holds **doubtful** transfers.")
    keys.press(page.get_by_role("button", name="Save"))

    expect(page.locator("main strong", has_text="doubtful")).to_be_visible()


@looks
def test_a_run_and_its_files_are_looked_at(open_as, estate, maintainer, width, theme):
    page = open_as(maintainer, width, theme)
    keys = Keyboard(page)
    page.goto(f"/runs/{estate.runs[0]}")

    keys.press(page.locator("main").get_by_role("link", name="Artifacts").first)
    keys.press(page.get_by_role("link", name="notes.txt").first)

    expect(page.get_by_text("second line")).to_be_visible()


@looks
def test_a_token_is_made_and_revoked(open_as, contributor, width, theme):
    page = open_as(contributor, width, theme)
    keys = Keyboard(page)
    page.goto("/profile")

    keys.press(page.get_by_role("link", name="New token"))
    keys.write(page.get_by_label("Name", exact=True), "the notebook upstairs")
    page.keyboard.press("Enter")
    expect(page.get_by_text("sk_pat_").first).to_be_attached()
    page.goto("/profile")
    keys.press(page.get_by_role("link", name="Revoke the notebook upstairs"))
    keys.press(page.get_by_role("button", name="Revoke"))

    expect(page.get_by_text("The token “the notebook upstairs” is revoked.")).to_be_visible()
    assert Token.objects.get(name="the notebook upstairs").revoked_at is not None


@looks
def test_the_log_is_filtered_and_its_address_shows_the_same_again(open_as, estate, admin, width, theme):
    page = open_as(admin, width, theme)
    keys = Keyboard(page)
    page.goto("/audit")

    keys.write(page.get_by_label("On", exact=True), "fraud/1")
    page.keyboard.press("Enter")

    expect(page.get_by_role("group", name="Filters in force")).to_be_visible()
    page.reload()
    expect(page.get_by_role("group", name="Filters in force")).to_be_visible()
    expect(page.get_by_text("fraud").first).to_be_visible()
