"""`make demo` fills a server through its public interfaces; a second time it finds everything there."""

import os
import subprocess
import sys

import pytest

from tests.mlflow_client.servers import ROOT, Server

pytestmark = [pytest.mark.stagekeeper("it makes people, teams and roles"), pytest.mark.timeout(300)]


def _fill(server: Server) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "STAGEKEEPER_URL": server.url, "STAGEKEEPER_TOKEN": server.tokens["admin"]}
    command = [sys.executable, "-m", "demo", "--small"]
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


def test_the_demo_fills_a_server_once(server: Server):
    first = _fill(server)
    second = _fill(server)

    assert first.returncode == 0, first.stderr
    assert "passwords are shown this once" in first.stdout
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines()[-1].endswith("nothing new.")
    assert "passwords" not in second.stdout


def test_the_demo_says_what_to_do_when_no_server_runs():
    settings = {**os.environ, "STAGEKEEPER_URL": "http://127.0.0.1:9", "STAGEKEEPER_TOKEN": "sk_pat_none"}
    done = subprocess.run(
        [sys.executable, "-m", "demo"], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "Start one with `make up`" in done.stderr
