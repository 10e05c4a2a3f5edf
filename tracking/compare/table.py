"""Runs as the columns of a table: attributes, params, metrics, tags and datasets, with the best of each metric."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tracking.compare.better import best_of, less_is_better
from tracking.compare.selection import Selection
from tracking.rows import Item, RunHead, RunRow
from tracking.rules.points import LARGEST_FLOAT

#: Cells of one table, and characters of one cell: pages stay below a megabyte.
MOST_CELLS: Final = 6_000
LONGEST_TEXT: Final = 120

_SYSTEM: Final = "mlflow."
_CONTEXT: Final = "mlflow.data.context"
_SOURCE: Final = "mlflow.source.name"
_COMMIT: Final = "mlflow.source.git.commit"
_REPOSITORY: Final = "mlflow.source.git.repoURL"
#: What runs say about where they come from: by label the tags that may say it, the first one that does, and its kind.
_ORIGINS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "Commit": ((_COMMIT,), "digest"),
    "Uncommitted changes": (("stagekeeper.git.dirty", "mlflow.source.git.dirty"), "text"),
    "Branch": (("mlflow.source.git.branch",), "text"),
    "Repository": ((_REPOSITORY,), "text"),
    "Source": ((_SOURCE,), "text"),
    "Image": (("stagekeeper.image.digest", "mlflow.docker.image.id", "mlflow.docker.image.uri"), "digest"),
    "Environment": (("stagekeeper.environment.digest",), "digest"),
    "Seed": (("stagekeeper.seed",), "text"),
    "Parent run": (("mlflow.parentRunId",), "digest"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one run has: ``value`` is a text, a number, or None where there is nothing."""

    value: Any
    best: bool = False

    @property
    def short(self) -> Any:
        """The value, cut when it is a long text."""
        is_long = isinstance(self.value, str) and len(self.value) > LONGEST_TEXT
        return f"{self.value[:LONGEST_TEXT]}…" if is_long else self.value


@dataclass(frozen=True, slots=True)
class Line:
    """One key over all runs. ``kind`` says how its values are shown: text, number, status, moment, duration, digest."""

    key: str
    cells: list[Cell]
    kind: str = "text"
    less_is_better: bool | None = None

    @property
    def differs(self) -> bool:
        """Whether not all runs have the same."""
        return len({_comparable(cell.value) for cell in self.cells}) > 1


@dataclass(slots=True)
class Section:
    """Lines of one sort. ``alike`` lines are the same in all runs and not shown; ``cut`` have no room."""

    name: str
    title: str
    lines: list[Line] = field(default_factory=list)
    alike: int = 0
    cut: int = 0


#: A part of the table: its name, its title and its lines.
Group = tuple[str, str, Iterable[Line]]


def side_by_side(selection: Selection, *, differences_only: bool) -> list[Section]:
    """The sections of the table, those without any line left out."""
    return arranged(_groups(selection), len(selection.rows), differences_only=differences_only)


def arranged(groups: Iterable[Group], columns: int, *, differences_only: bool) -> list[Section]:
    """As many lines as a page has room for; with ``differences_only`` those that are alike are counted instead."""
    room = MOST_CELLS // max(columns, 1)
    sections = []
    for name, title, lines in groups:
        section = Section(name, title)
        for line in lines:
            if differences_only and not line.differs:
                section.alike += 1
            elif room <= 0:
                section.cut += 1
            else:
                room -= 1
                section.lines.append(line)
        if section.lines or section.alike or section.cut:
            sections.append(section)
    return sections


def _groups(selection: Selection) -> Iterator[Group]:
    rows = selection.rows
    yield "attributes", "Attributes", _attributes(selection)
    yield from logged_groups(rows)
    yield "datasets", "Datasets", lines_of(map(_datasets, rows))
    yield "tags", "Tags", lines_of(_tags(row, system=False) for row in rows)
    yield "system_tags", "Tags that MLflow set", lines_of(_tags(row, system=True) for row in rows)


def logged_groups(rows: Sequence[RunRow | None]) -> Iterator[Group]:
    """The params and metrics of runs; None stands for a run that is not there."""
    yield "params", "Params", lines_of(_pairs(row.params) if row else {} for row in rows)
    yield "metrics", "Metrics", _metrics(rows)


def origin_groups(rows: Sequence[RunRow | None]) -> Iterator[Group]:
    """What runs were made from, the data by digest, the code and the image; None stands for a run that is not there."""
    yield "datasets", "Data", lines_of((_datasets(row) if row else {} for row in rows), "digest")
    yield "origin", "Code and image", _origins(rows)


def commit_page(row: RunRow | None) -> str:
    """Where the run's commit can be read in a browser, as the great code hosts have it; empty when that is unknown."""
    said = _pairs(row.tags) if row else {}
    repository, commit = str(said.get(_REPOSITORY, "")).removesuffix(".git"), str(said.get(_COMMIT, ""))
    known = repository.startswith("https://") and commit.isalnum() and "@" not in repository
    return f"{repository.rstrip('/')}/commit/{commit}" if known else ""


def _origins(rows: Sequence[RunRow | None]) -> Iterator[Line]:
    said = [_pairs(row.tags) if row else {} for row in rows]
    for label, (keys, kind) in _ORIGINS.items():
        values = [next((tags[key] for key in keys if tags.get(key)), None) for tags in said]
        if any(value is not None for value in values):
            yield Line(label, [Cell(value) for value in values], kind)


def duration_of(head: RunHead) -> int | None:
    """How long the run took; None while it is at work."""
    return head.end_time - head.start_time if head.end_time is not None else None


def attributes_of(row: RunRow, selection: Selection) -> dict[str, tuple[str, Any]]:
    """What is known about a run itself, by its label, each with its kind."""
    head, tags = row.head, {item["key"]: item["value"] for item in row.tags}
    project = selection.projects[head.project_id]
    return {
        "Status": ("status", head.status),
        "Started": ("moment", head.start_time),
        "Duration": ("duration", duration_of(head)),
        "Owner": ("text", head.owner_name or None),
        "Experiment": ("text", selection.experiments[head.experiment_id]),
        "Project": ("text", project.slug),
        "Source": ("text", tags.get(_SOURCE)),
        "Commit": ("digest", tags.get(_COMMIT)),
        "Deleted": ("text", "deleted" if not head.is_active else None),
    }


def _attributes(selection: Selection) -> Iterator[Line]:
    each = [attributes_of(row, selection) for row in selection.rows]
    for label, (kind, _) in (each[0] if each else {}).items():
        values = [attributes[label][1] for attributes in each]
        if any(value is not None for value in values):
            yield Line(label, [Cell(value) for value in values], kind)


def _metrics(rows: Sequence[RunRow | None]) -> Iterator[Line]:
    each = [{key: _spoken(value) for key, value in _pairs(row.metrics).items()} if row else {} for row in rows]
    for line in lines_of(each, "number"):
        numbers = [cell.value if isinstance(cell.value, float) else None for cell in line.cells]
        best = best_of(line.key, numbers)
        cells = [Cell(cell.value, place in best) for place, cell in enumerate(line.cells)]
        yield Line(line.key, cells, "number", less_is_better(line.key) if best else None)


def lines_of(columns: Iterable[Mapping[str, Any]], kind: str = "text") -> Iterator[Line]:
    """A line per key, in order, out of what each column has by key."""
    each = list(columns)
    for key in sorted(set().union(*each)):
        yield Line(key, [Cell(values.get(key)) for values in each], kind)


def _pairs(items: Iterable[Item]) -> dict[str, Any]:
    return {item["key"]: item["value"] for item in items}


def _spoken(value: Any) -> Any:
    """The value of a metric; the largest float stands for infinity."""
    if not isinstance(value, float) or abs(value) < LARGEST_FLOAT:
        return value
    return "Infinity" if value > 0 else "-Infinity"


def _tags(row: RunRow, *, system: bool) -> dict[str, Any]:
    return {key: value for key, value in _pairs(row.tags).items() if key.startswith(_SYSTEM) == system}


def _datasets(row: RunRow) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in row.dataset_inputs:
        dataset, uses = item["dataset"], [tag["value"] for tag in item["tags"] if tag["key"] == _CONTEXT]
        name = f"{dataset['name']} ({', '.join(uses)})" if uses else dataset["name"]
        found[name] = f"{found[name]}, {dataset['digest']}" if name in found else dataset["digest"]
    return found


def _comparable(value: Any) -> Any:
    # None differs from an empty text, and 1 from "1".
    return (type(value).__name__, value)
