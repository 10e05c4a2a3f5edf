"""The cast of every test: the same people in the same project, made by the same operations as in real life."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from accounts.operations import create_administrator, create_user, grant_role, issue_token_for
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def project(db) -> Project:
    """The project that serves clients which name none."""
    return Project.objects.get(slug="default")


@pytest.fixture
def admin(db) -> Principal:
    """The first administrator: platform admin, and project admin, maintainer and deployer of the default project."""
    return Principal(create_administrator(CONSOLE, "admin", password=PASSWORD), auth="session")


@pytest.fixture
def cast(admin, project):
    """Makes a person with a role on the default project."""

    def make(name: str, *roles: Role) -> Principal:
        user = create_user(CONSOLE, name, password=PASSWORD)
        for role in roles:
            grant_role(admin, user, role, project)
        return Principal(user, auth="session")

    return make


@pytest.fixture
def approver(cast) -> Principal:
    """May decide about promotions of the default project."""
    return cast("approver", Role.APPROVER)


@pytest.fixture
def maintainer(cast) -> Principal:
    """Keeps the default project."""
    return cast("maintainer", Role.MAINTAINER)


@pytest.fixture
def contributor(cast) -> Principal:
    """Logs runs and registers versions in the default project."""
    return cast("contributor", Role.CONTRIBUTOR)


@pytest.fixture
def viewer(cast) -> Principal:
    """Looks at the default project."""
    return cast("viewer", Role.VIEWER)


@pytest.fixture
def outsider(cast) -> Principal:
    """Has an account and no role."""
    return cast("outsider")


@pytest.fixture
def client_of():
    """Makes an HTTP client that signs every call with a fresh token of somebody."""

    def make(principal: Principal, **token: Any) -> Client:
        _, secret = issue_token_for(CONSOLE, User.objects.get(pk=principal.user.pk), name="test", **token)
        return Client(headers={"authorization": f"Bearer {secret}"})

    return make


@pytest.fixture
def session_of():
    """Makes a browser in which somebody has signed in."""

    def make(principal: Principal, **options: Any) -> Client:
        client = Client(headers={"accept": "text/html,*/*;q=0.8"}, **options)
        client.force_login(User.objects.get(pk=principal.user.pk))
        return client

    return make


@pytest.fixture
def queries_of():
    """Counts the queries of a GET, once everything that is remembered between requests is."""

    def count(client: Client, url: str) -> int:
        assert client.get(url).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    return count


@pytest.fixture
def time_machine_at():
    """Makes a context in which it is that moment (ISO 8601), standing still."""

    def at(moment: str):
        return time_machine.travel(datetime.fromisoformat(moment), tick=False)

    return at
