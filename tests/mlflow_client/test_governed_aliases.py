"""Aliases that a project governs, through the MLflow client: refused with a sentence, allowed, and let go."""

from collections.abc import Callable, Iterator

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tests.mlflow_client.servers import Server, manage

pytestmark = pytest.mark.stagekeeper("a plain MLflow server governs no alias")

_RULE = """
from accounts.models import Project, User
from accounts.principals import Principal
from registry.models import AliasRule
from registry.operations import free_alias, govern_alias

admin = Principal(User.objects.get(username="admin"), auth="session")
if {free}:
    free_alias(admin, AliasRule.objects.open().get(pattern="governed-*"))
else:
    project = Project.objects.get(slug="default")
    govern_alias(admin, project, "governed-*", stages=["Production"], action="manage")
"""


@pytest.fixture(scope="module")
def rule(server: Server) -> Iterator[None]:
    """Aliases that begin with governed- stand for versions in Production, and maintainers set them."""
    manage(server.settings, "shell", "--verbosity", "0", "-c", _RULE.format(free=False))
    yield
    manage(server.settings, "shell", "--verbosity", "0", "-c", _RULE.format(free=True))


@pytest.fixture
def name(rule: None, client: MlflowClient, unique: Callable[[str], str]) -> str:
    name = client.create_registered_model(unique("governed")).name
    for _ in range(2):
        client.create_model_version(name, "s3://bucket/model")
    client.transition_model_version_stage(name, "1", "Staging")
    client.transition_model_version_stage(name, "1", "Production")
    return name


def test_an_alias_is_refused_for_a_version_in_another_stage(client: MlflowClient, name: str):
    with pytest.raises(MlflowException, match="may stand for versions in Production only") as refusal:
        client.set_registered_model_alias(name, "Governed-EU", "2")

    assert refusal.value.error_code == "RESOURCE_CONFLICT"
    assert client.get_registered_model(name).aliases == {"production": "1"}


def test_an_alias_is_refused_to_who_lacks_the_right(sign_in: Callable[[str], MlflowClient], name: str):
    with pytest.raises(MlflowException, match="It takes the role maintainer or project admin") as refusal:
        sign_in("contributor").set_registered_model_alias(name, "governed-eu", "1")

    assert refusal.value.error_code == "PERMISSION_DENIED"


def test_an_alias_is_set_and_lets_go_when_its_version_leaves(client: MlflowClient, name: str):
    client.set_registered_model_alias(name, "governed-eu", "1")
    client.set_registered_model_alias(name, "free", "1")
    assert client.get_model_version_by_alias(name, "GOVERNED-EU").version == "1"

    client.transition_model_version_stage(name, "1", "Archived")

    with pytest.raises(MlflowException, match="alias governed-eu not found"):
        client.get_model_version_by_alias(name, "governed-eu")
    assert client.get_registered_model(name).aliases == {"free": "1"}
