"""The command `stagekeeper` and the examples, as a job and a machine run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.models import User
from accounts.operations import issue_token_for
from accounts.principals import CONSOLE
from deployments.models import Deployment
from tests.deployments.conftest import IMAGE, OTHER_IMAGE

ROOT = Path(__file__).parent.parent.parent
CLIENT, ADMIT = ROOT / "client", ROOT / "examples" / "deploy" / "admit.sh"


@pytest.fixture
def stagekeeper(live_server, deployer, tmp_path):
    """Runs the command as the deployer; returns its exit code and what it said."""
    _, token = issue_token_for(CONSOLE, User.objects.get(pk=deployer.user.pk), name="ci")
    settings = {"MLFLOW_TRACKING_URI": live_server.url, "MLFLOW_TRACKING_TOKEN": token, "PYTHONPATH": str(CLIENT)}
    claims = {"STAGEKEEPER_IDENTITY_ISSUER": "https://ci.example.org", "STAGEKEEPER_IDENTITY_SUBJECT": "job 7"}

    def call(*words):
        command = [sys.executable, "-m", "stagekeeper", *words]
        given = {"PATH": os.environ["PATH"], **settings, **claims}
        done = subprocess.run(command, env=given, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    return call


@pytest.mark.django_db(transaction=True)
def test_a_job_deploys_and_a_machine_starts_nothing_without_a_permit(
    stagekeeper, live_server, client, version, environment, tmp_path
):
    code, said = stagekeeper("deploy", "fraud", "1", "--environment", "prod", "--image", f"registry/fraud@{IMAGE}")
    assert (code, "is permitted" in said) == (0, True), said
    deployment = Deployment.objects.get()
    assert (deployment.identity_issuer, deployment.identity_subject) == ("https://ci.example.org", "job 7")

    (tmp_path / "keys.json").write_bytes(client.get("/api/v1/permit-keys").content)
    asked = ("verify-permit", "permit.json", "--key", "keys.json", "--target", "fraud")
    assert stagekeeper(*asked, "--image", IMAGE)[0] == 0
    assert stagekeeper(*asked, "--image", OTHER_IMAGE)[0] == 1
    assert stagekeeper(*asked, "--image", "fraud:latest")[0] == 2

    def admit(**place):
        given = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "VERIFIER": str(CLIENT / "stagekeeper" / "verify_permit.py"),
            "PERMIT_KEYS": str(tmp_path / "keys.json"),
            "ENVIRONMENT": "default/prod",
            "TARGET": "fraud",
            "IMAGE": IMAGE,
            "CONTENT_DIGEST": version.content_digest,
        }
        words = ["sh", str(ADMIT), "permit.json", "--", "echo", "started"]
        return subprocess.run(
            words, env=given | place, cwd=tmp_path, capture_output=True, text=True, check=False
        ).stdout.endswith("started\n")

    assert admit()
    assert not admit(ENVIRONMENT="default/other")
    assert not admit(IMAGE=OTHER_IMAGE)
    assert not admit(IMAGE="")
    envelope = json.loads((tmp_path / "permit.json").read_text())
    envelope["payload"] = envelope["payload"][:-4] + "AAAA"
    (tmp_path / "permit.json").write_text(json.dumps(envelope))
    assert not admit()


@pytest.mark.django_db(transaction=True)
def test_reports_and_sightings(stagekeeper, version, environment):
    assert stagekeeper("deploy", "fraud", "1", "--environment", "prod")[0] == 0
    number = str(Deployment.objects.get().pk)

    code, said = stagekeeper("deployed", number, "active")
    assert (code, "cannot become active" in said) == (3, True)
    for state in ("deploying", "active"):
        assert stagekeeper("deployed", number, state) == (0, f"deployment {number} is {state}.\n")
    assert stagekeeper("sighting", "prod", "fraud", "--digest", version.content_digest) == (0, "")
    code, said = stagekeeper("sighting", "prod", "fraud", "--digest", "f" * 64)
    assert (code, "Something that is no version here runs at fraud" in said) == (1, True)


def test_the_manifest_is_yaml():
    import yaml

    (deployment,) = yaml.safe_load_all((ROOT / "examples" / "deploy" / "kubernetes.yaml").read_text())
    pod = deployment["spec"]["template"]["spec"]
    image = pod["containers"][0]["image"].partition("@")[2]
    assert f"--image={image}" in pod["initContainers"][0]["args"]
