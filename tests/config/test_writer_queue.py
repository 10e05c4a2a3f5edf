"""Writers of one SQLite file take turns instead of failing."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction

from config.sqlite.base import DatabaseWrapper
from config.sqlite.writer_queue import WriterQueue

WRITERS, WRITES = 4, 40


def connect(path: Path) -> DatabaseWrapper:
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


def count_up(path: Path) -> None:
    """Read a number and write the next, in one transaction, many times."""
    connection = connect(path)
    for _ in range(WRITES):
        connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        with connection.cursor() as cursor:
            number = cursor.execute("SELECT number FROM counter").fetchone()[0]
            cursor.execute("UPDATE counter SET number = %s", [number + 1])
        connection.commit()
        connection.set_autocommit(True)
    connection.close()


def count_up_in_threads(path: Path) -> None:
    threads = [threading.Thread(target=count_up, args=(path,)) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture(autouse=True)
def _own_files(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    path = tmp_path / "counter.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE counter (number INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    return path


def test_eight_writers_in_two_processes_lose_nothing(counter):
    # Forked before this process starts threads of its own.
    other = multiprocessing.get_context("fork").Process(target=count_up_in_threads, args=(counter,))
    other.start()
    count_up_in_threads(counter)
    other.join()

    with sqlite3.connect(counter) as connection:
        assert connection.execute("SELECT number FROM counter").fetchone() == (2 * WRITERS * WRITES,)
    connection.close()


def test_a_writer_leaves_the_queue_when_it_rolls_back_or_closes(counter):
    for leave in ("rollback", "close"):
        connection = connect(counter)
        connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        getattr(connection, leave)()
        connection.close()

    count_up(counter)


def test_a_writer_that_waits_too_long_is_told_so(tmp_path):
    queue = WriterQueue(str(tmp_path / "database"), timeout=0.01)
    queue.acquire()

    with pytest.raises(OperationalError, match="database is locked"):
        queue.acquire()

    queue.release()
    queue.acquire()
    queue.release()


def test_a_forked_child_does_not_share_its_parents_turn(tmp_path):
    queue = WriterQueue(str(tmp_path / "database"), timeout=1)
    queue.acquire()
    context = multiprocessing.get_context("fork")
    entered = context.Event()

    def enter() -> None:
        queue.forget()
        queue.acquire()
        entered.set()

    child = context.Process(target=enter)
    child.start()
    assert not entered.wait(0.2)

    queue.release()
    assert entered.wait(10)
    child.join()


if connections["default"].vendor == "sqlite":

    @pytest.mark.django_db(transaction=True)
    def test_the_queue_is_what_the_site_uses():
        site = connections["default"]
        assert isinstance(site, DatabaseWrapper)
        with transaction.atomic():
            assert site._held
        assert not site._held
