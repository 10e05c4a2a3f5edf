"""Every route against strangers, outsiders and viewers: strangers are turned away, outsiders learn nothing, neither
outsiders nor viewers change anything but their own account."""

import re
from itertools import product

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.authentication import access_of
from accounts.models import RoleBinding
from accounts.operations import create_service_account, create_team, issue_token_for, update_project
from accounts.roles import Role
from audit.models import AuditEvent
from deployments.operations import create_environment, record_sightings, request_deployment
from deployments.operations.sightings import Observation
from notifications.operations import create_webhook
from registry.operations import create_model_version, create_registered_model, govern_alias, set_alias
from tests.architecture.test_routes import routes
from tracking.operations import create_experiment, create_run, log_batch, save_view
from tracking.queries import get_run

MARK = "UNSEEN-BY-OUTSIDERS"
#: What anybody may do to their own account, and asking for one's own part of the log.
OWN = {"user.signed_out", "user.sessions_ended", "user.updated", "user.log_exported", "token.issued"}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def scene(admin, contributor, project, tmp_path, settings):
    """Somebody's things, all with the mark in them; returns what to put into the routes."""
    settings.ARTIFACT_ROOT = str(tmp_path)
    update_project(admin, project, description=MARK)
    experiment = create_experiment(contributor, project, name="trials", tags=[{"key": "note", "value": MARK}])
    run = create_run(contributor, project, experiment_id=str(experiment.pk), name=MARK).head.uid
    log_batch(contributor, project, run, params=[{"key": "alpha", "value": MARK}])
    model = create_registered_model(contributor, project, "fraud", description=MARK)
    version = create_model_version(contributor, model, source="s3://elsewhere/model", description=MARK)
    set_alias(contributor, version, "champion")
    place = create_environment(admin, project, "prod", kind="production", required_stage="None", description=MARK)
    deployment = request_deployment(admin, version, place, target=MARK)
    (alert,) = record_sightings(admin, place, [Observation(MARK, content_digest="f" * 64)]).alerts
    hook = create_webhook(
        admin, project, name="chat", url=f"https://93.184.215.14/{MARK}", events=["model_version.created"]
    )
    rule = govern_alias(admin, project, "stable", stages=["Production"], action="manage", reason=MARK)
    team = create_team(admin, "risk", project, description=MARK)
    robot = create_service_account(admin, "robot", project, display_name=MARK)
    token, _ = issue_token_for(admin, robot, name=MARK)
    return {
        "pk": [RoleBinding.objects.get(user=contributor.user).pk, experiment.pk, deployment.pk, alert.pk],
        "view": save_view(contributor, project, str(experiment.pk), name=MARK, query="", shared=True).pk,
        "slug": project.slug,
        "project": project.slug,
        "environment": place.name,
        "name": "fraud",
        "number": 1,
        "revision": 1,
        "alias": "champion",
        "rule": rule.pk,
        "hook": hook.uid,
        "key": "note",
        "uid": [run, robot.uid, token.uid, str(AuditEvent.objects.latest("id").uid), "m-" + "0" * 32],
        "user": contributor.uid,
        "model_id": "m-" + "0" * 32,
        "webhook_id": "1",
        "workspace_name": project.slug,
        "artifact_path": f"{experiment.pk}/{run}/artifacts/secret.txt",
        "folder": f"{experiment.pk}/{run}/artifacts",
        "path": "secret.txt",
        "object_id": team.pk,
        "content_type_id": 1,
        "app_label": "registry",
        "url": "registry",
        "scope": "model",
        "code": "nothing",
    }


def addresses(scene):
    """Every closed route with the scene's things in it; with each number and uid that fits."""
    for route, view in routes():
        if access_of(view) != "public":
            several = product(scene["pk"], scene["uid"])
            filled = {"/" + _filled(route, scene | {"pk": pk, "uid": uid}) for pk, uid in several}
            fitting = sorted(address for address in filled if _leads_somewhere(address))
            assert fitting, f"nothing in the scene fits {route}"
            yield from fitting


def _filled(route, values):
    plain = route.replace("^", "").replace("$", "").replace(r"\d+\.\d+", "2.0")
    names = re.sub(r"\(\?P<(\w+)>(?:\[[^\]]*\]|[^()\[\]])*\)", r"<\1>", plain)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), names)


def _leads_somewhere(address):
    try:
        return bool(resolve(address))
    except Resolver404:
        return False


def test_strangers_are_turned_away_everywhere(scene):
    client = Client()
    for address in addresses(scene):
        for method in ("GET", *UNSAFE):
            answer = client.generic(method, address, b"{}", content_type="application/json")
            assert answer.status_code == 401, f"{method} {address}: {answer.status_code}"


def test_outsiders_learn_nothing(scene, outsider, client_of):
    client = client_of(outsider)
    for address in addresses(scene):
        answer = client.get(address)
        assert MARK.encode() not in answer.getvalue(), address
        assert answer.status_code < 500, address


@pytest.mark.parametrize("role", [None, Role.VIEWER], ids=["outsider", "viewer"])
def test_neither_outsiders_nor_viewers_change_anything(role, scene, cast, client_of):
    somebody = cast("somebody", *([role] if role else []))
    client = client_of(somebody)
    for address in addresses(scene):
        for method in UNSAFE:
            answer = client.generic(method, address, b"{}", content_type="application/json")
            assert answer.status_code < 500, f"{method} {address}: {answer.status_code}"

    done = AuditEvent.objects.filter(actor_uid=somebody.uid, outcome="ok").exclude(action__in=OWN)
    assert list(done.values_list("action", flat=True)) == []


def test_the_mark_is_there_to_be_seen(scene, contributor, project):
    assert get_run(contributor, project, scene["uid"][0]).params[0]["value"] == MARK
