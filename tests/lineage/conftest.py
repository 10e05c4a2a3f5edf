"""Who looks at lineage, and a second project that only its own people may look into."""

import pytest

from accounts.models import Project
from accounts.operations import create_project, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role


@pytest.fixture
def keeper(admin, cast) -> Principal:
    """Keeps the secret project; holds nothing in the default one."""
    return cast("keeper")


@pytest.fixture
def secret(admin, keeper) -> Project:
    """A project that nobody else may look into."""
    project = create_project(CONSOLE, "secret", name="Secret", admin=keeper.user)
    grant_role(CONSOLE, keeper.user, Role.CONTRIBUTOR, project)
    return project


@pytest.fixture
def fresh():
    """The same person with the roles of now."""

    def again(principal: Principal) -> Principal:
        return Principal(principal.user, auth=principal.auth, token=principal.token)

    return again
