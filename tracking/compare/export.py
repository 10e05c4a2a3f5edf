"""The comparison as CSV: a line per run, a column per attribute, param, metric and tag."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from tracking.compare.selection import Selection
from tracking.compare.table import attributes_of

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
