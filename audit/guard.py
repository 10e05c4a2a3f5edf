"""Refuses every write to a governed table that does not come from an operation.

The guard sits on the database connection, below models, querysets, the admin site and the shell, so that
there is no road round it from Python. What a statement writes is read from its text.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

#: Models of installed packages, which cannot say ``governed`` themselves.
FOREIGN_MODELS = {
    "admin.LogEntry": False,  # the admin site is read-only here
    "auth.Permission": False,  # written by migrate
    "auth.Group": True,
    "contenttypes.ContentType": False,  # written by migrate
    "guardian.UserObjectPermission": True,
    "guardian.GroupObjectPermission": True,
    "sessions.Session": False,  # signing in is audited, its cookie is not
}

_NAME = r"""(?:ONLY\s+)?(?:["`\[]?\w+["`\]]?\s*\.\s*)?["`\[]?(\w+)"""
_WRITE = re.compile(
    rf"""\b(?:
        INSERT\s+(?:OR\s+\w+\s+)?INTO | REPLACE\s+INTO | MERGE\s+INTO | DELETE\s+FROM
        | UPDATE(?:\s+OR\s+\w+)? | TRUNCATE(?:\s+TABLE)? | COPY
    )(?=["`\[\s])\s*{_NAME}""",
    re.IGNORECASE | re.VERBOSE,
)
_ANY_CODE = re.compile(r"^\s*(?:DO|CALL|EXECUTE|PREPARE)\b|\bwritable_schema\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_ROW_LOCK = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE)


class UngovernedWrite(RuntimeError):
    """Code tried to write governed data outside an operation; nothing was written."""


#: Asked for leave by the guard, with the governed tables about to be written. Set by ``audit.operation``.
_permit: ContextVar[Callable[[frozenset[str]], None] | None] = ContextVar("guard_permit", default=None)
_lifted: ContextVar[bool] = ContextVar("guard_lifted", default=False)


@cache
def governed_tables() -> frozenset[str]:
    """The tables that only operations may write."""
    return frozenset(model._meta.db_table for model in apps.get_models(include_auto_created=True) if is_governed(model))


def is_governed(model: Any) -> bool:
    """Whether only operations may write this model's rows; table of a many-to-many: as its owner.

    Raises LookupError for a model that does not say.
    """
    if owner := model._meta.auto_created:
        return is_governed(owner)
    declared = getattr(model, "governed", FOREIGN_MODELS.get(model._meta.label))
    if declared is None:
        raise LookupError(f"{model._meta.label} must say `governed = True` or `governed = False  # why`.")
    return bool(declared)


@lru_cache(maxsize=4096)
def written_tables(sql: str) -> frozenset[str]:
    """The governed tables that ``sql`` writes: INSERT, UPDATE, DELETE, MERGE, TRUNCATE and COPY, also inside a CTE.

    A statement that carries code of its own (DO, CALL) counts as writing every governed table it names.
    """
    bare = _COMMENT.sub(" ", sql)
    if _ANY_CODE.search(bare):
        return frozenset(table for table in governed_tables() if re.search(rf"\b{table}\b", bare, re.IGNORECASE))
    bare = _ROW_LOCK.sub(" ", _LITERAL.sub("''", bare))
    return governed_tables().intersection(match.group(1).lower() for match in _WRITE.finditer(bare))


def guard(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """The execute wrapper of every connection (Django, "Database instrumentation")."""
    tables = written_tables(sql) if not _lifted.get() else frozenset()
    if tables:
        permit = _permit.get()
        if permit is None:
            raise UngovernedWrite(f"Only an operation may write {', '.join(sorted(tables))}.")
        permit(tables)
    return execute(sql, params, many, context)


def install(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Put the guard on a new connection (a receiver of ``connection_created``)."""
    if guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)


@contextmanager
def permitted(permit: Callable[[frozenset[str]], None]) -> Iterator[None]:
    """Within, ``permit`` decides about governed writes. For ``audit.operation`` alone."""
    token = _permit.set(permit)
    try:
        yield
    finally:
        _permit.reset(token)


@contextmanager
def lifted() -> Iterator[None]:
    """Within, the guard is off. For migrations and for emptying a test database; nothing else."""
    token = _lifted.set(True)
    try:
        yield
    finally:
        _lifted.reset(token)
