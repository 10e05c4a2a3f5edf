"""The comparison as CSV: a line per run or version, a column per attribute, param, metric and tag."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tracking.compare.selection import Selection
from tracking.compare.table import Section, attributes_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_FAMILIES: Final = ("params", "metrics", "tags")


class _Line:
    """What a CSV writer writes to when every line is sent off by itself."""

    def write(self, text: str) -> str:
        """Hand the line on."""
        return text


def csv_lines(selection: Selection) -> Iterator[str]:
    """The lines of the file, its heading first."""
    writer = csv.writer(_Line())
    keys = [
        (family, key)
        for family in _FAMILIES
        for key in sorted({item["key"] for row in selection.rows for item in getattr(row, family)})
    ]
    attributes = list(attributes_of(selection.rows[0], selection)) if selection.rows else []
    yield writer.writerow(["run_id", "name", *(name.lower() for name in attributes), *map(".".join, keys)])
    for row in selection.rows:
        of_run = {(family, item["key"]): item["value"] for family in _FAMILIES for item in getattr(row, family)}
        facts = attributes_of(row, selection).values()
        shown = [_iso(value) if kind == "moment" else value for kind, value in facts]
        yield writer.writerow(map(_harmless, [row.head.uid, row.head.name, *shown, *map(of_run.get, keys)]))


def csv_of_sections(first: str, names: Sequence[str], sections: Iterable[Section]) -> Iterator[str]:
    """A table as it is compared, turned: a line per column, which ``names`` name, a column per line of a section."""
    writer = csv.writer(_Line())
    lines = [(section.name, line) for section in sections for line in section.lines]
    yield writer.writerow([first, *(f"{name}.{line.key}" for name, line in lines)])
    for place, name in enumerate(names):
        values = ((line.kind, line.cells[place].value) for _, line in lines)
        shown = [_iso(value) if kind == "moment" and value is not None else value for kind, value in values]
        yield writer.writerow(map(_harmless, [name, *shown]))


def _iso(milliseconds: int) -> str:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):
        return str(milliseconds)


def _harmless(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula; numbers stay as they are."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
