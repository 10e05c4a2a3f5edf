"""Finds a token by its digest, for every call that comes with one.

Plain SQL, made once: Django would make it anew each time, which costs more than running it.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from accounts.models import Token, User

M = TypeVar("M", bound=models.Model)
_Convert = Callable[..., Any]


def find_token(digest: str) -> Token | None:
    """The token with its owner; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    width = len(Token._meta.concrete_fields)
    token = _instance(Token, row[:width])
    token.owner = _instance(User, row[width:])
    return token


@cache
def _statement() -> str:
    token, user = Token._meta.db_table, User._meta.db_table
    columns = ", ".join(
        f'{table}."{field.column}"' for table, model in (("t", Token), ("u", User)) for field in _fields(model)
    )
    return f"SELECT {columns} FROM {token} t JOIN {user} u ON u.id = t.owner_id WHERE t.digest = %s"  # noqa: S608


def _instance(model: type[M], row: Sequence[Any]) -> M:
    values = list(row)
    for place, column, converters in _conversions(model):
        for convert in converters:
            values[place] = convert(values[place], column, connection)
    return model.from_db(connection.alias, [field.attname for field in _fields(model)], values)


@cache
def _conversions(model: type[models.Model]) -> list[tuple[int, Any, list[_Convert]]]:
    """Where a column's values are other ones in the database: place, column, and what makes ours of them."""
    columns = [field.get_col(model._meta.db_table) for field in _fields(model)]
    converters = [connection.ops.get_db_converters(column) + column.get_db_converters(connection) for column in columns]
    return [(place, columns[place], some) for place, some in enumerate(converters) if some]


def _fields(model: type[models.Model]) -> Sequence[Any]:
    return model._meta.concrete_fields
