"""Four ways around a second pair of eyes that work on a plain MLflow server, tried here with the stock client."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

from tests.mlflow_client.servers import PASSWORD, Server, manage

pytestmark = pytest.mark.stagekeeper("promotions are governed")

#: People decide as in four-eyes, but with no time to wait through: one policy lets the last vote take the step, the
#: other leaves that to whoever calls again.
_PROJECT = """
from accounts.models import Project, User
from accounts.operations import create_project, create_user, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from approvals.operations import agree_to_policy, assign_policy, publish_policy

def session(name):
    return Principal(User.objects.get(username=name), auth="session")


maria = User.objects.filter(username="maria").first() or create_user(CONSOLE, "maria", password={password!r})
for slug, execute in (("prompt", "automatically"), ("patient", "on_call")):
    project = create_project(session("admin"), slug)
    admin = session("admin")
    grant_role(admin, User.objects.get(username="contributor"), Role.CONTRIBUTOR, project)
    grant_role(admin, maria, Role.APPROVER, project)
    text = f'''
schema: 1
name: two-people
cool_down_hours: 0
execute: {{execute}}
transitions:
  Staging: {{{{approvals: 0}}}}
  Production:
    approvals: 1
    skip_staging: true
    gates: [{{{{type: integrity, hard: true}}}}]
'''
    proposal = assign_policy(admin, project, publish_policy(admin, project, text))
    agree_to_policy(session("maria"), proposal)
"""
_ROLL_BACK = """
from accounts.models import User
from accounts.principals import Principal
from registry.models import ModelVersion
from registry.operations import roll_back

version = ModelVersion.objects.get(model__project__slug={project!r}, model__name={name!r}, number={number})
roll_back(Principal(User.objects.get(username="maria"), auth="session"), version, reason="Too many false alarms.")
"""


@pytest.fixture(scope="module")
def projects(server: Server) -> None:
    """Two projects whose policies ask for one person other than the requester, and Maria, who may be that person."""
    manage(server.settings, "shell", "--verbosity", "0", "-c", _PROJECT.format(password=PASSWORD))


@pytest.fixture(params=["prompt", "patient"])
def project(request: pytest.FixtureRequest, projects: None) -> Iterator[str]:
    """The project in which the client works: in the first the last approval takes the step, in the other a call."""
    mlflow.set_workspace(request.param)
    yield request.param
    mlflow.set_workspace(None)


@pytest.fixture
def creator(project: str, sign_in: Callable[[str], MlflowClient]) -> MlflowClient:
    """She made the model, and may do everything that a contributor may."""
    return sign_in("contributor")


@pytest.fixture
def fraud(creator: MlflowClient, classifier: Any, unique, quick_requirements: None) -> str:
    """A model with two versions in Stage None."""
    name = unique("fraud")
    mlflow.set_experiment(unique("experiment"))
    for _ in range(2):
        with mlflow.start_run():
            mlflow.sklearn.log_model(classifier, name="model", registered_model_name=name)
    return name


@pytest.fixture
def maria(server: Server) -> Maria:
    """Another person, who has signed in on the pages."""
    return Maria(server)


class Maria:
    """Approves on the page of a request, as people do."""

    def __init__(self, server: Server) -> None:
        self.url, self.browser = server.url, requests.Session()
        self.browser.headers["Accept"] = "text/html,*/*;q=0.8"
        self._post("/sign-in", username="maria", password=PASSWORD)

    def approve(self, number: int) -> str:
        """Approve request ``number`` once its gates have spoken; the page that answers."""
        page = f"/requests/{number}"
        deadline = time.monotonic() + 20
        while not (digest := self._field(page, "subject_digest")):
            assert time.monotonic() < deadline, "The gates did not speak."
            time.sleep(0.2)
        return self._post(f"{page}/decide", page, verdict="approve", subject_digest=digest)

    def _post(self, path: str, page: str = "", **values: str) -> str:
        token = self._field(page or path, "csrfmiddlewaretoken")
        answer = self.browser.post(
            self.url + path, data={"csrfmiddlewaretoken": token, **values}, headers={"Referer": self.url + path}
        )
        assert answer.status_code == 200, answer.text
        return answer.text

    def _field(self, path: str, name: str) -> str:
        answer = self.browser.get(self.url + path)
        assert answer.status_code == 200, answer.text
        found = re.search(f'name="{name}" value="([^"]*)"', answer.text)
        return found.group(1) if found else ""


def _promote(client: MlflowClient, name: str, number: int = 1) -> str:
    return client.transition_model_version_stage(name, str(number), "Production").current_stage


def _refused(client: MlflowClient, name: str, number: int = 1) -> RestException:
    with pytest.raises(RestException) as refusal:
        _promote(client, name, number)
    return refusal.value


def _run_of_production(name: str) -> str:
    """The run whose model the client loads for ``models:/<name>/Production``."""
    return mlflow.pyfunc.load_model(f"models:/{name}/Production").metadata.run_id


def _run_of(client: MlflowClient, name: str, number: int) -> str:
    return client.get_model_version(name, str(number)).run_id


def _take_to_production(creator: MlflowClient, maria: Maria, name: str, number: int) -> None:
    maria.approve(_refused(creator, name, number).json["request"])
    assert _promote(creator, name, number) == "Production"


def test_the_creator_cannot_finish_her_own_promotion(creator, fraud, server, project):
    refusal = _refused(creator, fraud)

    request = refusal.json["request"]
    assert refusal.error_code == "RESOURCE_CONFLICT"
    assert refusal.get_http_status_code() == 409
    assert refusal.message.endswith(
        f"{fraud} v1 needs 1 more approval. Request {request}: {server.url}/requests/{request}"
    )
    assert refusal.json["missing_approvals"] == 1
    assert refusal.json["request_url"] == f"{server.url}/requests/{request}"
    assert creator.get_model_version(fraud, "1").current_stage == "None"


def test_calling_again_while_nobody_approved_changes_nothing(creator, fraud):
    first, second = _refused(creator, fraud), _refused(creator, fraud)

    assert first.json["request"] == second.json["request"]
    assert creator.get_model_version(fraud, "1").current_stage == "None"


def test_the_same_call_succeeds_after_another_person_approved_on_the_page(creator, fraud, maria, project):
    answer = maria.approve(_refused(creator, fraud).json["request"])

    before = creator.get_model_version(fraud, "1").current_stage
    assert before == ("Production" if project == "prompt" else "None"), answer
    assert _promote(creator, fraud) == "Production"
    assert _promote(creator, fraud) == "Production"
    assert _run_of_production(fraud) == _run_of(creator, fraud, 1)


def test_the_creator_cannot_approve_with_her_token(creator, fraud, server):
    number = _refused(creator, fraud).json["request"]

    answer = requests.post(
        f"{server.url}/requests/{number}/decide",
        data={"verdict": "approve", "subject_digest": "0" * 64},
        headers={"Authorization": f"Bearer {server.tokens['contributor']}"},
    )

    assert answer.status_code in (401, 403)
    assert creator.get_model_version(fraud, "1").current_stage == "None"


def test_an_editor_cannot_move_the_alias_of_production(creator, fraud, maria):
    _take_to_production(creator, maria, fraud, 1)

    for alias in ("production", "Production"):
        with pytest.raises(MlflowException, match="follows the stage Production by itself"):
            creator.set_registered_model_alias(fraud, alias, "2")
        with pytest.raises(MlflowException, match="follows the stage Production by itself"):
            creator.delete_registered_model_alias(fraud, alias)

    assert creator.get_model_version_by_alias(fraud, "production").version == "1"
    assert _run_of_production(fraud) == _run_of(creator, fraud, 1)


@pytest.mark.parametrize("key", ["approved", "approved_by", "approval_status", "stage"])
def test_a_tag_that_says_approved_approves_nothing(creator, fraud, key):
    creator.set_model_version_tag(fraud, "1", key, "maria")
    creator.set_registered_model_tag(fraud, key, "maria")

    assert _refused(creator, fraud).json["missing_approvals"] == 1
    assert creator.get_model_version(fraud, "1").current_stage == "None"


def test_after_a_roll_back_to_v2_production_is_v2(creator, fraud, maria, server, project):
    for number in (2, 1):
        _take_to_production(creator, maria, fraud, number)
    assert _run_of_production(fraud) == _run_of(creator, fraud, 1)

    manage(server.settings, "shell", "-c", _ROLL_BACK.format(project=project, name=fraud, number=2))

    assert _run_of_production(fraud) == _run_of(creator, fraud, 2)
    assert creator.get_model_version_by_alias(fraud, "production").version == "2"
    assert creator.get_model_version(fraud, "1").current_stage == "Archived"


def test_a_version_in_production_cannot_be_deleted(creator, fraud, maria):
    _take_to_production(creator, maria, fraud, 1)

    for delete in (
        lambda: creator.delete_model_version(fraud, "1"),
        lambda: creator.delete_registered_model(fraud),
    ):
        with pytest.raises(RestException) as refusal:
            delete()
        assert refusal.value.json["blockers"] == [f"{fraud}/1 is in Production, move it to Archived first"]

    assert _run_of_production(fraud) == _run_of(creator, fraud, 1)
