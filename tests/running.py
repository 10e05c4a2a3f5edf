"""A whole Stagekeeper, started as `make up` starts it, for tests that look at it from outside."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

from config.env import SETTINGS
from config.processes import die_with_parent
from tests.servers import ON_POSTGRES

ROOT = Path(__file__).parent.parent


class Stagekeeper:
    """One `manage.py up` on its own data folder and port; start it, stop it, start it again."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.with_name(f"{folder.name}.log")
        self._environ = _without_settings(os.environ)
        self._environ |= {"DATA_DIR": str(folder), "PORT": str(self.port), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 120) -> "Stagekeeper":
        """Start it and return when it has said that it runs. Raises AssertionError with its log when it does not."""
        already = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509  (asks the kernel for one thing)
            )
        deadline = time.monotonic() + seconds
        while f"Stagekeeper runs at {self.url}" not in self.log.read_text()[already:]:
            assert self._process.poll() is None, f"Stagekeeper ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"Stagekeeper does not start:\n{self.log.read_text()}"
            time.sleep(0.05)
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM, *, seconds: float = 60) -> int:
        """Send a signal, wait for the end and return the exit status."""
        assert self._process
        self.send(number)
        return self._process.wait(seconds)

    def send(self, number: signal.Signals) -> None:
        """Send the supervisor a signal, if it lives."""
        if self._process and self.runs:
            self._process.send_signal(number)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `manage.py` command on the same data."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self._environ, capture_output=True, text=True, check=False)

    def get(self, path: str) -> int:
        """Return the status that a GET answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    @property
    def runs(self) -> bool:
        """Whether its supervisor lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pids(self) -> list[int]:
        """Its processes, the supervisor first."""
        assert self._process
        found = [self._process.pid]
        for pid in found:
            with suppress(FileNotFoundError):  # It has just ended.
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    found += [int(child) for child in (thread / "children").read_text().split()]
        return found


@contextmanager
def running(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Stagekeeper]:
    """Run a Stagekeeper on a data folder, with a database of its own on whatever database the tests run on."""
    own = {"DATABASE_URL": _new_database()} if ON_POSTGRES else {}
    stagekeeper = Stagekeeper(folder, {**own, **(settings or {})})
    try:
        yield stagekeeper.start()
    finally:
        stagekeeper.stop()


def _without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    names = {*SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
    return {name: value for name, value in environ.items() if name not in names}


def _new_database() -> str:
    import psycopg

    server = os.environ["DATABASE_URL"]
    name = f"running_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/postgres?", f"/{name}?")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
