"""The first rows of comma- or tab-separated values."""

import csv
from dataclasses import dataclass
from itertools import islice
from typing import Final

from artifacts.previews.shapes import CannotShow, cut
from artifacts.previews.texts import decode

_MOST_ROWS: Final = 50
_MOST_COLUMNS: Final = 40
_LONGEST_CELL: Final = 200


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows under the names of their columns; ``hidden_columns`` are not among them."""

    names: list[str]
    rows: list[list[str]]
    hidden_columns: int
    is_cut: bool


def read_table(name: str, data: bytes, whole: bool) -> Table:
    """The first rows. Raises CannotShow when they cannot be read as a table."""
    text = decode(data, whole=whole)
    if not whole:
        # The last line may end in the middle.
        text = text[: text.rfind("\n") + 1]
    delimiter = "\t" if name.lower().endswith(".tsv") else _delimiter(text)
    try:
        rows = list(islice(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), _MOST_ROWS + 2))
    except csv.Error:
        raise CannotShow("This cannot be read as a table, so it is shown as text.") from None
    if not rows:
        raise CannotShow("There is no whole row within the part that a preview reads, so it is shown as text.")
    columns = max(len(row) for row in rows)
    names, *body = ([cut(cell, _LONGEST_CELL) for cell in row[:_MOST_COLUMNS]] for row in rows)
    is_cut = not whole or len(body) > _MOST_ROWS
    return Table(names, body[:_MOST_ROWS], max(0, columns - _MOST_COLUMNS), is_cut)


def _delimiter(text: str) -> str:
    """The one that the first line has most of; a comma when it has none."""
    first = text.partition("\n")[0]
    return max(",;\t|", key=first.count)
