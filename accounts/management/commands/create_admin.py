"""`manage.py create_admin NAME --password-file F`: makes a platform admin, before or while the server runs."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.prepared import prepare_database
from accounts.operations import create_administrator
from accounts.principals import CONSOLE
from audit.exceptions import Refusal


class Command(BaseCommand):
    help = "Make a platform admin; the first one also keeps the project “default”."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name")
        parser.add_argument("--password-file", required=True, help="file that holds the password; - for standard input")

    def handle(self, *args: Any, name: str, password_file: str, **options: Any) -> None:
        try:
            text = sys.stdin.read() if str(password_file) == "-" else Path(password_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{password_file} cannot be read: {error}") from error
        prepare_database()
        try:
            create_administrator(CONSOLE, name, password=text.rstrip("\r\n"))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"{name} is a platform admin. Sign in with the password from the file.")
