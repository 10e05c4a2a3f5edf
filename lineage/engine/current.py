"""The index of this process: at every question brought up to what is committed, by one statement.

What a transaction has written itself is seen by its own questions alone: such an index is made for the question and
forgotten. Small graphs are read whole; large ones come from a base on disk (`snapshots`), and until there is one the
database is walked itself (`sql_store`).
"""

import logging
import os
import threading

from django.db import connection

from lineage.engine import snapshots
from lineage.engine.base import build
from lineage.engine.building import DUE, build_soon
from lineage.engine.index import Index
from lineage.engine.rows import AnotherDatabase, Rows, current_version, read_since
from lineage.engine.sql_store import SqlStore
from lineage.engine.store import Store
from lineage.engine.version import Version

logger = logging.getLogger(__name__)

#: Up to how many nodes and edges a graph is small.
SMALL = 20_000


class _Process:
    """What this process holds: the index, the one before the newest base came, and the name of that base."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start anew, also in a forked child."""
        self.lock = threading.Lock()
        self.index: Index | None = None
        self.before: Index | None = None
        self.base_name = ""


_process = _Process()
os.register_at_fork(after_in_child=_process.forget)


def forget() -> None:
    """Drop what this process holds."""
    _process.forget()


def store_for(version: Version | None = None) -> Store:
    """The graph with every committed write and those of the caller's transaction; or as an earlier version saw it."""
    index = _up_to_date()
    if version is None:
        return index or SqlStore(current_version())
    for candidate in (index, _process.before):
        if candidate is not None and (then := candidate.at(version)) is not None:
            return then
    return SqlStore(version)


def _up_to_date() -> Index | None:
    """The index with all that the caller sees; None when there is none and the graph is large."""
    _adopt_newest_base()
    known = _process.index
    if known is None:
        return _first_index()
    try:
        rows = read_since(known.version, known.anchor)
    except AnotherDatabase:
        logger.warning("The graph is another than the one that was read before: its arrays are made anew.")
        with _process.lock:
            if _process.index is known:
                _process.index = _process.before = None
        return _first_index()
    return _grown(known, rows)


def _first_index() -> Index | None:
    """The index of a small graph, read whole; a large one is left to whoever builds bases."""
    if _is_large():
        if not connection.in_atomic_block:
            build_soon()
        return None
    index = Index.of(build(read_since(None)))
    if not connection.in_atomic_block:
        with _process.lock:
            _process.index = _process.index or index
    return index


def _is_large() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM lineage_edge LIMIT 1 OFFSET %s)"
            " OR EXISTS (SELECT 1 FROM lineage_node LIMIT 1 OFFSET %s)",
            [SMALL, SMALL],
        )
        return bool(cursor.fetchone()[0])


def _grown(known: Index, rows: Rows) -> Index:
    """The index with what was read since; kept for this process unless only the caller's transaction may see it."""
    if connection.in_atomic_block:
        return known.apart().plus(rows)
    with _process.lock:
        grown = known.plus(rows)
        if _process.index is known:
            _process.index = grown
    if len(grown.new_edges) > DUE:
        _make_room(grown)
    return grown


def _make_room(grown: Index) -> None:
    """Put a delta that has become long into a base: at once when the graph is small, else beside the work."""
    if grown.base.edge_count + len(grown.new_edges) > SMALL:
        build_soon()
        return
    folded = Index.of(grown.folded())
    with _process.lock:
        if _process.index is grown:
            _process.index = folded


def _adopt_newest_base() -> None:
    """Go over to a base that somebody has built."""
    name = snapshots.newest()
    if not name or name == _process.base_name:
        return
    base = snapshots.load(name)
    with _process.lock:
        _process.base_name = name
        if base is not None:
            _process.before, _process.index = _process.index, Index.of(base)
