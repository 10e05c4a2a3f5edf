"""The log as a file, in the order it was written: NDJSON with each event's canonical bytes, or CSV for spreadsheets.

Rows are read in chunks by primary key, so that an export of any length takes the same memory and holds no cursor open.
"""

import csv
from collections.abc import Iterator
from enum import StrEnum

import orjson
from django.db.models import Max, QuerySet

from audit.canonical import canonical_bytes
from audit.models import AuditEvent
from audit.queries import EventView

_CHUNK = 500
_COLUMNS = (
    "uid",
    "ts",
    "action",
    "outcome",
    "actor",
    "actor_kind",
    "object_type",
    "object_id",
    "object_label",
    "object_seq",
    "request_id",
    "before",
    "after",
    "leaf",
)
#: What makes a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(StrEnum):
    """The kinds of files."""

    NDJSON = "ndjson"
    CSV = "csv"


CONTENT_TYPES = {ExportFormat.NDJSON: "application/x-ndjson", ExportFormat.CSV: "text/csv; charset=utf-8"}


def export_events(events: QuerySet[AuditEvent], export_format: ExportFormat) -> Iterator[bytes]:
    """Yield the file, chunk by chunk; what is recorded after the first chunk was asked for is left out."""
    rows = _in_chunks(events)
    return _ndjson(rows) if export_format is ExportFormat.NDJSON else _csv(rows)


def _in_chunks(events: QuerySet[AuditEvent]) -> Iterator[list[AuditEvent]]:
    last: int = events.aggregate(last=Max("pk"))["last"] or 0
    reached = 0
    while chunk := list(events.filter(pk__gt=reached, pk__lte=last).order_by("pk")[:_CHUNK]):
        yield chunk
        reached = chunk[-1].pk


def _ndjson(chunks: Iterator[list[AuditEvent]]) -> Iterator[bytes]:
    """One event a line. ``body`` holds the canonical bytes as text: SHA-256 of a zero byte and them is ``leaf``."""
    for chunk in chunks:
        yield b"".join(_line(event) for event in chunk)


def _line(event: AuditEvent) -> bytes:
    parts = {
        "uid": str(event.uid),
        "object_seq": event.object_seq,
        "prev": event.prev,
        "leaf": event.leaf,
        "body": bytes(event.body).decode(),
    }
    return orjson.dumps(parts, option=orjson.OPT_APPEND_NEWLINE)


class _Lines:
    """A file for `csv.writer` that gives back what was written."""

    def write(self, text: str) -> str:
        return text


def _csv(chunks: Iterator[list[AuditEvent]]) -> Iterator[bytes]:
    write = csv.writer(_Lines()).writerow
    yield str(write(_COLUMNS)).encode()
    for chunk in chunks:
        yield "".join(str(write([_cell(value) for value in _values(event)])) for event in chunk).encode()


def _values(event: AuditEvent) -> tuple[object, ...]:
    view = EventView(event)
    return (
        event.uid,
        event.ts.isoformat(),
        event.action,
        event.outcome,
        event.actor_uid,
        event.actor_kind,
        event.object_type,
        event.object_id,
        event.object_label,
        event.object_seq,
        event.request_id,
        canonical_bytes(view.before).decode() if view.before else "",
        canonical_bytes(view.after).decode() if view.after else "",
        event.leaf,
    )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
