"""`manage.py import_mlflow --from URL`: takes over what a real MLflow server holds; may be killed and started again."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.prepared import prepare_database
from accounts.models import User
from accounts.principals import Principal
from accounts.queries import find_project
from audit.exceptions import Refusal
from mlflow_api.importing.carrying import Carrier, Report
from mlflow_api.importing.source import Source


class Command(BaseCommand):
    help = "Import experiments, runs, models and files from a real MLflow server. Starting it again goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="address", required=True, help="the address of the MLflow server")
        parser.add_argument("--as", dest="name", required=True, help="user name of who imports; they must may write")
        parser.add_argument("--project", default="default", help="short name of the project to import into")
        parser.add_argument("--experiment", action="append", default=[], help="only this experiment; repeat, or all")
        parser.add_argument("--token-file", help="a file with a token for the source; else MLFLOW_TRACKING_TOKEN")
        parser.add_argument("--no-artifacts", action="store_true", help="leave the files where they are")
        parser.add_argument("--no-models", action="store_true", help="leave out registered models")

    def handle(self, *args: Any, address: str, name: str, **options: Any) -> None:
        prepare_database()
        user = User.objects.filter(username__iexact=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no user “{name}”.")
        actor = Principal(user, auth="command")
        try:
            source = _source(address, options["token_file"])
            self.stdout.write(f"{address} is MLflow {source.version()}.")
            carrier = Carrier(source, actor, find_project(actor, options["project"]), self._say)
            report = carrier.carry(
                options["experiment"], artifacts=not options["no_artifacts"], models=not options["no_models"]
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal} Start the command again to go on.") from refusal
        self._show(report)

    def _say(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()

    def _show(self, report: Report) -> None:
        for kind in sorted({*report.carried, *report.known}):
            self.stdout.write(f"{kind}: {report.carried[kind]} imported, {report.known[kind]} were here before")
        for line in report.left:
            self.stdout.write(f"not imported: {line}")


def _source(address: str, token_file: str | None) -> Source:
    if not address.startswith(("http://", "https://")):
        raise CommandError("The address begins with http:// or https://.")
    token = Path(token_file).read_text().strip() if token_file else os.environ.get("MLFLOW_TRACKING_TOKEN", "")
    name, password = (os.environ.get(f"MLFLOW_TRACKING_{part}", "") for part in ("USERNAME", "PASSWORD"))
    return Source(address, token=token, login=(name, password) if name and password else None)
