"""Which writes an answer has seen: the version of the graph.

PostgreSQL numbers rows before their transaction commits, so a version there is what the transaction saw of others, in
PostgreSQL's own words (``xmin:xmax:running``). SQLite has one writer, so there the last numbers are enough.
"""

from dataclasses import dataclass
from operator import ge
from typing import Any

import numpy as np

from lineage.engine.arrays import Bools, Ints

#: The tables that readers follow, in the order in which a version on SQLite counts them.
FOLLOWED = ("lineage_node", "lineage_edge", "lineage_share", "lineage_mark")


class BadVersion(ValueError):
    """Not a version of this graph."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The last number of every table (SQLite)."""

    last: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __str__(self) -> str:
        return ".".join(map(str, self.last))

    def admits(self, table: int, numbers: Ints, writers: Ints) -> Bools:
        """Whether rows of a table were there, by their numbers and by the transactions that wrote them."""
        return numbers <= self.last[table]

    def includes(self, other: "Version") -> bool:
        """Whether all that ``other`` saw is seen."""
        return isinstance(other, Counted) and all(
            mine >= theirs for mine, theirs in zip(self.last, other.last, strict=True)
        )

    def condition(self, table: int) -> tuple[str, list[Any]]:
        """Keeps the rows of a table (called ``t``) that were there, as SQL."""
        return f"t.{'seq' if table == 1 else 'id'} <= %s", [self.last[table]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot of transactions (PostgreSQL): those below ``upto`` had ended, but for those ``running``.

    Whoever asks within a transaction that has written sees its own rows too: ``own`` is its number, and the last number
    it has given in every table.
    """

    oldest: int = 0
    upto: int = 0
    running: tuple[int, ...] = ()
    own: tuple[int, int, int, int, int] | None = None

    def __str__(self) -> str:
        own = f":{'.'.join(map(str, self.own))}" if self.own else ""
        return f"{self.snapshot}{own}"

    @property
    def snapshot(self) -> str:
        """As PostgreSQL writes it."""
        return f"{self.oldest}:{self.upto}:{','.join(map(str, self.running))}"

    def admits(self, table: int, numbers: Ints, writers: Ints) -> Bools:
        """Whether rows of a table were there, by their numbers and by the transactions that wrote them."""
        admitted = (writers < self.upto) & ~np.isin(writers, self.running)
        if self.own:
            admitted |= (writers == self.own[0]) & (numbers <= self.own[1 + table])
        return admitted

    def includes(self, other: "Version") -> bool:
        """Whether all that ``other`` saw is seen."""
        if not isinstance(other, Seen):
            return False
        if self.upto < other.upto or any(one < other.upto and one not in other.running for one in self.running):
            return False
        if other.own is None or (other.own[0] < self.upto and other.own[0] not in self.running):
            return True
        return self.own is not None and self.own[0] == other.own[0] and all(map(ge, self.own, other.own))

    def condition(self, table: int) -> tuple[str, list[Any]]:
        """Keeps the rows of a table (called ``t``) that were there, as SQL."""
        # What seems to be written in the future was restored from another server.
        seen = (
            "(pg_visible_in_snapshot(t.recorded_xid, %s::pg_snapshot)"
            " OR t.recorded_xid >= pg_snapshot_xmax(pg_current_snapshot())"
            " AND t.recorded_xid IS DISTINCT FROM pg_current_xact_id_if_assigned())"
        )
        if not self.own:
            return seen, [self.snapshot]
        number = "seq" if table == 1 else "id"
        own = f"t.recorded_xid = %s::text::xid8 AND t.{number} <= %s"
        return f"({seen} OR {own})", [self.snapshot, str(self.own[0]), self.own[1 + table]]


Version = Counted | Seen


def seen_by(snapshot: str, own: tuple[int, int, int, int, int] | None) -> Seen:
    """The version of a snapshot, taken in a transaction that has written itself when ``own`` is given."""
    oldest, upto, running = snapshot.split(":")
    others = {int(one) for one in running.split(",") if one}
    # PostgreSQL leaves out the transaction that asks: it counts as running, for what it writes later is not seen yet.
    if own is not None and own[0] < int(upto):
        others.add(own[0])
    return Seen(int(oldest), int(upto), tuple(sorted(others)), own)


def parse(text: str) -> Version:
    """A version from its text. Raises BadVersion."""
    try:
        if ":" in text:
            return _parse_seen(*text.split(":"))
        nodes, edges, shares, marks = (int(number) for number in text.split("."))
    except (TypeError, ValueError) as error:
        raise BadVersion(f"“{text[:40]}” is no version of the graph.") from error
    return Counted((nodes, edges, shares, marks))


def _parse_seen(oldest: str, upto: str, running: str, own: str = "") -> Seen:
    numbers = tuple(int(number) for number in own.split(".")) if own else None
    if numbers is not None and len(numbers) != 1 + len(FOLLOWED):
        raise ValueError(own)
    return Seen(int(oldest), int(upto), tuple(int(one) for one in running.split(",") if one), numbers)  # type: ignore[arg-type]
