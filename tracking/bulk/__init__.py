"""Writes what is logged by the thousand, in as few statements as each database allows.

`add_points`, `add_params` and `put_tags` run inside the caller's transaction. The statements have a fixed text, so that
the guard and the databases read each of them once.
"""

from collections.abc import Mapping, Sequence

from django.db import connection

from tracking.bulk import postgres, sqlite
from tracking.bulk.target import Target
from tracking.rules import Point

__all__ = ["Target", "add_params", "add_points", "put_tags"]


def add_points(run: Target, points: Sequence[Point]) -> None:
    """Store points, each distinct one once, and move the latest values of their metrics."""
    if points:
        _store().add_points(run, points)


def add_params(run: Target, params: Mapping[str, str]) -> dict[str, str]:
    """Store params that are not there yet; return what is now stored under each key, which may differ."""
    return _store().add_params(run, params) if params else {}


def put_tags(run: Target, tags: Mapping[str, str]) -> None:
    """Store tags, replacing those that are there."""
    if tags:
        _store().put_tags(run, tags)


def _store() -> "type[sqlite.Store | postgres.Store]":
    return postgres.Store if connection.vendor == "postgresql" else sqlite.Store
