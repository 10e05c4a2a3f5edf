"""The statements that write every event, made once: Django would make them anew, which costs more than they do.

Called by `audit.log` alone, inside operations.
"""

from functools import cache
from typing import Any

from django.db import connection, models

from audit.models import Audited


def insert(row: models.Model) -> Any:
    """Store a new row and return its primary key."""
    sql, fields = _insertion(type(row))
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])
        (pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias
    return pk


def move_chain(obj: Audited, seq: int, head: str) -> bool:
    """Put the object's chain forward; False when another transaction did meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_movement(type(obj)), [seq, head, obj.pk, obj.audit_seq])
        return bool(cursor.rowcount == 1)


@cache
def _insertion(model: type[models.Model]) -> tuple[str, list[Any]]:
    """The statement, and the fields it takes: all but a key that the database gives out."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    table, pk = model._meta.db_table, model._meta.pk.column
    return f'INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING "{pk}"', fields  # noqa: S608


@cache
def _movement(model: type[Audited]) -> str:
    # The table that holds the chain, where a model has rows in several.
    holder = model._meta.get_field("audit_seq").model._meta
    return (
        f"UPDATE {holder.db_table} SET audit_seq = %s, audit_head = %s WHERE {holder.pk.column} = %s AND audit_seq = %s"  # noqa: S608
    )
