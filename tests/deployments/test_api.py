"""The native API: a CI job deploys, an agent reports and sees, a hook verifies, and one call says what ran when."""

import json
import subprocess
import sys

import pytest
from django.test import Client

from accounts.models import User
from accounts.operations import create_project, create_service_account, grant_role
from accounts.principals import Principal
from accounts.roles import Role
from deployments.models import Deployment
from deployments.operations import create_environment, request_deployment
from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tests.deployments.conftest import IMAGE
from tests.deployments.steps import run
from tests.native_api import call, results

NEW = {"model": "fraud", "version": 1, "environment": "prod", "image_digest": IMAGE}


@pytest.fixture
def robot(admin, project, client_of):
    """A service account that deploys, with a token."""
    account = create_service_account(admin, "deploy-bot", project)
    grant_role(admin, account, Role.DEPLOYER, project)
    return client_of(Principal(account, auth="token"))


def test_a_job_deploys_with_its_token_and_a_hook_verifies_the_permit(robot, version, environment, tmp_path):
    claims = {"identity_issuer": "https://ci.example.org", "identity_subject": "repo:org/fraud:ref:main"}
    made = call(robot, "post", "/deployments", NEW | claims, status=201)
    assert (made["state"], made["target"], made["actor"]) == ("permitted", "fraud", "deploy-bot")
    assert made["identity_subject"] == "repo:org/fraud:ref:main"

    address = f"/deployments/{made['id']}"
    envelope, keys = call(robot, "get", f"{address}/permit"), call(Client(), "get", "/permit-keys")
    assert envelope == made["permit"]["envelope"]
    verifier = Client().get("/api/v1/permit-verifier").content
    for name, content in (("p.json", json.dumps(envelope)), ("k.json", json.dumps(keys)), ("v.py", verifier.decode())):
        (tmp_path / name).write_text(content)
    asked = ["--environment", "default/prod", "--target", "fraud", "--image", IMAGE, "--digest", version.content_digest]
    command = [sys.executable, "-I", "v.py", "p.json", "--key", "k.json", *asked]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    (pem,) = [Client().get(f"/api/v1/permit-keys/{key['kid']}") for key in keys["keys"]]
    (tmp_path / "k.json").write_bytes(pem.content)
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0

    call(robot, "post", f"{address}/state", {"state": "active"}, status=409)
    for state in ("deploying", "deploying", "active"):
        shown = call(robot, "post", f"{address}/state", {"state": state})
    assert [each["state"] for each in shown["states"]] == ["requested", "permitted", "deploying", "active"]
    seen = {"sightings": [{"target": "fraud", "content_digest": version.content_digest, "image_digest": IMAGE}]}
    judged = call(robot, "post", "/environments/default/prod/sightings", seen)
    assert judged == {"approved": 1, "opened": 0, "alerts": []}


def test_a_refusal_is_one_sentence_with_a_word_for_scripts(robot, register, environment):
    register(Stage.STAGING)

    said = call(robot, "post", "/deployments", NEW, status=409)

    assert said["message"] == "fraud v1 is in Staging; default/prod takes Production: promote it first."
    assert (said["error_code"], said["reason"]) == ("INVALID_STATE", "stage")


def test_a_number_that_no_version_has_is_refused(robot, environment):
    huge = 10**19
    for path, sent in (
        ("/deployments", NEW | {"version": huge}),
        ("/environments/default/prod/sightings", {"sightings": [{"target": "a", "model": "fraud", "version": huge}]}),
    ):
        call(robot, "post", path, sent, status=400)
    call(robot, "get", f"/deployments?version={huge}", status=400)


def test_a_token_for_reading_does_not_deploy(admin, project, client_of, version, environment):
    account = create_service_account(admin, "reader", project)
    grant_role(admin, account, Role.DEPLOYER, project)
    reader = client_of(Principal(account, auth="token"), scopes=["view"])

    assert "scope" in call(reader, "post", "/deployments", NEW, status=403)["message"]
    assert not Deployment.objects.exists()


def test_environments_are_made_changed_and_archived(client_of, maintainer):
    client = client_of(maintainer)
    window = {"days": ["Mon"], "from": "09:00", "to": "12:00"}
    call(client, "post", "/environments", {"name": "prod", "kind": "production"}, status=201)
    call(client, "post", "/environments", {"name": "prod", "kind": "production"}, status=400)

    changed = call(client, "patch", "/environments/default/prod", {"change_window": window, "needs_image": True})
    assert (changed["change_window"], changed["needs_image"], changed["required_stage"]) == (window, True, "Production")
    assert call(client, "patch", "/environments/default/prod", {"change_window": {}})["change_window"] is None
    assert [each["name"] for each in results(client, "/environments", project="default")] == ["prod"]
    assert call(client, "post", "/environments/default/prod/archive", {"reason": "Moved."})["archived_at"]
    assert results(client, "/environments") == []
    call(client, "get", "/environments/default/prod", status=404)


def test_who_deployed_what_and_when_is_one_call(client_of, viewer, deployer, running, register, environment):
    second = run(deployer, request_deployment(deployer, register(), environment))
    client = client_of(viewer)
    between = Deployment.objects.get(pk=second.pk).created_at

    (then,) = results(client, "/deployments", environment="prod", at=moment(between))
    assert (then["version"], then["state"], then["actor"], then["active_until"]) == (1, "active", "deployer", None)
    assert then["permit"]["permit"]
    (now,) = results(client, "/deployments", state="active")
    assert (now["version"], now["previous"]) == (2, running.pk)
    assert [each["version"] for each in results(client, "/deployments", model="fraud", person="deployer")] == [2, 1]
    assert results(client, "/deployments", at="2020-01-01T00:00:00Z") == []
    assert len(results(client, "/deployments", **{"from": moment(between), "page_size": 1})) == 2
    assert call(client, "get", "/deployments", {"person": "nobody"})["results"] == []
    call(client, "get", f"/deployments/{second.pk}", {"at": moment(running.created_at)}, status=404)


def moment(milliseconds):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()


def test_a_roll_back_is_one_call(robot, deployer, running, register, environment):
    second = run(deployer, request_deployment(deployer, register(), environment))

    back = call(robot, "post", f"/deployments/{second.pk}/roll-back", {"reason": "Wrong scores."}, status=201)

    assert (back["version"], back["rolls_back"], back["state"]) == (1, second.pk, "permitted")
    assert back["permit"]["envelope"]["signatures"]
    call(robot, "post", f"/deployments/{second.pk}/roll-back", {"reason": "No.", "version": 3}, status=404)


def test_alerts_are_listed_and_settled(robot, running, environment):
    seen = {"sightings": [{"target": "fraud", "content_digest": "f" * 64}]}
    (alert,) = call(robot, "post", "/environments/default/prod/sightings", seen)["alerts"]
    assert alert["message"] == "Something that is no version here runs at fraud in prod."

    assert call(robot, "post", f"/deployment-alerts/{alert['id']}/acknowledge", {})["acknowledged_by"] == "deploy-bot"
    call(robot, "post", f"/deployment-alerts/{alert['id']}/resolve", {}, status=400)
    call(robot, "post", f"/deployment-alerts/{alert['id']}/resolve", {"finding": "A forgotten test."})
    assert [each["state"] for each in results(robot, "/deployment-alerts", project="default")] == ["resolved"]
    assert results(robot, "/deployment-alerts", state="unresolved") == []
    (sighting,) = call(robot, "get", "/environments/default/prod/sightings")["results"]
    assert (sighting["alert"], sighting["count"]) == (alert["id"], 1)


def test_a_version_whose_files_lie_elsewhere_is_seen_by_name(robot, deployer, contributor, model, environment):
    version = transition_stage(contributor, create_model_version(contributor, model, "s3://b/m"), Stage.PRODUCTION)
    run(deployer, request_deployment(deployer, version, environment))
    path = "/environments/default/prod/sightings"

    seen = {"sightings": [{"target": "fraud", "model": "fraud", "version": 1}]}
    assert call(robot, "post", path, seen)["approved"] == 1
    unknown = {"sightings": [{"target": "fraud", "model": "fraud", "version": 9}]}
    assert "Sighting 0 names default/fraud v9" in call(robot, "post", path, unknown, status=400)["message"]


@pytest.fixture
def hidden(admin):
    """A model of another project, running in the default project's environment."""
    elsewhere = create_project(admin, "secret")
    lead = Principal(User.objects.get(pk=admin.user.pk), auth="session")
    model = create_registered_model(lead, elsewhere, "hidden-name")
    return transition_stage(lead, create_model_version(lead, model, "s3://b/m"), Stage.STAGING)


def test_names_that_one_may_not_see_do_not_appear(admin, client_of, viewer, maintainer, project, hidden, robot):
    lead = Principal(User.objects.get(pk=admin.user.pk), auth="session")
    place = create_environment(lead, project, "stage", kind="staging", required_stage="Staging")
    deployment = run(lead, request_deployment(lead, hidden, place, target="scorer"))
    client = client_of(viewer)
    seen = {"sightings": [{"target": "elsewhere", "project": "secret", "model": "hidden-name", "version": 1}]}
    call(client_of(lead), "post", "/environments/default/stage/sightings", seen)

    assert [each["model"] for each in results(client_of(lead), "/deployments")] == ["hidden-name"]
    assert results(client, "/deployments") == []
    call(client, "get", f"/deployments/{deployment.pk}", status=404)
    call(client, "get", f"/deployments/{deployment.pk}/permit", status=404)
    (alert,) = results(client, "/deployment-alerts")
    assert (alert["version"], "a version that you may not see" in alert["message"]) == (None, True)
    for path in ("/deployment-alerts", "/environments/default/stage/sightings"):
        assert b"hidden-name" not in client.get(f"/api/v1{path}").content
    assert "Sighting 0" in call(robot, "post", "/environments/default/stage/sightings", seen, status=400)["message"]


def test_strangers_see_keys_and_nothing_else(db):
    assert call(Client(), "get", "/permit-keys")["keys"][0]["crv"] == "Ed25519"
    call(Client(), "get", f"/permit-keys/{'0' * 32}", status=404)
    for path in ("/deployments", "/environments", "/deployment-alerts"):
        call(Client(), "get", path, status=401)


@pytest.mark.parametrize("path", ["/deployments", "/deployments?at=2100-01-01T00:00:00Z", "/deployment-alerts"])
def test_lists_ask_as_much_for_many_as_for_few(path, client_of, viewer, deployer, running, environment, queries_of):
    from deployments.operations import record_sightings
    from deployments.operations.sightings import Observation

    def more(count):
        for number in range(count):
            run(deployer, request_deployment(deployer, running.version, environment, target=f"t-{count}-{number}"))
            record_sightings(deployer, environment, [Observation(f"x-{count}-{number}", running.content_digest)])

    client = client_of(viewer)
    more(2)
    few = queries_of(client, f"/api/v1{path}")
    more(8)

    assert queries_of(client, f"/api/v1{path}") == few <= 8
