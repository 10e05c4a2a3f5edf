"""A scene with one of everything, and a caller that speaks the protocol over Django's test client."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.test import Client

from accounts.models import Project
from accounts.operations import add_member, create_team, grant_role
from accounts.principals import Principal
from accounts.roles import Role
from artifacts.operations import store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from registry import operations as registry
from tracking import operations as tracking, queries


class Caller:
    """Somebody who calls endpoints; the answer is kept as it came."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, params: Any = None, *, prefix: str = "api", **headers: str) -> Any:
        url = f"/{prefix}/{path}"
        if method in ("GET", "HEAD"):
            url = f"{url}?{urlencode(params or {}, doseq=True)}" if params else url
            return self.client.generic(method, url, headers=headers)
        if isinstance(params, bytes):
            return self.client.generic(method, url, params, headers=headers)
        body = json.dumps(params or {}).encode()
        return self.client.generic(method, url, body, content_type="application/json", headers=headers)

    def ok(self, method: str, path: str, params: Any = None, **options: Any) -> dict[str, Any]:
        """Call, and return the answer of a call that must succeed."""
        response = self(method, path, params, **options)
        assert response.status_code == 200, response.content
        return dict(orjson.loads(response.content))

    def refused(self, method: str, path: str, params: Any = None, **options: Any) -> tuple[int, str, str]:
        """Call, and return status, code and sentence of a call that must be refused."""
        response = self(method, path, params, **options)
        answer = orjson.loads(response.content)
        return response.status_code, answer["error_code"], answer["message"]


@pytest.fixture
def as_(client_of: Callable[..., Client]) -> Callable[..., Caller]:
    """Make a caller of somebody."""
    return lambda principal, **token: Caller(client_of(principal, **token))


@pytest.fixture
def stranger() -> Caller:
    """Somebody who has not signed in."""
    return Caller(Client())


@dataclass(frozen=True)
class Scene:
    """What is there, by the ids that clients know."""

    experiment: str
    run: str
    model: str
    version: str
    logged_model: str
    artifact: str
    team: int
    binding: int
    other_binding: int


@pytest.fixture
def scene(admin: Principal, contributor: Principal, viewer: Principal, project: Project) -> Scene:
    """One of everything, made by the contributor, in the default project."""
    experiment = tracking.create_experiment(contributor, project, name="payments")
    run = tracking.create_run(contributor, project, experiment_id=str(experiment.pk), name="first").head
    tracking.log_batch(
        contributor,
        project,
        run.uid,
        metrics=[{"key": "rmse", "value": 0.5, "timestamp": 1}],
        params=[{"key": "alpha", "value": "1"}],
        tags=[{"key": "team", "value": "risk"}],
    )
    logged = tracking.create_logged_model(
        contributor, project, experiment_id=str(experiment.pk), name="tree", source_run_id=run.uid
    )
    tracking.set_logged_model_tags(contributor, project, logged.uid, tags=[{"key": "team", "value": "risk"}])
    _store(contributor, project, run.uid, "notes.txt", b"hello")
    model = registry.create_registered_model(contributor, project, "fraud", tags={"team": "risk"})
    version = registry.create_model_version(contributor, model, run.artifact_uri, run_uid=run.uid)
    registry.set_version_tag(contributor, version, "team", "risk")
    registry.set_alias(contributor, version, "champion")
    team = create_team(admin, "analysts", project)
    add_member(admin, team, viewer.user)
    binding = grant_role(admin, team, Role.VIEWER, project)
    return Scene(
        experiment=str(experiment.pk),
        run=run.uid,
        model="fraud",
        version="1",
        logged_model=logged.uid,
        artifact=f"{experiment.pk}/{run.uid}/artifacts/notes.txt",
        team=team.pk,
        binding=binding.pk,
        other_binding=grant_role(admin, team, Role.VIEWER, experiment).pk,
    )


def _store(actor: Principal, project: Project, run_id: str, path: str, content: bytes) -> None:
    from artifacts.operations import space_of

    space = space_of(actor, queries.find_space_owner(project, OwnerKind.RUN, run_id))
    parts = iter([content, b""])
    store_file(actor, space, path, Incoming(lambda size: next(parts), length=len(content)))
