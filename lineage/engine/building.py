"""Builds bases: from the newest base and what was written since, or from nothing."""

import logging
import threading

from django.db import close_old_connections, connection

from lineage.engine import snapshots
from lineage.engine.base import Base
from lineage.engine.bulk import read_everything
from lineage.engine.index import Index
from lineage.engine.rows import AnotherDatabase, read_since

logger = logging.getLogger(__name__)

#: With how many new edges a new base is due.
DUE = 10_000

_beside = threading.Lock()


def build_if_due(due: int = DUE) -> bool:
    """Build a base when ``due`` edges were written since the newest, or there is none; return whether it was done.

    Only one process builds; the others go on. Not within a transaction, which would put what it has written itself into
    a base.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A base is built of what is committed.")
    with snapshots.building() as mine:
        if not mine:
            return False
        base = _next_base(due)
        if base is None or not base.size:
            return False
        snapshots.save(base)
        return True


def build_soon() -> None:
    """Build a base beside the work, if nobody does."""
    if _beside.acquire(blocking=False):
        threading.Thread(target=_build_beside, name="lineage-base", daemon=True).start()


def _build_beside() -> None:
    try:
        build_if_due()
    except Exception:
        logger.exception("The arrays of lineage could not be built; walks go on without.")
    finally:
        close_old_connections()
        connection.close()
        _beside.release()


def _next_base(due: int) -> Base | None:
    base = snapshots.load(name) if (name := snapshots.newest()) else None
    if base is None:
        return read_everything()
    try:
        rows = read_since(base.version, base.anchor)
    except AnotherDatabase:
        return read_everything()
    if len(rows.edges) < due and len(rows.nodes) < due:
        return None
    return Index.of(base).plus(rows).folded()
