"""The live server that the client tests talk to."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-enough-pass-phrase"
_READY_SECONDS = 90
#: The cast with their level on the project `default`, in MLflow's words; the administrator is made on the console.
_CAST = {"contributor": "EDIT", "viewer": "READ", "outsider": ""}


@dataclass(frozen=True)
class Server:
    """Where the server listens and how each member of the cast signs in."""

    url: str
    ours: bool
    tokens: Mapping[str, str] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0
    #: The environment it runs in; commands that run beside it need the same.
    settings: Mapping[str, str] = field(default_factory=dict)

    def credentials(self, name: str) -> dict[str, str]:
        """Return the environment variables with which the MLflow client signs in as ``name``."""
        if name in self.tokens:
            return {"MLFLOW_TRACKING_TOKEN": self.tokens[name]}
        if name in self.passwords:
            return {"MLFLOW_TRACKING_USERNAME": name, "MLFLOW_TRACKING_PASSWORD": self.passwords[name]}
        return {}

    def processes(self) -> tuple[int, ...]:
        """The processes of the server: the supervisor and everything it started."""
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with contextlib.suppress(FileNotFoundError):
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return tuple(found)


@contextlib.contextmanager
def start_server(folder: Path, **further: str) -> Iterator[Server]:
    """Start our server on fresh data, or use the one that STAGEKEEPER_CLIENT_TEST_URL names.

    ``further`` are settings of this server alone.
    """
    if url := os.environ.get("STAGEKEEPER_CLIENT_TEST_URL"):
        password = os.environ.get("STAGEKEEPER_CLIENT_TEST_PASSWORD")
        yield Server(url, ours=False, passwords={"admin": password} if password else {})
        return
    settings = {**settings_for(folder), **further}
    url = f"http://127.0.0.1:{settings['PORT']}"
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=settings,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait(process, f"{url}/health", log)
        yield _with_cast(url, settings, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def settings_for(folder: Path) -> dict[str, str]:
    """The environment of a server on fresh data in ``folder``."""
    settings = {**os.environ, "DATA_DIR": str(folder / "data"), "HOST": "127.0.0.1", "PORT": str(_free_port())}
    settings.pop("REDIS_URL", None)  # It starts a broker of its own.
    if "DATABASE_URL" in settings:
        settings["DATABASE_URL"] = _fresh_database(settings["DATABASE_URL"], settings["PORT"])
    return settings


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _fresh_database(url: str, label: str) -> str:
    import psycopg

    name = f"client_tests_{os.getpid()}_{label}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {log.read_text()[-3000:]}")


def _with_cast(url: str, settings: Mapping[str, str], pid: int) -> Server:
    """Make everybody's account the way an administrator with MLflow's client would."""
    from mlflow.server.auth.client import AuthServiceClient

    manage(settings, "create_admin", "admin", "--password-file", "-", stdin=PASSWORD)
    admin = Server(url, ours=True, tokens={"admin": manage(settings, "issue_token", "admin")})
    with _environment(admin.credentials("admin")):
        users = AuthServiceClient(url)
        for name, level in _CAST.items():
            users.create_user(name, PASSWORD)
            if level:
                users.grant_user_permission(name, "workspace", "*", level)
    tokens = {name: manage(settings, "issue_token", name) for name in _CAST}
    everybody = ("admin", *_CAST)
    return Server(
        url,
        ours=True,
        tokens={**admin.tokens, **tokens},
        passwords=dict.fromkeys(everybody, PASSWORD),
        pid=pid,
        settings=settings,
    )


def manage(settings: Mapping[str, str], *command: str, stdin: str = "") -> str:
    """Run a command beside the server; return what it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=settings,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
