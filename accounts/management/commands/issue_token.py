"""`manage.py issue_token NAME`: issues a token for somebody and prints it, alone, on standard output."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.management.prepared import prepare_database
from accounts.models import Project, User
from accounts.operations import issue_token_for
from accounts.principals import CONSOLE
from audit.exceptions import Refusal


class Command(BaseCommand):
    help = "Issue a token for a person or service account; it is printed once and kept only as a hash."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name of the owner")
        parser.add_argument("--project", help="short name of the only project it may be used in")
        parser.add_argument(
            "--scope", action="append", default=[], help="an action it may do (view, write, …); repeat, or all"
        )
        parser.add_argument("--expires", help="last day (2027-01-31) or number of days (30); 90 days if left out")
        parser.add_argument("--label", default="made on the console", help="what the token is for")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        prepare_database()
        owner = User.objects.filter(username__iexact=name).first()
        if owner is None:
            raise CommandError(f"There is no user “{name}”.")
        project = Project.objects.filter(slug=options["project"]).first()
        if options["project"] and project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        scopes = [part.strip() for value in options["scope"] for part in value.split(",") if part.strip()]
        try:
            _, secret = issue_token_for(
                CONSOLE,
                owner,
                name=options["label"],
                project=project,
                scopes=scopes,
                expires_at=_parse_expiry(options["expires"]),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(secret)


def _parse_expiry(text: str | None) -> datetime | None:
    if not text:
        return None
    if text.isdigit():
        return timezone.now() + timedelta(days=min(int(text), 10_000))
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"“{text}” is neither a day such as 2027-01-31 nor a number of days.") from None
