"""`manage.py capture_lineage`: tells the graph of runs and versions that were stored before it was there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.prepared import prepare_database
from accounts.principals import CONSOLE
from lineage import backfill


class Command(BaseCommand):
    help = (
        "Tell the graph of lineage about everything that is stored already. It may be stopped and started again at any "
        "time, and run while people work: what is known adds nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", type=int, default=500, help="rows in one transaction")
        parser.add_argument(
            "--after",
            action="append",
            default=[],
            metavar="KIND=NUMBER",
            help="go on after a number that was printed; kinds named by nobody are told from their beginning",
        )

    def handle(self, *args: Any, size: int, after: list[str], **options: Any) -> None:
        prepare_database()
        starts = dict(map(_start, after))
        for name in backfill.names():
            for last in backfill.capture(CONSOLE, name, after=starts.get(name, 0), size=max(size, 1)):
                self.stdout.write(f"{name}={last}")
            self.stdout.write(f"All {name} are told.")


def _start(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in backfill.names() or not number.isdigit():
        raise CommandError(f"{text!r} is none of {', '.join(f'{name}=NUMBER' for name in backfill.names())}.")
    return name, int(number)
