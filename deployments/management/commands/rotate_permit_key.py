"""`manage.py rotate_permit_key`: signs permits by a new key from now on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.management.prepared import prepare_database
from accounts.principals import CONSOLE
from deployments.operations import rotate_key


class Command(BaseCommand):
    help = "Sign permits by a new key. The old private key is forgotten."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="why, for the audit log")
        parser.add_argument(
            "--lost", action="store_true", help="somebody else may have the old key: publish it no more"
        )

    def handle(self, *args: Any, reason: str, lost: bool, **options: Any) -> None:
        prepare_database()
        self.stdout.write(rotate_key(CONSOLE, reason=reason, lost=lost).kid)
