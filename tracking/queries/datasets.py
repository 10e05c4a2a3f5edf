"""Datasets that a run read, as pages show them: what clients send as JSON within text, made readable."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.html import escape

from tracking.rows import Item

_MOST_COLUMNS: Final = 100
_LONGEST_TEXT: Final = 3_000
_LONGEST_LINE: Final = 200
_MOST_HTML: Final = 150_000
_CONTEXT_TAG: Final = "mlflow.data.context"


@dataclass(frozen=True, slots=True)
class DatasetInput:
    """A dataset with what it was used for. Its schema is ``columns`` (name, type), or a text in another form."""

    name: str
    digest: str
    context: str
    source_type: str
    source: str
    columns: list[tuple[str, str]]
    more_columns: int
    schema: str
    profile: str

    @property
    def size(self) -> int:
        """How much its schema and profile take of a page, as HTML."""
        columns = "".join(name + kind for name, kind in self.columns)
        return len(escape(columns + self.schema + self.profile)) + 50 * len(self.columns)


def fitting(datasets: Iterable[DatasetInput]) -> list[DatasetInput]:
    """The datasets, of which the last ones lose their schema and profile when those of all are too much for a page."""
    shown, left = [], _MOST_HTML
    for dataset in datasets:
        left -= dataset.size
        shown.append(dataset if left > 0 else replace(dataset, columns=[], more_columns=0, schema="", profile=""))
    return shown


def dataset_input(item: Item) -> DatasetInput:
    """The input as `children.fill` reads it."""
    dataset = item["dataset"]
    columns = _columns(dataset.get("schema") or "")
    return DatasetInput(
        name=dataset["name"],
        digest=dataset["digest"],
        context=next((tag["value"] for tag in item["tags"] if tag["key"] == _CONTEXT_TAG), ""),
        source_type=dataset["source_type"],
        source=_source(dataset["source"]),
        columns=columns[:_MOST_COLUMNS],
        more_columns=max(0, len(columns) - _MOST_COLUMNS),
        schema="" if columns else _pretty(dataset.get("schema") or ""),
        profile=_pretty(dataset.get("profile") or ""),
    )


def _columns(schema: str) -> list[tuple[str, str]]:
    """The columns of a schema in MLflow's form; none for another form."""
    parsed = _parsed(schema)
    fields = parsed.get("mlflow_colspec") if isinstance(parsed, dict) else None
    named = [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
    return [(_line(str(field.get("name", "—"))), _line(str(field.get("type", "")))) for field in named]


def _source(source: str) -> str:
    """Where the data came from: the address in it, or all of it in one line."""
    parsed = _parsed(source)
    if isinstance(parsed, dict):
        address = next((parsed[key] for key in ("uri", "url", "path", "table_name") if parsed.get(key)), None)
        return _line(str(address)) if address else "" if not parsed else _line(source)
    return _line(source)


def _pretty(text: str) -> str:
    parsed = _parsed(text)
    shown = text if parsed is None else json.dumps(parsed, indent=2, ensure_ascii=False)
    return _safe(shown if len(shown) <= _LONGEST_TEXT else f"{shown[:_LONGEST_TEXT]}…")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _line(text: str) -> str:
    return _safe(text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…")


def _safe(text: str) -> str:
    """Half characters, which JSON can hold and no answer can, are marked."""
    return text.encode("utf-8", "replace").decode()
