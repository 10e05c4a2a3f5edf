"""Runs all of Stagekeeper as one foreground process: `manage.py up`.

The broker starts first, because Django's settings name it. Then Django is imported once, and web, worker and beat are
forked from this process, so that they share the memory of what was imported. This process has no threads and opens no
database connection, which a fork would break.
"""

import gc
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from multiprocessing import current_process
from pathlib import Path
from typing import NoReturn

from config import broker
from config.data_dir import InUse, locked
from config.env import EVERY_ADDRESS, LOCAL_HOSTS, Environment, WrongSetting, read_environment
from config.processes import die_with_parent, next_signal

GRACE_SECONDS = 20
READY_SECONDS = 60
MOST_DEATHS, PER_SECONDS = 5, 60
_STOPS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_WATCHED = {signal.SIGCHLD, *_STOPS}
_SHARED_MODULES = (
    "config.wsgi",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "granian.server",
)


class CannotRun(Exception):
    """The whole cannot start or go on; the message says why."""


class Service:
    """One child process, started again when it dies, unless it dies too often."""

    def __init__(self, name: str, run: Callable[[], object]) -> None:
        self.name = name
        self.pid: int | None = None
        self._run = run
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._start_at = 0.0

    def start_when_due(self) -> None:
        """Start it if it does not run and has rested long enough."""
        if self.pid is None and time.monotonic() >= self._start_at:
            self.pid = fork(self.name, self._run)

    def note_death(self, status: int) -> None:
        """Plan the next start. Raises CannotRun after too many deaths in a short time."""
        now, pid, self.pid = time.monotonic(), self.pid, None
        assert pid
        _signal_group(pid, signal.SIGKILL)  # What it had started must not live beside its successor.
        self._deaths.append(now)
        if len(self._deaths) == MOST_DEATHS and now - self._deaths[0] < PER_SECONDS:
            raise CannotRun(f"{self.name} stopped {MOST_DEATHS} times within a minute.")
        recent = sum(now - death < PER_SECONDS for death in self._deaths)
        self._start_at = now + recent - 1
        say(f"{self.name} stopped ({_how(status)}); it is started again.")

    def stop(self, *, patience: float = GRACE_SECONDS) -> None:
        """Ask it to end what it does, wait, and kill it if it does not."""
        if self.pid is None:
            return
        _signal_group(self.pid, signal.SIGTERM, group=False)
        if not _ended(self.pid, patience):
            say(f"{self.name} did not stop in {patience:.0f} seconds and is killed.")
        # Whatever it started goes with it.
        _signal_group(self.pid, signal.SIGKILL)
        _ended(self.pid, 5)
        self.pid = None


def up() -> int:
    """Run until told to stop; return the exit status."""
    try:
        os.umask(0o077)
        env = read_environment()
        _refuse_public_address(env)
        _refuse_taken_port(env)
        # Signals wait until `_tend` asks for them, so that none interrupts anything; for good, so that an impatient
        # second Ctrl-C does not either.
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        with locked(env.data_dir):
            # One that was killed may have left the address of a broker that died with it.
            env.broker_file.unlink(missing_ok=True)
            return _run(read_environment())
    except (WrongSetting, InUse, CannotRun, broker.NoBroker) as reason:
        say(str(reason))
        return 1


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"stagekeeper: {sentence}\n")
    sys.stderr.flush()


def fork(name: str, run: Callable[[], object]) -> int:
    """Run a function in a child process of its own session, which dies when this process dies. Return its pid."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return pid
    status = 1
    try:
        os.setsid()  # Ctrl-C at the terminal reaches the supervisor alone.
        die_with_parent(parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        current_process().name = name
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  (nothing may return into the parent's code)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


# --- The course of a run ----------------------------------------------------------------------------------------------


def _run(env: Environment) -> int:
    with tempfile.TemporaryDirectory(prefix="stagekeeper-", ignore_cleanup_errors=True) as folder:
        services: list[Service] = []
        try:
            if not env.redis_url:
                env = _start_broker(services, Path(folder), env)
            _import_everything()
            _migrate()
            _start_services(services, env)
            _wait_until_ready(services, env)
            _run_to_end("welcome", lambda: _welcome(env))
            _watch(services)
        except _ToldToStop:
            say("Stopping.")
        finally:
            for service in reversed(services):
                service.stop()
            env.broker_file.unlink(missing_ok=True)
    say("Stopped.")
    return 0


def _start_broker(services: list[Service], folder: Path, env: Environment) -> Environment:
    say("Starting the broker.")
    command = broker.server_command(folder)
    valkey = Service("broker", lambda: os.execv(command[0], command))  # noqa: S606
    services.append(valkey)
    valkey.start_when_due()
    url = broker.server_url(folder)
    broker.wait_until_it_answers(url)
    # Other commands, such as issue_token, find the broker of this data folder here; settings find it in REDIS_URL.
    env.broker_file.write_text(url)
    os.environ["REDIS_URL"] = url
    return read_environment()


def _import_everything() -> None:
    """Import what the children need and keep it out of their garbage collection, so that its memory stays shared."""
    for module in _SHARED_MODULES:
        import_module(module)
    from django.urls import get_resolver

    from config.celery import app

    app.loader.import_default_modules()
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()


def _migrate() -> None:
    from django.core.management import call_command

    say("Bringing the database up to date.")
    if _run_to_end("migrate", lambda: call_command("migrate", interactive=False)):
        raise CannotRun("The database could not be brought up to date; nothing was started.")


def _start_services(services: list[Service], env: Environment) -> None:
    from config.services import beat, serve, work

    say("Starting worker, beat and web server.")
    for name, run in (("worker", work), ("beat", beat), ("web", serve)):
        service = Service(name, lambda run=run: run(env))  # type: ignore[misc]
        services.append(service)
        service.start_when_due()


def _wait_until_ready(services: list[Service], env: Environment) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(env.host, env.host)  # noqa: S104
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(host, env.port):
        if time.monotonic() > deadline:
            raise CannotRun(f"The web server did not answer within {READY_SECONDS} seconds.")
        _tend(services, 0.05)


def _answers(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _welcome(env: Environment) -> None:
    """Print where Stagekeeper is and what to do first."""
    from django.urls import reverse

    from accounts.bootstrap import first_admin_link

    link = first_admin_link(env.public_url)
    lines = [f"Stagekeeper runs at {env.public_url} (Ctrl-C stops it).", ""]
    if link:
        lines += [
            "Nobody can sign in yet. This link, which works once, makes the first administrator:",
            f"  {link}",
            "",
        ]
    lines += [
        "Point the MLflow client here:",
        f"  export MLFLOW_TRACKING_URI={env.public_url}",
        f"  export MLFLOW_TRACKING_TOKEN=…   # make one at {env.public_url}{reverse('accounts:new-token')}",
    ]
    sys.stdout.write("\n".join(["", *lines, "", ""]))


def _watch(services: list[Service]) -> NoReturn:
    while True:
        _tend(services, 1)


# --- Signals and processes --------------------------------------------------------------------------------------------


class _ToldToStop(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def _tend(services: list[Service], seconds: float) -> None:
    """Wait for a signal and act on it. Raises _ToldToStop, and CannotRun when a service dies too often."""
    if next_signal(_WATCHED, seconds) in _STOPS:
        raise _ToldToStop
    for service in services:
        if service.pid and (ended := os.waitpid(service.pid, os.WNOHANG))[0]:
            service.note_death(ended[1])
        service.start_when_due()


def _run_to_end(name: str, run: Callable[[], object]) -> int:
    """Run a function in a child to its end and return its exit status. Raises _ToldToStop when told to meanwhile."""
    child = Service(name, run)
    child.start_when_due()
    assert child.pid
    while True:
        if next_signal(_WATCHED, 1) in _STOPS:
            child.stop()
            raise _ToldToStop
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid:
            return status


def _signal_group(pid: int, number: signal.Signals, *, group: bool = True) -> None:
    with suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, number)


def _ended(pid: int, seconds: float) -> bool:
    """Wait for a child to end; say whether it did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return True
        except ChildProcessError:
            return True
        next_signal({signal.SIGCHLD}, 0.1)
    return False


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


# --- Refusals ---------------------------------------------------------------------------------------------------------


def _refuse_public_address(env: Environment) -> None:
    local = env.host == "localhost" or env.host == "::1" or env.host.startswith("127.")
    if not local and not env.allow_public:
        raise CannotRun(
            f"HOST={env.host} lets other machines in. Set ALLOW_PUBLIC=1 if you want that, "
            "and put a proxy that speaks HTTPS in front."
        )
    if env.host in EVERY_ADDRESS and env.allowed_hosts == list(LOCAL_HOSTS):
        raise CannotRun("ALLOWED_HOSTS is missing: name the hosts under which other machines reach this one.")


def _refuse_taken_port(env: Environment) -> None:
    family = socket.AF_INET6 if ":" in env.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((env.host, env.port))
    except OSError as error:
        raise CannotRun(
            f"Cannot listen on {env.host} port {env.port}: {error.strerror}. Choose another with PORT=… or HOST=…."
        ) from error
