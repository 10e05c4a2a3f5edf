"""Database expressions of tracking's indexes and searches."""

from typing import Any

from django.db.models import CharField, Func
from django.db.models.sql.compiler import SQLCompiler

#: How much of a value is indexed. PostgreSQL refuses index entries beyond a third of a page (2 704 bytes).
INDEXED_CHARACTERS = 128


class ValueStart(Func):
    """The beginning of a text, as much of it as is indexed.

    The length stands in the SQL and is not a parameter: SQLite uses an index on an expression only when a query
    repeats it letter by letter.
    """

    function = "LEFT"
    template = f"%(function)s(%(expressions)s, {INDEXED_CHARACTERS})"
    output_field = CharField()
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        template = f"SUBSTR(%(expressions)s, 1, {INDEXED_CHARACTERS})"
        return self.as_sql(compiler, connection, template=template, **extra)


class Unindexed(Func):
    """A number that the database must not look up by an index, because a better way to the rows is known.

    The plus changes nothing but the plan, on SQLite and PostgreSQL alike.
    """

    template = "+%(expressions)s"
    arity = 1
