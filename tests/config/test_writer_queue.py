"""Writers of one SQLite file take turns instead of failing."""

import os
import select
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction

from config.sqlite.base import DatabaseWrapper
from config.sqlite.writer_queue import WriterQueue, writer_queue
from tests.config.counting import WRITERS, WRITES, begin, connect, count_up, count_up_in_threads


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
    with subprocess.Popen([sys.executable, "-m", "tests.config.counting", counter]) as other:
        count_up_in_threads(counter)

    assert other.returncode == 0
    with sqlite3.connect(counter) as connection:
        assert connection.execute("SELECT number FROM counter").fetchone() == (2 * WRITERS * WRITES,)
    connection.close()


@pytest.mark.parametrize("leave", ["rollback", "close"])
def test_a_writer_leaves_the_queue_when_it_rolls_back_or_closes(counter, leave):
    connection = connect(counter)
    begin(connection)
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


def test_a_forked_child_waits_for_its_parents_turn_to_end(tmp_path):
    queue = writer_queue(str(tmp_path / "database"), 1)
    queue.acquire()
    heard, told = os.pipe()

    child = os.fork()
    if child == 0:
        queue.acquire()
        os.write(told, b"my turn")
        os._exit(0)

    assert select.select([heard], [], [], 0.2)[0] == []
    queue.release()
    assert os.read(heard, 100) == b"my turn"
    os.waitpid(child, 0)
    os.close(heard)
    os.close(told)


@pytest.mark.only_on("sqlite")
@pytest.mark.django_db(transaction=True)
def test_the_queue_is_what_the_site_uses():
    site = connections["default"]
    assert isinstance(site, DatabaseWrapper)

    with transaction.atomic():
        assert site._held
    assert not site._held
