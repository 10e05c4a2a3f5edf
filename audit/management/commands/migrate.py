"""`manage.py migrate` with the guard lifted, one at a time: migrations may move governed rows, nothing else may."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from audit import guard

#: Any number will do, as long as nobody else locks the same one.
_ADVISORY_LOCK = 7_310_045_187


class Command(migrate.Command):
    """Django's ``migrate``; a second one waits for the first, so that processes may start together."""

    def handle(self, *args: Any, **options: Any) -> None:
        with guard.lifted(), _one_at_a_time():
            super().handle(*args, **options)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
        return
    name = connection.settings_dict["NAME"]
    if "memory" in str(name):
        yield
        return
    lock = Path(f"{name}.migrating")
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
