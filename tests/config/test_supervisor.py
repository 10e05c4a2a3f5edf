"""`manage.py up`, really started: it runs, stops, refuses, restarts what dies, and starts again on the same data."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.running import ROOT, Stagekeeper, running

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stagekeeper]:
    with running(tmp_path_factory.mktemp("supervised") / "data") as started:
        yield started


@pytest.fixture
def stagekeeper(one: Stagekeeper) -> Stagekeeper:
    """One that runs; an earlier test may have stopped it."""
    return one if one.runs else one.start()


def test_it_answers_stops_and_starts_again_on_the_same_data(stagekeeper):
    key = (stagekeeper.folder / "secret_key").read_text()
    assert stagekeeper.get("/healthz") == 200
    assert stagekeeper.get("/readyz") == 200

    assert stagekeeper.stop(signal.SIGTERM) == 0
    assert stagekeeper.start().get("/readyz") == 200

    assert stagekeeper.stop(signal.SIGINT) == 0
    assert (stagekeeper.folder / "secret_key").read_text() == key
    assert not (stagekeeper.folder / "broker.url").exists()


def test_it_says_where_it_is_and_what_to_do_first(stagekeeper):
    said = stagekeeper.log.read_text()

    assert f"Stagekeeper runs at {stagekeeper.url}" in said
    assert f"{stagekeeper.url}/set-up/" in said
    assert f"export MLFLOW_TRACKING_URI={stagekeeper.url}" in said
    assert "export MLFLOW_TRACKING_TOKEN=" in said


def test_an_impatient_second_signal_does_no_harm(stagekeeper):
    stagekeeper.send(signal.SIGINT)
    stagekeeper.send(signal.SIGINT)

    assert stagekeeper.stop(signal.SIGTERM) == 0


def test_nothing_is_left_running_when_it_stops_or_is_killed(stagekeeper):
    stopped = stagekeeper.pids
    assert len(stopped) >= 5

    stagekeeper.stop()
    wait_until(lambda: not any(map(alive, stopped)))

    killed = stagekeeper.start().pids
    stagekeeper.stop(signal.SIGKILL)
    wait_until(lambda: not any(map(alive, killed)))


def test_a_process_that_dies_is_started_again(stagekeeper):
    before = stagekeeper.pids

    os.kill(before[1], signal.SIGKILL)  # the broker, which all others use
    os.kill(before[-1], signal.SIGKILL)  # the process that answers requests
    wait_until(lambda: not alive(before[1]) and not alive(before[-1]))

    wait_until(lambda: answers(stagekeeper, "/readyz"))
    assert stagekeeper.stop() == 0


def test_a_second_one_on_the_same_data_is_refused(stagekeeper):
    refused = up(DATA_DIR=str(stagekeeper.folder), PORT=str(free_port()))

    assert refused == (1, f"stagekeeper: Another Stagekeeper already runs on DATA_DIR={stagekeeper.folder}.\n")


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = up(DATA_DIR=str(tmp_path), PORT=str(port))

    assert status == 1
    assert said.startswith(f"stagekeeper: Cannot listen on 127.0.0.1 port {port}: ")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "many"}, "stagekeeper: PORT must be a whole number from 1 to 65535, not 'many'.\n"),
        ({"HOST": "0.0.0.0"}, "stagekeeper: HOST=0.0.0.0 lets other machines in."),
        ({"HOST": "0.0.0.0", "ALLOW_PUBLIC": "1"}, "stagekeeper: ALLOWED_HOSTS is missing"),
    ],
)
def test_a_wrong_start_is_refused_in_one_sentence(tmp_path, settings, sentence):
    status, said = up(DATA_DIR=str(tmp_path), **settings)

    assert status == 1
    assert said.startswith(sentence)
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "worker", "beat"])
def test_a_container_needs_every_setting_of_a_deployment(tmp_path, command):
    status, said = up(command, DATA_DIR=str(tmp_path), SECRET_KEY="k" * 50)

    assert status == 1
    assert said.startswith("CommandError: DATABASE_URL is missing (postgresql://")
    assert said.count("\n") == 1


def up(command: str = "up", **settings: str) -> tuple[int, str]:
    environ = {"PATH": os.environ["PATH"], **settings}
    line = [sys.executable, "manage.py", command]
    ended = subprocess.run(line, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(stagekeeper: Stagekeeper, path: str) -> bool:
    try:
        return stagekeeper.get(path) == 200
    except (OSError, HTTPException):
        return False


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
