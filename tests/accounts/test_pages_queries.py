"""Every list and detail page takes the same few queries for ten rows as for a hundred."""

import pytest

from accounts.models import User
from accounts.operations import (
    add_member,
    create_project,
    create_service_account,
    create_team,
    create_user,
    grant_role,
    issue_token,
    issue_token_for,
)
from accounts.principals import CONSOLE
from accounts.roles import Role
from tests.conftest import PASSWORD

LISTS = (
    "/",
    "/projects",
    "/projects/default/members",
    "/projects/default/teams",
    "/projects/default/service-accounts",
    "/teams",
    "/people",
    "/audit",
    "/explain?project=default",
)
#: The menu counts open alerts for those who may deploy.
MENU = 1
#: Home has many lists; the audit page links to whatever its sentences name; the table of rights has members and
#: holdings beside its people.
MORE = {"/": 10, "/audit": 1, "/explain?project=default": 4}
DETAILS = ("/profile", "/projects/default", "/teams/{team}", "/people/{person}", "/service-accounts/{bot}")


@pytest.fixture
def fill(admin, project):
    """Makes so many of everything; the details are of the first."""
    crew = create_team(admin, "crew", project)
    bot = create_service_account(admin, "bot", project)
    person = create_user(CONSOLE, "person", password=PASSWORD)

    def make(first, last):
        for number in range(first, last):
            user = create_user(CONSOLE, f"user{number}", password=PASSWORD)
            grant_role(admin, user, Role.VIEWER, project)
            add_member(admin, crew, user)
            create_team(admin, f"team{number}", project)
            create_service_account(admin, f"bot{number}", project)
            create_project(CONSOLE, f"project{number}", admin=person)
            issue_token(admin, name=str(number), project=project)
            issue_token_for(admin, bot, name=str(number), project=project)

    make(0, 10)
    return make, {"team": crew.pk, "bot": bot.uid, "person": person.uid}


def test_lists_and_details_do_not_cost_more_when_longer(fill, admin, session_of, queries_of):
    make, names = fill
    browser = session_of(admin)
    pages = [*LISTS, *(page.format(**names) for page in DETAILS)]
    few = {page: queries_of(browser, page) for page in pages}

    make(10, 100)

    many = {page: queries_of(browser, page) for page in pages}
    assert many == few
    assert {page: few[page] for page in LISTS if few[page] > 6 + MENU + MORE.get(page, 0)} == {}
    # A page with a history asks the log, and what its sentences name and link to.
    assert {page: few[page] for page in few.keys() - set(LISTS) if few[page] > 8 + 3 + MENU} == {}
    assert User.objects.count() > 200
