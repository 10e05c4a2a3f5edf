"""Lets a command run before the first start: brings the database up to date when it is not."""

from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT


def prepare_database() -> None:
    """Migrate if something is missing; waits for a server that is doing so just now."""
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting or not Project.objects.filter(slug=DEFAULT_PROJECT).exists():
        call_command("migrate", interactive=False, verbosity=0)
