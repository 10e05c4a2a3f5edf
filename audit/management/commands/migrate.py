"""`manage.py migrate` with the guard lifted: migrations may move governed rows, nothing else may."""

from typing import Any

from django.core.management.commands import migrate

from audit import guard


class Command(migrate.Command):
    """Django's ``migrate``."""

    def handle(self, *args: Any, **options: Any) -> None:
        with guard.lifted():
            super().handle(*args, **options)
