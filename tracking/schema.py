"""Tables made for speed: what Django's own migrations cannot say about a table with millions of rows."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState


class CreateBulkTable(CreateModel):
    """Create a table that is one tree sorted by its primary key on SQLite, and optionally partitioned on PostgreSQL.

    Without a hidden row number SQLite keeps and writes each row once instead of twice (sqlite.org/withoutrowid.html).
    Hash partitions keep PostgreSQL's vacuum and indexes small; they need no upkeep, because their number is fixed.
    """

    def __init__(self, *args: Any, partition_by: str = "", partitions: int = 8, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partition_by = partition_by
        self.partitions = partitions

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        vendor = schema_editor.connection.vendor
        partitioned = bool(self.partition_by) and vendor == "postgresql"
        suffix = " WITHOUT ROWID" if vendor == "sqlite" else ""
        if partitioned:
            suffix = f" PARTITION BY HASH ({schema_editor.quote_name(self.partition_by)})"
        table_sql = schema_editor.table_sql
        schema_editor.table_sql = lambda model: _with_suffix(table_sql(model), suffix)  # type: ignore[method-assign]
        try:
            schema_editor.create_model(model)
        finally:
            schema_editor.table_sql = table_sql  # type: ignore[method-assign]
        if partitioned:
            self._create_partitions(schema_editor, model._meta.db_table)

    def _create_partitions(self, schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
        parent = schema_editor.quote_name(table)
        for number in range(self.partitions):
            part = schema_editor.quote_name(f"{table}_{number}")
            bounds = f"FOR VALUES WITH (MODULUS {self.partitions}, REMAINDER {number})"
            schema_editor.execute(f"CREATE TABLE {part} PARTITION OF {parent} {bounds}")


def _with_suffix(sql_and_params: tuple[str, Any], suffix: str) -> tuple[str, Any]:
    sql, params = sql_and_params
    return sql + suffix, params
