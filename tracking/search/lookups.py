"""Text comparisons that mean the same on SQLite and PostgreSQL.

`like` minds case and `ilike` does not, on both; `%` and `_` are the only wildcards, and there is no escape. `ne` is
SQL's own inequality: a row without the value does not match.
"""

from typing import Any

import orjson
from django.db.backends.signals import connection_created
from django.db.models import CharField, Field, Lookup, TextField
from django.db.models.sql.compiler import SQLCompiler

_GLOB_SPECIALS = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]", "%": "*", "_": "?"})
_LOWER = "stagekeeper_lower"


class NotEqual(Lookup):
    """``field__ne=value``"""

    lookup_name = "ne"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} <> {right}", (*left_params, *right_params)


class AnyOf(Lookup):
    """``AnyOf(F("experiment_id"), ids)``: IN for any number of whole numbers, not one by one, for SQLite's sake."""

    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s)", (*params, list(self.rhs))

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        values = orjson.dumps(list(self.rhs)).decode()
        return f"{left} IN (SELECT value FROM json_each(%s))", (*params, values)  # noqa: S608  # left is a column


class Like(Lookup):
    """``field__like=pattern``, minding case."""

    lookup_name = "like"
    _postgresql = "LIKE"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} {self._postgresql} %s ESCAPE ''", (*params, self.rhs)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        return f"{left} GLOB %s", (*params, self.rhs.translate(_GLOB_SPECIALS))


class ILike(Like):
    """``field__ilike=pattern``, without regard to case."""

    lookup_name = "ilike"
    _postgresql = "ILIKE"

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        if self.rhs.isascii():
            return f"{left} LIKE %s", (*params, self.rhs)
        # SQLite's own LIKE knows the case of ASCII letters only.
        return f"{_LOWER}({left}) GLOB %s", (*params, self.rhs.lower().translate(_GLOB_SPECIALS))


def register() -> None:
    """Make the lookups known. For ``AppConfig.ready()``."""
    Field.register_lookup(NotEqual)
    for field in (CharField, TextField):
        field.register_lookup(Like)
        field.register_lookup(ILike)
    connection_created.connect(_add_lower, dispatch_uid="tracking.search.lower")


def _add_lower(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(_LOWER, 1, _lower, deterministic=True)


def _lower(text: str | None) -> str | None:
    return text.lower() if text is not None else None
