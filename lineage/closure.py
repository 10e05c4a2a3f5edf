"""What a thing was made of, and what was made of it, as it stands within the running transaction.

For deletions and for steps that must not race with them. Pages and queries ask `lineage.engine`, which knows who may
see what; nothing here may be told to anybody unasked.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from django.db import connection

from lineage.keys import hash_of
from lineage.vocabulary import FLOW, EdgeKind, MarkKind

#: The number of the lock that orders deletions and the steps that rely on nothing being deleted.
_LOCK: Final = 0x11EA6E
_IDS: Final = 10_000

_FLOW: Final = ", ".join(str(int(kind)) for kind in sorted(FLOW))
#: An edge that is retracted, and was not restored since, leads nowhere.
_STANDS: Final = f"""
NOT EXISTS (
    SELECT 1 FROM lineage_mark m WHERE m.edge_id = e.seq AND m.kind = {int(MarkKind.RETRACTED)} AND NOT EXISTS (
        SELECT 1 FROM lineage_mark n
        WHERE n.edge_id = e.seq AND n.kind = {int(MarkKind.RESTORED)} AND (n.recorded_at, n.id) > (m.recorded_at, m.id)
    )
)
"""  # noqa: S608  # made of constants


def hold(*, to_delete: bool) -> None:
    """Let nothing be deleted while something comes to rely on it, and the other way round, until the transaction ends.

    Taken after the rows of models and versions, and before those of runs, logged models and artifacts. SQLite needs no
    such lock: a transaction that writes is the only one.
    """
    if connection.vendor == "postgresql":
        mode = "" if to_delete else "_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock{mode}(%s)", [_LOCK])


def made_of(keys: Iterable[str], *prefixes: str) -> set[str]:
    """The keys of everything that went into these things, as far as they begin with one of ``prefixes``."""
    return _reached(keys, prefixes, up=True)


def made_from(keys: Iterable[str], *prefixes: str) -> set[str]:
    """The keys of everything that was made of these things, as far as they begin with one of ``prefixes``."""
    return _reached(keys, prefixes, up=False)


def _reached(keys: Iterable[str], prefixes: tuple[str, ...], *, up: bool) -> set[str]:
    starts = set(_ids_of(keys))
    seen, frontier = set(starts), starts
    while frontier:
        frontier = {pk for pk in _next(frontier, up=up) if pk not in seen}
        seen |= frontier
    found = seen - starts
    return {key for key in _keys_of(found) if key.startswith(prefixes)}


def _ids_of(keys: Iterable[str]) -> Iterator[int]:
    hashes = {hash_of(key) for key in keys}
    for portion in _portions(hashes, _IDS):
        marks = ", ".join(["%s"] * len(portion))
        for (pk,) in _rows(f"SELECT id FROM lineage_node WHERE key_hash IN ({marks})", portion):  # noqa: S608
            yield pk


def _next(ids: set[int], *, up: bool) -> Iterator[int]:
    """One step along what flowed; things that are the same are one step from each other, whichever was said first."""
    near, far = ("dst_id", "src_id") if up else ("src_id", "dst_id")
    same = int(EdgeKind.SAME_AS)
    for portion in _portions(ids, _IDS):
        among, param = _among(portion)
        sql = f"""
        SELECT e.{far} FROM lineage_edge e WHERE e.{near} {among} AND e.kind IN ({_FLOW}, {same}) AND {_STANDS}
        UNION
        SELECT e.{near} FROM lineage_edge e WHERE e.{far} {among} AND e.kind = {same} AND {_STANDS}
        """  # noqa: S608
        for (pk,) in _rows(sql, [param, param]):
            yield pk


def _keys_of(ids: set[int]) -> Iterator[str]:
    for portion in _portions(ids, _IDS):
        among, param = _among(portion)
        for (key,) in _rows(f"SELECT key FROM lineage_node WHERE id {among}", [param]):  # noqa: S608
            yield key


def _among(ids: list[int]) -> tuple[str, Any]:
    """A condition whose text does not depend on how many there are."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", ids
    return "IN (SELECT value FROM json_each(%s))", json.dumps(ids)


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _portions(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(values)
    return iter(lambda: list(islice(iterator, size)), [])
