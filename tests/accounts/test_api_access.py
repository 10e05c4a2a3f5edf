"""Every list and object of accounts in the API as everybody: nobody, an outsider, a viewer, both kinds of admins."""

import json

import pytest
from django.test import Client

from accounts.models import RoleBinding, Token
from accounts.operations import create_service_account, create_team, issue_token
from accounts.roles import Role

PEOPLE = ("outsider", "viewer", "keeper", "admin")
#: address: what the outsider, the viewer, the project admin and the platform admin get.
READS = {
    "/api/v1/": (200, 200, 200, 200),
    "/api/v1/whoami": (200, 200, 200, 200),
    "/api/v1/users": (200, 200, 200, 200),
    "/api/v1/users/{person}": (200, 200, 200, 200),
    "/api/v1/service-accounts": (200, 200, 200, 200),
    "/api/v1/service-accounts/{bot}": (404, 200, 200, 200),
    "/api/v1/teams": (200, 200, 200, 200),
    "/api/v1/teams/{team}": (404, 200, 200, 200),
    "/api/v1/teams/{team}/members": (404, 200, 200, 200),
    "/api/v1/projects": (200, 200, 200, 200),
    "/api/v1/projects/default": (404, 200, 200, 200),
    "/api/v1/role-bindings": (200, 200, 200, 200),
    "/api/v1/role-bindings/{binding}": (404, 200, 200, 200),
    "/api/v1/tokens": (200, 200, 200, 200),
    "/api/v1/tokens/{token}": (404, 404, 404, 200),
    "/api/v1/access/explain?action=view&object=project/default": (404, 200, 200, 200),
    "/api/v1/access/explain?action=view&principal={person}&object=project/default": (404, 403, 200, 200),
    "/api/v1/audit/events": (200, 200, 200, 200),
    "/api/v1/audit/events?project=default": (404, 200, 200, 200),
    "/api/v1/audit/export": (200, 200, 200, 200),
    "/api/v1/schema": (200, 200, 200, 200),
    "/api/v1/docs": (200, 200, 200, 200),
}
WRITES = {
    ("post", "/api/v1/users", "new_user"): (403, 403, 403, 201),
    ("patch", "/api/v1/users/{person}", "nothing"): (403, 403, 403, 200),
    ("post", "/api/v1/users/{person}/deactivate", "nothing"): (403, 403, 403, 200),
    ("post", "/api/v1/users/{person}/activate", "nothing"): (403, 403, 403, 200),
    ("post", "/api/v1/users/{person}/set-password", "password"): (403, 403, 403, 200),
    ("post", "/api/v1/service-accounts", "new_bot"): (404, 403, 201, 201),
    ("post", "/api/v1/service-accounts/{bot}/deactivate", "nothing"): (404, 403, 200, 200),
    ("post", "/api/v1/service-accounts/{bot}/activate", "nothing"): (404, 403, 200, 200),
    ("post", "/api/v1/teams", "new_team"): (404, 403, 201, 201),
    ("patch", "/api/v1/teams/{team}", "nothing"): (404, 403, 200, 200),
    ("post", "/api/v1/teams/{team}/members", "member"): (404, 403, 201, 201),
    ("post", "/api/v1/teams/{team}/dissolve", "nothing"): (404, 403, 204, 204),
    ("post", "/api/v1/projects", "new_project"): (403, 403, 403, 201),
    ("patch", "/api/v1/projects/default", "nothing"): (404, 403, 200, 200),
    ("post", "/api/v1/role-bindings", "grant"): (404, 403, 201, 201),
    ("post", "/api/v1/role-bindings/{binding}/revoke", "nothing"): (404, 403, 200, 200),
    ("post", "/api/v1/tokens", "bot_token"): (404, 403, 201, 201),
    ("post", "/api/v1/tokens/{token}/revoke", "nothing"): (404, 404, 404, 200),
}
BODIES = {
    "nothing": {},
    "new_user": {"username": "grace", "password": "correct horse battery"},
    "password": {"password": "a staple for the battery"},
    "new_bot": {"username": "bot2", "project": "default"},
    "new_team": {"slug": "team2", "project": "default"},
    "member": {"user": "contributor"},
    "new_project": {"slug": "fraud"},
    "grant": {"user": "contributor", "role": "maintainer", "scope": "project/default"},
    "bot_token": {"owner": "bot", "name": "nightly", "project": "default"},
}


@pytest.fixture
def keeper(cast):
    """Gives and takes roles in the default project, and is nothing else."""
    return cast("keeper", Role.PROJECT_ADMIN)


@pytest.fixture
def things(admin, project, contributor):
    """Something behind every address."""
    token, _ = issue_token(contributor, name="laptop")
    return {
        "bot": create_service_account(admin, "bot", project).uid,
        "binding": RoleBinding.objects.get(user=contributor.user).pk,
        "token": token.uid,
        "team": create_team(admin, "crew", project).pk,
        "person": contributor.uid,
    }


@pytest.mark.parametrize("address", READS)
def test_reading_is_answered_by_what_one_may_see(address, things, client_of, request):
    answers = {
        name: client_of(request.getfixturevalue(name)).get(address.format(**things)).status_code for name in PEOPLE
    }

    assert answers == dict(zip(PEOPLE, READS[address], strict=True))


@pytest.mark.parametrize("write", WRITES, ids=lambda write: f"{write[0]} {write[1]}")
@pytest.mark.parametrize("person", PEOPLE)
def test_writing_is_answered_by_what_one_may_do(write, person, things, client_of, request):
    method, address, body = write
    client = client_of(request.getfixturevalue(person))

    answer = client.generic(
        method.upper(), address.format(**things), content_type="application/json", data=json.dumps(BODIES[body])
    )

    assert answer.status_code == WRITES[write][PEOPLE.index(person)], answer.content


@pytest.mark.parametrize("address", [*READS, *(address for _, address, _ in WRITES)])
def test_nobody_gets_in_without_credentials(address, things):
    answer = Client().get(address.format(**things))

    assert answer.status_code == 401
    assert answer.json()["error_code"] == "UNAUTHENTICATED"


def test_lists_hold_only_what_one_may_see(outsider, viewer, things, client_of):
    for name in ("projects", "teams", "service-accounts", "role-bindings"):
        assert client_of(outsider).get(f"/api/v1/{name}").json()["results"] == []
        assert client_of(viewer).get(f"/api/v1/{name}").json()["results"] != []


def test_addresses_of_people_are_for_themselves_and_platform_admins(viewer, outsider, admin, client_of):
    address = f"/api/v1/users/{viewer.uid}"

    shown = [client_of(person).get(address).json()["email"] for person in (viewer, outsider, admin)]

    assert shown == ["", None, ""]


def test_no_answer_holds_a_hash_of_a_secret(admin, things, client_of):
    client = client_of(admin)
    digests = set(Token.objects.values_list("digest", flat=True))

    for address in READS:
        answer = client.get(address.format(**things))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert not any(digest in content.decode() for digest in digests)
        assert b"md5$" not in content
