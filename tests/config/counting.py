"""Writers that count one number up together: `python -m tests.config.counting DATABASE` runs some in a process."""

import sys
import threading
from pathlib import Path
from typing import Any

from config.sqlite.base import DatabaseWrapper

WRITERS, WRITES = 4, 40


def connect(path: Path) -> DatabaseWrapper:
    """Open a connection as the site's settings do."""
    defaults: dict[str, Any] = {
        "ENGINE": "config.sqlite",
        "NAME": str(path),
        "ATOMIC_REQUESTS": False,
        "AUTOCOMMIT": True,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "TIME_ZONE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }
    return DatabaseWrapper(defaults, "queued")


def begin(connection: DatabaseWrapper) -> None:
    """Begin as `transaction.atomic()` does."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def count_up(path: Path) -> None:
    """Read a number and write the next, in one transaction, many times."""
    connection = connect(path)
    for _ in range(WRITES):
        begin(connection)
        with connection.cursor() as cursor:
            number = cursor.execute("SELECT number FROM counter").fetchone()[0]
            cursor.execute("UPDATE counter SET number = %s", [number + 1])
        connection.commit()
        connection.set_autocommit(True)
    connection.close()


def count_up_in_threads(path: Path) -> None:
    """Let several writers count at once."""
    threads = [threading.Thread(target=count_up, args=(path,)) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    count_up_in_threads(Path(sys.argv[1]))
