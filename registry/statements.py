# ruff: noqa: S608  (statements are put together from the names of our own columns, never from input)
"""The statements that write the registry's rows, made once for each table: Django would make them anew for every row,
which costs more than they do. Called by operations only.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models


def add(*rows: models.Model) -> None:
    """Store new rows, all of one table."""
    if rows:
        _add(rows, "")


def add_unless_taken(row: models.Model) -> bool:
    """Store a new row, unless a unique constraint stands against it: then False, and the transaction goes on."""
    return _add([row], "ON CONFLICT DO NOTHING")


def change(row: models.Model, *names: str) -> None:
    """Store these fields of a row that is held."""
    fields = [row._meta.get_field(name) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(_change_sql(type(row), names), [*_values(row, fields), row.pk])


def _add(rows: Sequence[models.Model], on_conflict: str) -> bool:
    model = type(rows[0])
    fields = _fields(model)
    values = [value for row in rows for value in _values(row, fields)]
    with connection.cursor() as cursor:
        cursor.execute(_add_sql(model, len(rows), on_conflict), values)
        keys = cursor.fetchall() if _has_number(model) else []
    for row, (key,) in zip(rows, keys, strict=False):
        row.pk, row._state.adding, row._state.db = key, False, connection.alias
    return bool(keys)


def _values(row: models.Model, fields: Sequence[Any]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


@cache
def _fields(model: type[models.Model]) -> list[Any]:
    """All but a number that the database gives out."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


def _has_number(model: type[models.Model]) -> bool:
    return isinstance(model._meta.pk, models.AutoField)


@cache
def _add_sql(model: type[models.Model], count: int, on_conflict: str) -> str:
    fields = _fields(model)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    returning = "RETURNING id" if _has_number(model) else ""
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES {', '.join([row] * count)} {on_conflict} {returning}"


@cache
def _change_sql(model: type[models.Model], names: tuple[str, ...]) -> str:
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    return f"UPDATE {model._meta.db_table} SET {columns} WHERE id = %s"
