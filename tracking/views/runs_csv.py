"""The result of a runs table as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse

from accounts.authentication import signed_in
from accounts.principals import Principal
from accounts.views.requests import PageRequest
from tracking.columns import ATTRIBUTES, NAME, Column
from tracking.models import Experiment
from tracking.queries import find_visible_experiment
from tracking.queries.run_table import Line, search_lines
from tracking.views.asked import Asked

#: Rows of one file, and rows that are read at once.
MOST_ROWS: Final = 100_000
_CHUNK: Final = 500
_FIRST: Final = (ATTRIBUTES["run_id"], NAME)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: What makes a spreadsheet take a cell for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@signed_in
def runs_csv(request: PageRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The matching runs with the chosen columns, in the order of the table; read and sent in portions."""
    experiment, asked = find_visible_experiment(request.principal, pk), Asked(request.GET)
    asked.question(token="")  # A filter that cannot be read is refused before the file begins.
    response = StreamingHttpResponse(
        _file(request.principal, experiment, asked), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="runs-{pk}.csv"'
    return response


def _file(principal: Principal, experiment: Experiment, asked: Asked) -> Iterator[str]:
    columns, token, begun, written = asked.columns, "", False, 0
    while (token or not begun) and written < MOST_ROWS:
        columns, page = search_lines(
            principal, experiment, asked.question(token=token), view=asked.view, columns=columns, size=_CHUNK
        )
        shown = [*_FIRST, *(column for column in columns if column not in _FIRST)]
        rows: list[Sequence[object]] = [] if begun else [[column.name for column in shown]]
        rows += [[_value(line, column) for column in shown] for line in page.rows]
        yield _lines(rows)
        token, begun, written = page.next_page_token, True, written + len(page.rows)


def _value(line: Line, column: Column) -> object:
    if column is NAME:
        return _text(line.head.name)
    value = line.value_of(column)
    if column.key in ("start_time", "end_time") and column.family == "attribute" and value is not None:
        return _moment(value)
    return _text(value) if isinstance(value, str) else value


def _moment(milliseconds: int) -> str:
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
    except OverflowError:
        return ""


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
