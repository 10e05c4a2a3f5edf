"""Adding facts to the graph, within the operation that makes them true.

A thing that is known already adds nothing but, when it is seen from another scope, a share of it. A constant number of
statements however many facts: one that reads, and one for each table that something is added to. They are made once
for each size, because runs are logged by the thousand.
"""

# ruff: noqa: S608  (statements are put together from the names of our own columns, never from input)

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar

import orjson
from django.db import connection

from audit.operation import check_within_operation
from lineage.facts import Flow, Place, Thing
from lineage.keys import hash_of
from lineage.models import IngestEvent, Scope

T = TypeVar("T")
#: A node's number and scope.
Known = tuple[int, int]

_MS: Final = 1_000_000
#: So many rows go into one statement: the parameters of the widest stay below what both databases take.
_ROWS: Final = 500

_NODE_COLUMNS: Final = "kind, key, key_hash, scope_id, label, created_at, recorded_at, digest, pinned, props"
_EDGE_COLUMNS: Final = "src_id, dst_id, kind, role, basis, at, recorded_at, event_id"
_SHARE_COLUMNS: Final = "node_id, scope_id, recorded_at"


def record_facts(
    place: Place, things: Iterable[Thing], flows: Iterable[Flow] = (), *, event: IngestEvent | None = None
) -> dict[str, int]:
    """Add what is new of ``things``, seen in ``place``, and of ``flows``; return the numbers of the nodes by key.

    The ends of a flow are among ``things`` or known already: a flow to what nobody knows is a KeyError. Runs within the
    caller's operation or bulk write, and vanishes with it.
    """
    check_within_operation()
    now = time.time_ns() // _MS
    # Sorted, so that two transactions that add the same things wait for each other and do not deadlock.
    wanted = {thing.key: thing for thing in sorted(things, key=lambda thing: thing.key)}
    flows = sorted(dict.fromkeys(flows), key=lambda flow: (flow.src, flow.kind, flow.role, flow.dst))
    known, scopes = _read(
        {*wanted, *(key for flow in flows for key in (flow.src, flow.dst))},
        {place, *(thing.home for thing in wanted.values() if thing.home)},
    )
    new = [thing for key, thing in wanted.items() if key not in known]
    _add_nodes(new, {thing.key: scopes[thing.home or place] for thing in new}, known, now)
    here = scopes[place]
    seen_elsewhere = [known[key][0] for key, thing in wanted.items() if thing.home is None and known[key][1] != here]
    _insert("lineage_share", _SHARE_COLUMNS, [(pk, here, now) for pk in seen_elsewhere])
    _insert(
        "lineage_edge",
        _EDGE_COLUMNS,
        [
            (
                known[flow.src][0],
                known[flow.dst][0],
                int(flow.kind),
                int(flow.role),
                int(flow.basis),
                flow.at or now,
                now,
                event.pk if event else None,
            )
            for flow in flows
        ],
    )
    return {key: known[key][0] for key in wanted}


def scope_of(place: Place) -> int:
    """The number of a scope, given to it when it is first seen."""
    values = {"project_id": place.project_id, "kind": place.kind, "object_id": place.object_id}
    if (pk := Scope.objects.filter(**values).values_list("pk", flat=True).first()) is not None:
        return pk
    Scope.objects.bulk_create([Scope(**values)], ignore_conflicts=True)
    return Scope.objects.values_list("pk", flat=True).get(**values)


def _read(keys: Iterable[str], places: Iterable[Place]) -> tuple[dict[str, Known], dict[Place, int]]:
    """The nodes that are there, by key, and the numbers of the scopes."""
    known: dict[str, Known] = {}
    scopes: dict[Place, int] = {}
    hashes = {hash_of(key): key for key in keys}
    places = list(places)
    asked = [value for place in places for value in (str(place.kind), place.object_id, place.project_id)]
    for portion in _portions(hashes) or [[]]:
        with connection.cursor() as cursor:
            cursor.execute(_read_sql(len(portion), len(places)), [*portion, *asked])
            rows = cursor.fetchall()
        for key_hash, pk, scope_id, kind, object_id in rows:
            if key_hash is None:
                scopes[Place(scope_id, kind, object_id)] = pk
            else:
                known[hashes[bytes(key_hash)]] = (pk, scope_id)
    return known, {place: scopes.get(place) or scope_of(place) for place in places}


@cache
def _read_sql(keys: int, places: int) -> str:
    parts = []
    if keys:
        parts.append(
            "SELECT key_hash, id, scope_id, NULL, NULL FROM lineage_node "
            f"WHERE key_hash IN ({', '.join(['%s'] * keys)})"
        )
    if places:
        each = "(kind = %s AND object_id = %s AND project_id = %s)"
        parts.append(
            f"SELECT NULL, id, project_id, kind, object_id FROM lineage_scope WHERE {' OR '.join([each] * places)}"
        )
    return " UNION ALL ".join(parts)


def _add_nodes(things: Sequence[Thing], scopes: Mapping[str, int], known: dict[str, Known], now: int) -> None:
    """Add new nodes, and note them in ``known``; also those that another transaction was first to add."""
    rows = [
        (
            int(thing.kind),
            thing.key,
            hash_of(thing.key),
            scopes[thing.key],
            thing.short_label,
            thing.at or now,
            now,
            thing.digest,
            thing.pinned,
            orjson.dumps(thing.props).decode(),
        )
        for thing in things
    ]
    for key, pk, scope_id in _insert("lineage_node", _NODE_COLUMNS, rows, returning="key, id, scope_id"):
        known[key] = (pk, scope_id)
    missed = [thing.key for thing in things if thing.key not in known]
    if missed:
        known.update(_read(missed, ())[0])


def _insert(table: str, columns: str, rows: Sequence[tuple[Any, ...]], *, returning: str = "") -> list[tuple[Any, ...]]:
    """Add the rows that are not there yet."""
    added: list[tuple[Any, ...]] = []
    for portion in _portions(rows):
        with connection.cursor() as cursor:
            cursor.execute(
                _insert_sql(table, columns, len(portion), returning), [value for row in portion for value in row]
            )
            added += cursor.fetchall() if returning else []
    return added


@cache
def _insert_sql(table: str, columns: str, rows: int, returning: str) -> str:
    row = f"({', '.join(['%s'] * len(columns.split(', ')))})"
    back = f" RETURNING {returning}" if returning else ""
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * rows)} ON CONFLICT DO NOTHING{back}"


def _portions(rows: Iterable[T]) -> list[list[T]]:
    iterator: Iterator[T] = iter(rows)
    return list(iter(lambda: list(islice(iterator, _ROWS)), []))
