"""Pages of accounts with long names, of the API and of the admin site: no complaint, nothing too wide."""

import pytest

from accounts.models import RoleBinding, Token, User
from accounts.operations import (
    add_member,
    create_administrator,
    create_project,
    create_service_account,
    create_team,
    create_user,
    grant_role,
    issue_token,
    issue_token_for,
    update_user,
)
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from tests.conftest import PASSWORD

#: Pages that the walk of test_accessibility.py leaves out, and those on which long names stand.
PAGES = (
    "/projects/{project}/members",
    "/teams/{team}",
    "/people/{person}",
    "/service-accounts/{bot}",
    "/api/v1/docs",
    "/admin/",
    "/admin/accounts/rolebinding/",
    "/admin/accounts/rolebinding/{binding}/change/",
)


@pytest.fixture
def names(live_server):
    """Something behind every address, with long names."""
    admin = Principal(create_administrator(CONSOLE, "ada", password=PASSWORD), auth="session")
    project = create_project(admin, "fraud-detection-in-card-payments", name="Fraud detection in card payments")
    admin = Principal(User.objects.get(username="ada"), auth="session")
    grace = create_user(admin, "grace", password=PASSWORD, email="grace.brewster.murray.hopper@navy.example.org")
    update_user(admin, grace, display_name="Rear Admiral Grace Brewster Murray Hopper")
    team = create_team(admin, "data-science-of-the-whole-company", project)
    add_member(admin, team, grace)
    binding = grant_role(admin, team, Role.CONTRIBUTOR, project, reason="Trains what the fraud desk asks for")
    bot = create_service_account(admin, "ci-fraud-detection-nightly", project)
    issue_token_for(admin, bot, name="nightly")
    issue_token(admin, name="a notebook server in the basement", scopes=["view", "write"], project=project)
    return {
        "project": project.slug,
        "team": team.pk,
        "person": grace.uid,
        "bot": bot.uid,
        "binding": binding.pk,
        "token": Token.objects.get(owner__username="ada").uid,
    }


@pytest.mark.timeout(300)
def test_no_page_complains(page, names):
    page.goto("/sign-in")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    for address in PAGES:
        answer = page.goto(address.format(**names), wait_until="networkidle")
        assert answer.status == 200, address
    assert RoleBinding.objects.active().filter(pk=names["binding"]).exists()


def test_details_of_an_event_are_shown_on_demand(page, names):
    page.goto("/sign-in?next=/audit")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    event = page.get_by_role("listitem").filter(has_text="gave data-science-of-the-whole-company the role contributor")
    assert not event.get_by_text("role_binding.granted").is_visible()
    event.get_by_text("Details").click()
    assert event.get_by_text("role_binding.granted").is_visible()
