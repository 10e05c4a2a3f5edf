"""Every list of the API takes the same few queries for a page of ten as for a page of a hundred."""

import pytest

from accounts.operations import add_member, create_service_account, create_team, create_user, grant_role, issue_token
from accounts.principals import CONSOLE
from accounts.roles import Role
from tests.conftest import PASSWORD

LISTS = (
    "users",
    "service-accounts",
    "teams",
    "teams/{team}/members",
    "projects",
    "role-bindings",
    "role-bindings?active=true&project=default",
    "tokens",
    "audit/events",
    "audit/events?project=default&type=role_binding",
)
DETAILS = (
    "whoami",
    "users/{person}",
    "service-accounts/{bot}",
    "teams/{team}",
    "projects/default",
    "access/explain?action=write&object=project/default&principal={person}",
)


@pytest.fixture
def names(admin, project):
    """A hundred and more of everything."""
    crew = create_team(admin, "crew", project)
    for number in range(101):
        user = create_user(CONSOLE, f"user{number}", password=PASSWORD)
        grant_role(admin, user, Role.VIEWER, project)
        add_member(admin, crew, user)
        create_team(admin, f"team{number}", project)
        bot = create_service_account(admin, f"bot{number}", project)
        issue_token(admin, name=str(number), project=project)
    return {"team": crew.pk, "person": user.uid, "bot": bot.uid}


def test_lists_and_details_cost_the_same_at_any_size(names, admin, client_of, queries_of):
    client = client_of(admin)
    lists = [f"/api/v1/{address.format(**names)}{'&' if '?' in address else '?'}page_size=" for address in LISTS]

    ten, hundred = ([queries_of(client, f"{address}{size}") for address in lists] for size in (10, 100))
    details = {address: queries_of(client, f"/api/v1/{address.format(**names)}") for address in DETAILS}

    assert hundred == ten
    assert max(ten) <= 6, dict(zip(lists, ten, strict=True))
    assert max(details.values()) <= 8, details


def test_pages_follow_each_other_without_gap_or_repetition(names, admin, client_of):
    client = client_of(admin)
    seen, address = [], "/api/v1/users?page_size=30"

    while address:
        page = client.get(address).json()
        seen += [row["username"] for row in page["results"]]
        address = page["next"]

    assert len(seen) == len(set(seen)) == 102
