"""Writes many rows fast into SQLite (one statement, many rows) or PostgreSQL (COPY), over any DB-API connection."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

_AT_A_TIME = 20_000
Rows = Iterable[tuple[Any, ...]]


class Writer:
    """Rows into tables of one database; ``cursor`` is Django's, sqlite3's or psycopg's."""

    def __init__(self, cursor: Any, *, postgres: bool, mark: str) -> None:
        self.cursor = cursor
        self.postgres = postgres
        self._mark = mark

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """Insert all rows."""
        names = ", ".join(f'"{column}"' for column in columns)
        if self.postgres:
            with self.cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join([self._mark] * len(columns))
        for some in _chunks(rows):
            self.cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', some)

    @contextmanager
    def unhurried_durability(self) -> Iterator[None]:
        """Within, nothing waits for the disk and foreign keys are taken on trust."""
        if self.postgres:
            self.cursor.execute("SET session_replication_role = replica")
            self.cursor.execute("SET synchronous_commit = off")
        else:
            self.cursor.execute("PRAGMA foreign_keys = OFF")
            self.cursor.execute("PRAGMA synchronous = OFF")
            self.cursor.execute("PRAGMA cache_size = -400000")
        yield
        if self.postgres:
            self.cursor.execute("SET session_replication_role = origin")

    def analyze(self) -> None:
        """Let the planner know what there is; outside of any transaction."""
        self.cursor.execute("VACUUM ANALYZE" if self.postgres else "ANALYZE")
        if not self.postgres:
            self.cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _chunks(rows: Rows) -> Iterator[list[tuple[Any, ...]]]:
    waiting = iter(rows)
    while some := list(islice(waiting, _AT_A_TIME)):
        yield some
