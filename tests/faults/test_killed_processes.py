"""Kills the web server at random moments while clients promote, log and upload; afterwards everything holds."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.mlflow_client.servers import PASSWORD, ROOT, manage, settings_for

KILLS = int(os.environ.get("STAGEKEEPER_KILLS", "25"))
VERSIONS = 6
#: The web server alone: the supervisor gives up on one that dies five times a minute, and is right to.
SERVE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from config import env, services
services.serve(env.read_environment())
"""


@dataclass
class Server:
    """Where a server is, and how to sign calls to it."""

    settings: dict[str, str]
    token: str


@pytest.fixture
def server(tmp_path) -> Server:
    """Data and an administrator; nothing runs yet."""
    settings = settings_for(tmp_path) | {"ALLOW_PUBLIC": "0"}
    manage(settings, "create_admin", "admin", "--password-file", "-", stdin=PASSWORD)
    return Server(settings, manage(settings, "issue_token", "admin"))


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """Serve for a while, then kill every process of the server at once."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=ROOT,
        env=server.settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_it_answers(server)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Caller(threading.Thread):
    """A client that goes on asking, whatever happens to the server, and notes what was acknowledged."""

    def __init__(self, server: Server, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.server, self.stop, self.random = server, stop, random.Random(number)
        self.number = number
        self.acknowledged: list[tuple[str, dict]] = []
        self.unexpected: list[str] = []
        self.cut = 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.promote() if self.number % 2 else self.log_and_upload()
            except (OSError, http.client.HTTPException):
                self.cut += 1
                time.sleep(0.05)

    def promote(self) -> None:
        stage = self.random.choice(["Staging", "Production", "Archived"])
        moved = {"name": "m", "version": str(self.random.randint(1, VERSIONS)), "stage": stage}
        self.post("model-versions/transition-stage", moved | {"archive_existing_versions": stage != "Archived"})

    def log_and_upload(self) -> None:
        answer = self.post("runs/create", {"experiment_id": "0"})
        if answer is None:
            return
        run = answer["run"]["info"]
        points = [{"key": "loss", "value": float(step), "timestamp": 1, "step": step} for step in range(50)]
        self.post("runs/log-batch", {"run_id": run["run_id"], "metrics": points, "params": [], "tags": []})
        path = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
        self.send("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}/data.bin", b"x" * 300_000)
        self.post("runs/update", {"run_id": run["run_id"], "status": "FINISHED", "end_time": 2})

    def post(self, route: str, body: dict) -> dict | None:
        status, answer = self.send("POST", f"/api/2.0/mlflow/{route}", json.dumps(body).encode())
        if status == 200:
            self.acknowledged.append((route, body | json.loads(answer)))
            return json.loads(answer)
        if status not in (409, 503):
            self.unexpected.append(f"{route}: {status} {answer[:200]!r}")
        return None

    def send(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.server.settings["PORT"]), timeout=20)
        headers = {"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.mark.timeout(900)
def test_kill_9_at_any_moment_breaks_nothing(server, capsys):
    stop, chosen = threading.Event(), random.Random(7)
    callers = [Caller(server, number, stop) for number in range(4)]
    with serving(server):
        prepare(server)
    for caller in callers:
        caller.start()
    for _ in range(KILLS):
        with serving(server):
            time.sleep(chosen.uniform(0.05, 0.5))
    stop.set()
    for caller in callers:
        caller.join(30)

    assert [fault for caller in callers for fault in caller.unexpected] == []
    assert invariants(server) == ""
    with serving(server):
        assert lost_runs(server, callers) == []
    done = sum(len(caller.acknowledged) for caller in callers)
    cut = sum(caller.cut for caller in callers)
    with capsys.disabled():
        print(f"\n{KILLS} faults injected, 0 violations ({done} acknowledged writes, {cut} calls cut off)")
    assert done > KILLS


def prepare(server: Server) -> None:
    """Register versions for the callers to fight over."""
    first = Caller(server, 0, threading.Event())
    assert first.post("registered-models/create", {"name": "m"})
    for _ in range(VERSIONS):
        assert first.post("model-versions/create", {"name": "m", "source": "s3://elsewhere/model"})


def wait_until_it_answers(server: Server) -> None:
    """Return when the server answers. Raises AssertionError when it does not come back."""
    deadline = time.monotonic() + 60
    probe = Caller(server, 0, threading.Event())
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            if probe.send("GET", "/healthz", b"")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError("The server did not come back.")


def invariants(server: Server) -> str:
    """What `tests.faults.invariants` has to say about the server's data."""
    check = [sys.executable, "-m", "tests.faults.invariants"]
    done = subprocess.run(check, cwd=ROOT, env=server.settings, capture_output=True, text=True, check=False)
    return done.stdout.strip() + done.stderr * (done.returncode != 0)


def lost_runs(server: Server, callers: list[Caller]) -> list[str]:
    """Runs whose creation was acknowledged and that are not there."""
    made = [
        body["run"]["info"]["run_id"]
        for caller in callers
        for route, body in caller.acknowledged
        if route == "runs/create"
    ]
    ask = Caller(server, 0, threading.Event())
    return [run for run in made if ask.send("GET", f"/api/2.0/mlflow/runs/get?run_id={run}", b"")[0] != 200]
