"""Database triggers that keep facts as they were written, on SQLite and PostgreSQL.

An app declares in ``ready()`` which tables are append-only and which rows may only be closed. The triggers are
(re)created after every ``migrate``, because SQLite drops a table's triggers when Django rebuilds the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.db import connections, models

_append_only: list[type[models.Model]] = []
_close_once: dict[type[models.Model], tuple[str, ...]] = {}

_FUNCTION = """
CREATE OR REPLACE FUNCTION stagekeeper_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def append_only(model: type[models.Model]) -> None:
    """Refuse UPDATE and DELETE (and TRUNCATE) on the model's table."""
    if model not in _append_only:
        _append_only.append(model)


def close_once(model: type[models.Model], *closing: str) -> None:
    """Refuse DELETE, and every UPDATE but the first that sets the ``closing`` columns.

    The first closing column says whether a row is open (NULL) or closed.
    """
    _close_once[model] = closing


def install(sender: AppConfig, using: str, **_: Any) -> None:
    """Create the triggers of ``sender``'s models (a receiver of ``post_migrate``)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for model in [*_append_only, *_close_once]:
            if model._meta.app_label == sender.label and model._meta.db_table in existing:
                for statement in _statements(connection.vendor, model):
                    cursor.execute(statement)


@contextmanager
def disabled(using: str = "default") -> Iterator[None]:
    """Within, the triggers are off. For emptying a test database; nothing else."""
    connection = connections[using]
    declared = [*_append_only, *_close_once]
    with connection.cursor() as cursor:
        for model in declared:
            for statement in _dropping(connection.vendor, model):
                cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for model in declared:
                for statement in _statements(connection.vendor, model):
                    cursor.execute(statement)


def _statements(vendor: str, model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    if vendor == "postgresql":
        yield _FUNCTION
    for event in ("UPDATE", "DELETE", "TRUNCATE"):
        condition = _unless_closing(vendor, model) if event == "UPDATE" else ""
        sentence = f"Rows of {table} are facts: they cannot be changed or removed."
        name = f"{table}_no_{event.lower()}"
        if vendor == "postgresql":
            each = "STATEMENT" if event == "TRUNCATE" else "ROW"
            yield (
                f'CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON "{table}" FOR EACH {each} {condition} '
                f"EXECUTE FUNCTION stagekeeper_refuse('{sentence}')"
            )
        elif event != "TRUNCATE":
            yield (
                f'CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event} ON "{table}" {condition} '
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )


def _unless_closing(vendor: str, model: type[models.Model]) -> str:
    """The WHEN clause under which an UPDATE is refused; empty: always."""
    closing = _close_once.get(model)
    if closing is None:
        return ""
    columns = [field.column for field in model._meta.concrete_fields]
    kept = [column for column in columns if column not in {_column(model, name) for name in closing}]
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in kept)
    ended = _column(model, closing[0])
    return f'WHEN (OLD."{ended}" IS NOT NULL OR NEW."{ended}" IS NULL OR {changed})'


def _column(model: type[models.Model], name: str) -> str:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    _, column = field.get_attname_column()
    assert column is not None
    return column


def _dropping(vendor: str, model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    for event in ("update", "delete", "truncate"):
        where = f' ON "{table}"' if vendor == "postgresql" else ""
        yield f"DROP TRIGGER IF EXISTS {table}_no_{event}{where}"
