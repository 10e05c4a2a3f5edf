"""`manage.py operations_table`: prints docs/operations.md as the code has it."""

from typing import Any

from django.core.management.base import BaseCommand

from audit.operations_table import operations_markdown


class Command(BaseCommand):
    help = "Print the table of operations; redirect it to docs/operations.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(operations_markdown(), ending="")
