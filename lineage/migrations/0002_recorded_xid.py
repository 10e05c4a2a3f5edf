"""On PostgreSQL, note which transaction wrote each row.

Numbers are given out before a transaction commits, so a reader that asks for what is newer than the last number it saw
loses what commits late. It asks for the transactions instead that may not have been finished when it looked last.
SQLite has one writer at a time, so there the number is enough.
"""

from typing import Any

from django.db import migrations

TABLES = ("lineage_node", "lineage_edge", "lineage_share", "lineage_mark")


def add_column(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} ADD COLUMN recorded_xid xid8 NOT NULL DEFAULT pg_current_xact_id()")
        schema_editor.execute(f"CREATE INDEX {table}_by_xid ON {table} (recorded_xid)")


def drop_column(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} DROP COLUMN recorded_xid")


class Migration(migrations.Migration):
    dependencies = [("lineage", "0001_initial")]
    operations = [migrations.RunPython(add_column, drop_column)]
