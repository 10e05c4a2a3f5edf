"""The command `stagekeeper`, as a CI job runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.models import User
from accounts.operations import issue_token_for
from accounts.principals import CONSOLE
from tests.approvals.scene import policy_text

CLIENT = Path(__file__).parent.parent.parent / "client"


@pytest.fixture
def run(live_server, contributor):
    """Runs the command as the contributor; returns its exit code and what it said."""
    _, token = issue_token_for(CONSOLE, User.objects.get(pk=contributor.user.pk), name="ci")

    def call(*words, **environment):
        settings = {"MLFLOW_TRACKING_URI": live_server.url, "MLFLOW_TRACKING_TOKEN": token}
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CLIENT), **settings, **environment}
        done = subprocess.run(
            [sys.executable, "-m", "stagekeeper", *words],
            env=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return call


def test_the_text_of_a_policy_is_checked_with_lines(run, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(policy_text().replace("approvals: 1", "approvals: many"))

    code, said = run("policy", "check", str(policy))
    assert code == 1
    assert f"{policy}:14: " in said

    policy.write_text(policy_text())
    code, said = run("policy", "check", str(policy), "--rehearse")
    assert code == 0
    assert "test-policy is a policy. solo 1 holds in default." in said
    assert "nothing to judge" in said
    assert run("policy", "check", str(tmp_path / "none.yaml"))[0] == 3


def test_a_step_that_needs_nobody_passes(run, version):
    code, said = run("check", "fraud", "1", "--to", "Production")

    assert code == 0
    assert "fraud/1 may go to Production" in said
    assert run("promote", "fraud", "1")[0] == 0


def test_a_step_that_needs_approval_answers_two_until_it_is_there(run, policy, version):
    assert run("check", "fraud", "1")[0] == 2

    code, said = run("promote", "fraud", "1", "--reason", "Better.")
    assert code == 2
    assert "needs 1 more approval. Request " in said
    assert run("promote", "fraud", "1")[0] == 2


def test_a_gate_that_fails_answers_one_and_is_named(run, set_policy, version):
    set_policy(gates="[{type: external_check, check: evaluation}]", approvals=0)

    code, said = run("check", "fraud", "1")
    assert code == 1
    assert "check evaluation" in said

    assert run("report", "fraud", "1", "evaluation", "passed")[0] == 0


@pytest.mark.parametrize(
    "environment",
    [
        {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"},
        {"MLFLOW_TRACKING_URI": "nowhere"},
        {"MLFLOW_TRACKING_TOKEN": "sk_pat_wrong"},
        {"MLFLOW_TRACKING_TOKEN": ""},
    ],
)
def test_a_server_that_cannot_be_asked_answers_three(environment, run, version):
    code, said = run("check", "fraud", "1", **environment)

    assert code == 3
    assert said.startswith("stagekeeper: ")


def test_a_model_that_is_not_there_answers_three(run, version):
    assert run("check", "nothing", "1")[0] == 3
