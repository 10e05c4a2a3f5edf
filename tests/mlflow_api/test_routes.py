"""Every route of the protocol against everybody: who may ask at all, who reads, who writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pytest
from django.urls import URLPattern, URLResolver

from accounts.authentication import access_of
from mlflow_api import urls as mlflow_urls
from tests.mlflow_api.conftest import Caller, Scene

# --- All routes, as Django resolves them ------------------------------------------------------------------------------

_PUBLIC = {
    ("GET", "api/3.0/mlflow/server-info"),
    ("GET", "ajax-api/3.0/mlflow/server-info"),
    ("GET", "health"),
}
_METHODS_OF_VIEWS = {
    "file_at_path": ("GET", "PUT", "DELETE"),
    "file_of_run": ("GET",),
    "file_of_version": ("GET",),
    "unknown_path": ("GET", "POST"),
    "health": ("GET",),
    "version": ("GET",),
}


class Route(NamedTuple):
    """One method on one path pattern."""

    method: str
    path: str
    view: Any


def _routes(patterns: list[Any], prefix: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path)
        else:
            assert isinstance(pattern, URLPattern)
            view = pattern.callback
            methods = getattr(view, "functions", None) or _METHODS_OF_VIEWS[view.__name__]
            yield from (Route(method, path, view) for method in methods)


ROUTES = list(_routes(mlflow_urls.urlpatterns))


def _concrete(path: str) -> str:
    return path.replace("<path:", "<").replace("<", "").replace(">", "").replace("^\\d+\\.\\d+/", "2.1/unknown")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_only_declared_routes_answer_strangers(db, stranger: Caller, route: Route):
    prefix, _, path = _concrete(route.path).partition("/")

    response = stranger(route.method, path, prefix=prefix) if path else stranger.client.get(f"/{prefix}")

    if (route.method, route.path) in _PUBLIC:
        assert access_of(route.view) == "public"
        assert response.status_code == 200
    else:
        assert access_of(route.view) == "signed_in"
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic realm=")


def test_both_prefixes_lead_to_the_same_functions():
    def below(prefix: str) -> list[tuple[str, str, Any]]:
        return [(r.method, r.path.removeprefix(prefix), r.view) for r in ROUTES if r.path.startswith(prefix)]

    assert below("api/") == below("ajax-api/")
    assert len(below("api/")) > 80


# --- What each route takes --------------------------------------------------------------------------------------------


def calls_of(s: Scene) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads and writes that a maintainer's call would carry out, by method and path below the prefix."""
    name, run = {"name": s.model}, {"run_id": s.run}
    version, experiment = {**name, "version": s.version}, {"experiment_id": s.experiment}
    logged = f"2.0/mlflow/logged-models/{s.logged_model}"
    files = "2.0/mlflow-artifacts/"
    tag = {"key": "team", "value": "fraud"}
    reads = {
        "GET 2.0/mlflow/runs/get": run,
        "POST 2.0/mlflow/runs/search": {"experiment_ids": [s.experiment]},
        "GET 2.0/mlflow/metrics/get-history": {**run, "metric_key": "rmse"},
        "GET 2.0/mlflow/artifacts/list": run,
        "GET 2.0/mlflow/experiments/get": experiment,
        "GET 2.0/mlflow/experiments/get-by-name": {"experiment_name": "payments"},
        "GET 2.0/mlflow/experiments/search": {"max_results": 10},
        "POST 2.0/mlflow/experiments/search": {"max_results": 10},
        f"GET {logged}": None,
        "POST 2.0/mlflow/logged-models/search": {"experiment_ids": [s.experiment]},
        f"GET {logged}/artifacts/directories": None,
        "GET 2.0/mlflow/registered-models/get": name,
        "GET 2.0/mlflow/registered-models/alias": {**name, "alias": "champion"},
        "GET 2.0/mlflow/registered-models/get-latest-versions": name,
        "POST 2.0/mlflow/registered-models/get-latest-versions": name,
        "GET 2.0/mlflow/registered-models/search": {},
        "GET 2.0/mlflow/model-versions/get": version,
        "GET 2.0/mlflow/model-versions/get-download-uri": version,
        "GET 2.0/mlflow/model-versions/search": {},
        f"GET {files}artifacts": {"path": s.artifact.rpartition("/")[0]},
        f"GET {files}artifacts/{s.artifact}": None,
    }
    writes = {
        "POST 2.0/mlflow/runs/create": experiment,
        "POST 2.0/mlflow/runs/update": {**run, "status": "FINISHED"},
        "POST 2.0/mlflow/runs/log-metric": {**run, "key": "mae", "value": 1, "timestamp": 1},
        "POST 2.0/mlflow/runs/log-parameter": {**run, "key": "beta", "value": "1"},
        "POST 2.0/mlflow/runs/log-batch": {**run, "metrics": [{"key": "mae", "value": 1, "timestamp": 1}]},
        "POST 2.0/mlflow/runs/set-tag": {**run, **tag},
        "POST 2.0/mlflow/runs/delete-tag": {**run, "key": "team"},
        "POST 2.0/mlflow/runs/log-inputs": {**run, "models": [{"model_id": s.logged_model}]},
        "POST 2.0/mlflow/runs/outputs": {**run, "models": [{"model_id": s.logged_model}]},
        "POST 2.0/mlflow/runs/log-model": {**run, "model_json": "{}"},
        "POST 2.0/mlflow/runs/delete": run,
        "POST 2.0/mlflow/runs/restore": run,
        "POST 2.0/mlflow/experiments/create": {"name": "another"},
        "POST 2.0/mlflow/experiments/update": {**experiment, "new_name": "renamed"},
        "POST 2.0/mlflow/experiments/set-experiment-tag": {**experiment, **tag},
        "POST 2.0/mlflow/experiments/delete-experiment-tag": {**experiment, "key": "team"},
        "POST 2.0/mlflow/experiments/delete": experiment,
        "POST 2.0/mlflow/experiments/restore": experiment,
        "POST 2.0/mlflow/logged-models": experiment,
        f"PATCH {logged}": {"status": "LOGGED_MODEL_READY"},
        f"POST {logged}/params": {"params": [{"key": "a", "value": "1"}]},
        f"PATCH {logged}/tags": {"tags": [tag]},
        f"DELETE {logged}/tags/team": None,
        f"DELETE {logged}": None,
        "POST 2.0/mlflow/registered-models/create": {"name": "another"},
        "PATCH 2.0/mlflow/registered-models/update": {**name, "description": "New"},
        "POST 2.0/mlflow/registered-models/rename": {**name, "new_name": "renamed"},
        "POST 2.0/mlflow/registered-models/set-tag": {**name, **tag},
        "DELETE 2.0/mlflow/registered-models/delete-tag": {**name, "key": "team"},
        "POST 2.0/mlflow/registered-models/alias": {**version, "alias": "other"},
        "DELETE 2.0/mlflow/registered-models/alias": {**name, "alias": "champion"},
        "DELETE 2.0/mlflow/registered-models/delete": name,
        "POST 2.0/mlflow/model-versions/create": {**name, "source": "s3://bucket/model"},
        "PATCH 2.0/mlflow/model-versions/update": {**version, "description": "New"},
        "POST 2.0/mlflow/model-versions/transition-stage": {**version, "stage": "Staging"},
        "POST 2.0/mlflow/model-versions/set-tag": {**version, **tag},
        "DELETE 2.0/mlflow/model-versions/delete-tag": {**version, "key": "team"},
        "DELETE 2.0/mlflow/model-versions/delete": version,
        f"PUT {files}artifacts/{s.artifact}": b"new content",
        f"DELETE {files}artifacts/{s.artifact}": None,
    }
    return reads, writes


def _administration_of(s: Scene) -> tuple[dict[str, Any], dict[str, Any]]:
    """Reads and writes of accounts that a platform admin's call would carry out."""
    user, role = {"username": "viewer"}, {"role_id": s.team}
    place = {"resource_type": "experiment", "resource_id": s.experiment}
    reads = {
        "GET 2.0/mlflow/users/get": user,
        "GET 2.0/mlflow/users/list": None,
        "GET 3.0/mlflow/users/permissions/get": {**user, **place},
        "GET 3.0/mlflow/users/roles/list": user,
        "GET 3.0/mlflow/roles/get": role,
        "GET 3.0/mlflow/roles/list": {"workspace": "default"},
        "GET 3.0/mlflow/roles/users/list": role,
        "GET 3.0/mlflow/roles/permissions/list": role,
        "GET 3.0/mlflow/workspaces": None,
        "GET 3.0/mlflow/workspaces/default": None,
    }
    writes = {
        "POST 2.0/mlflow/users/create": {"username": "eve", "password": "a-long-enough-pass-phrase"},
        "PATCH 2.0/mlflow/users/update-password": {**user, "password": "another-long-pass-phrase"},
        "PATCH 2.0/mlflow/users/update-admin": {**user, "is_admin": True},
        "POST 3.0/mlflow/users/permissions/grant": {**user, **place, "permission": "EDIT"},
        "POST 3.0/mlflow/users/permissions/revoke": {**user, **place},
        "POST 3.0/mlflow/roles/create": {"workspace": "default", "name": "trainers"},
        "PATCH 3.0/mlflow/roles/update": {**role, "description": "New"},
        "DELETE 3.0/mlflow/roles/unassign": {**role, **user},
        "POST 3.0/mlflow/roles/assign": {**role, **user},
        "POST 3.0/mlflow/roles/permissions/add": {
            **role,
            "resource_type": "registered_model",
            "resource_pattern": s.model,
            "permission": "READ",
        },
        "PATCH 3.0/mlflow/roles/permissions/update": {"role_permission_id": s.binding, "permission": "EDIT"},
        "DELETE 3.0/mlflow/roles/permissions/remove": {"role_permission_id": s.other_binding},
        "DELETE 3.0/mlflow/roles/delete": role,
        "POST 3.0/mlflow/workspaces": {"name": "team"},
        "PATCH 3.0/mlflow/workspaces/default": {"description": "New"},
        "DELETE 3.0/mlflow/workspaces/default": None,
        "DELETE 2.0/mlflow/users/delete": user,
    }
    return reads, writes


def test_an_outsider_reads_and_writes_nothing(scene, outsider, as_):
    reads, writes = calls_of(scene)
    mine = as_(outsider)

    for call, params in {**reads, **writes}.items():
        response = mine(*call.split(" ", 1), params)
        empty = response.status_code == 200 and response.content == b"{}"
        allowed = (403, 404) if call in writes else (404,)
        assert response.status_code in allowed or (call in reads and empty), (call, response.content)
        assert b"risk" not in response.content, call


def test_a_viewer_reads(scene, viewer, as_, project):
    reads, _ = calls_of(scene)
    mine = as_(viewer)

    for call, params in reads.items():
        response = mine(*call.split(" ", 1), params)
        expected = 403 if call.startswith("GET 2.0/mlflow-artifacts/artifacts/") else 200
        assert response.status_code == expected, (call, response.content)


def test_a_viewer_writes_nothing(scene, viewer, as_):
    _, writes = calls_of(scene)
    mine = as_(viewer)

    for call, params in writes.items():
        response = mine(*call.split(" ", 1), params)
        assert response.status_code == 403, (call, response.content)
        assert orjson.loads(response.content)["error_code"] == "PERMISSION_DENIED"


def test_whoever_may_write_is_let_through(scene, maintainer, as_):
    reads, writes = calls_of(scene)
    mine = as_(maintainer)

    for call, params in reads.items():
        assert mine(*call.split(" ", 1), params).status_code == 200, call
    for call, params in writes.items():
        assert mine(*call.split(" ", 1), params).status_code not in (401, 403, 500), call


def test_an_outsider_learns_nothing_about_roles_and_changes_no_account(scene, outsider, as_):
    reads, writes = _administration_of(scene)
    mine = as_(outsider)

    for call, params in reads.items():
        response = mine(*call.split(" ", 1), params)
        assert response.status_code in (200, 404), (call, response.content)
        assert b"analysts" not in response.content, call
    for call, params in writes.items():
        response = mine(*call.split(" ", 1), params)
        assert response.status_code in (403, 404), (call, response.content)


def test_whoever_is_no_administrator_changes_no_account(scene, contributor, as_):
    _, writes = _administration_of(scene)
    mine = as_(contributor)

    for call, params in writes.items():
        response = mine(*call.split(" ", 1), params)
        nothing_to_change = {
            "DELETE 3.0/mlflow/workspaces/default": 400,
            "POST 3.0/mlflow/users/permissions/revoke": 404,
        }
        assert response.status_code == nothing_to_change.get(call, 403), (call, response.content)


def test_an_administrator_is_let_through(scene, admin, as_):
    reads, writes = _administration_of(scene)
    mine = as_(admin)

    for call, params in reads.items():
        assert mine(*call.split(" ", 1), params).status_code == 200, call
    for call, params in writes.items():
        response = mine(*call.split(" ", 1), params)
        expected = 201 if call == "POST 3.0/mlflow/workspaces" else 400 if "DELETE 3.0/mlflow/work" in call else 200
        assert response.status_code == expected, (call, response.content)


def test_every_route_is_tried_above(scene):
    reads, writes = calls_of(scene)
    more_reads, more_writes = _administration_of(scene)
    tried = {*reads, *writes, *more_reads, *more_writes, "GET 2.0/mlflow/users/current"}
    administrative = ("webhooks", "mpu", "presigned", "server-info", "^")

    for route in ROUTES:
        path = route.path.removeprefix("api/")
        if not route.path.startswith("api/") or any(word in path for word in administrative):
            continue
        path = path.replace("<model_id>", scene.logged_model).replace("<path:key>", "team")
        path = path.replace("<path:artifact_path>", scene.artifact).replace("<workspace_name>", "default")
        assert f"{route.method} {path}" in tried
