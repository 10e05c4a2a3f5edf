"""Access in a browser: roles given by hand, the reason of a right, a session ended elsewhere."""

import pytest
from playwright.sync_api import expect

from accounts.models import BrowserSession, RoleBinding
from accounts.operations import create_team, create_user, grant_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from tests.browser.conftest import LOOKS
from tests.conftest import PASSWORD

looks = pytest.mark.parametrize(("width", "theme"), LOOKS)


@looks
def test_a_role_is_given_and_taken_with_the_keyboard_alone(open_as, admin, outsider, project, width, theme):
    page = open_as(admin, width, theme)
    page.goto("/projects/default/members")
    page.get_by_role("link", name="Give a role").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Person").focus()
    page.keyboard.type("outsider")
    page.get_by_label("Role", exact=True).focus()
    page.keyboard.type("contributor")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Trains the models")
    page.keyboard.press("Enter")

    expect(page.get_by_text("outsider is contributor of default now.")).to_be_visible()
    expect(page.get_by_text("Trains the models")).to_be_visible()
    page.get_by_role("link", name="Revoke contributor of outsider").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It stops counting with the next request")).to_be_visible()
    page.get_by_role("button", name="Revoke role").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("outsider is no longer contributor.")).to_be_visible()
    assert not RoleBinding.objects.active().filter(user=outsider.user).exists()


@looks
def test_a_mark_tells_its_reason_without_leaving_the_page(open_as, admin, project, width, theme):
    team = create_team(admin, "crew", project)
    grant_role(admin, team, Role.APPROVER, project)
    create_user(CONSOLE, "ada", password=PASSWORD)
    page = open_as(admin, width, theme)
    page.goto("/projects/default")
    page.get_by_role("link", name="Who may what").click()

    page.get_by_title("admin, write: yes").focus()
    page.keyboard.press("Enter")

    answer = page.get_by_role("status", name="The answer")
    expect(answer).to_contain_text("admin may write: maintainer on this project")
    assert "principal=admin&action=write" in page.url
    page.reload()
    expect(answer).to_contain_text("admin may write")


def test_a_session_elsewhere_is_ended_from_the_profile(page, open_as, viewer):
    elsewhere = open_as(viewer)
    elsewhere.goto("/profile")
    page.goto("/sign-in?next=/profile")
    page.get_by_label("User name").fill("viewer")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_text("this browser")).to_have_count(1)
    page.get_by_role("link", name="End Chrome on Linux").click()
    expect(page.get_by_role("heading", name="End the session in Chrome on Linux?")).to_be_visible()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_text("You are signed out of Chrome on Linux.")).to_be_visible()

    elsewhere.goto("/profile")
    expect(elsewhere.get_by_role("heading", name="Sign in to Stagekeeper")).to_be_visible()
    assert BrowserSession.objects.filter(user=viewer.user).count() == 1
