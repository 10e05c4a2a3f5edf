"""Tables of runs as people see them: some columns of some runs, in a fixed number of queries.

Only what the columns ask for is read, because a run may have thousands of metrics.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.models import User
from accounts.principals import Principal
from tracking.columns import (
    COMMIT_TAG,
    DEFAULT_ATTRIBUTES,
    PARENT_TAG,
    SOURCE_TAG,
    Column,
    key_column,
    read_columns,
)
from tracking.descendants import Descendant, descendants_of
from tracking.models import Experiment, LatestMetric, Lifecycle, Param, RunInput, RunStatus, RunTag
from tracking.queries.run_search import Question, RunView, scopes_of, search_heads
from tracking.rows import RunHead
from tracking.search.pages import Page

#: How many metrics and params are shown when nobody chose, and how many of the first runs say which.
_DEFAULT_KEYS: Final = 3
_ASKED_RUNS: Final = 20
#: What a cell of a table shows of a text, and what its tooltip shows.
_LONGEST_TEXT: Final = 60
_LONGEST_TITLE: Final = 400


@dataclass(frozen=True, slots=True)
class Cell:
    """What a table says of a run in one column. ``look`` tells how it is drawn."""

    column: Column
    look: str
    value: Any = None
    title: str = ""


@dataclass(slots=True)
class Line:
    """A run in a table."""

    head: RunHead
    owner: User | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=list)
    versions: list[Descendant] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether it may change by itself."""
        return self.head.status == RunStatus.RUNNING

    @property
    def is_child(self) -> bool:
        """Whether another run started it."""
        return PARENT_TAG in self.tags

    @property
    def duration(self) -> int | None:
        """How long it took, in milliseconds; None while it goes on."""
        return self.head.end_time - self.head.start_time if self.head.end_time is not None else None

    def value_of(self, column: Column) -> Any:
        """What stands in a column: text, number, or None."""
        if column.family == "metric":
            return self.metrics.get(column.key)
        if column.family == "param":
            return self.params.get(column.key)
        if column.family == "tag":
            return self.tags.get(column.key)
        return self._attribute(column.key)

    def _attribute(self, name: str) -> Any:
        special = {
            "duration": self.duration,
            "user_id": self.head.owner_name or None,
            "source": self.tags.get(SOURCE_TAG),
            "commit": self.tags.get(COMMIT_TAG),
            "dataset": ", ".join(self.datasets) or None,
            "versions": ", ".join(version.label for version in self.versions) or None,
            "run_id": self.head.uid,
        }
        return special[name] if name in special else getattr(self.head, name)


def search_lines(
    principal: Principal,
    experiment: Experiment,
    question: Question,
    *,
    view: RunView,
    columns: Sequence[Column],
    size: int,
) -> tuple[list[Column], Page[Line]]:
    """The runs of an experiment that the principal is known to see, with these columns, or some that say most.

    Raises InvalidInput.
    """
    scopes = scopes_of(experiment.project_id, [(experiment.pk, Lifecycle(experiment.lifecycle_stage))], view)
    found = search_heads(scopes, question, size)
    shown = list(columns) or default_columns(found.rows)
    lines = read_lines(principal, found.rows, shown)
    if not columns:
        shown = _without_empty(lines, shown)
    return shown, Page(lines, found.next_page_token)


def default_columns(heads: Sequence[RunHead]) -> list[Column]:
    """Columns for runs of which nobody said what matters: the metrics and params that most of the first ones have."""
    runs = [head.pk for head in heads[:_ASKED_RUNS]]
    columns = read_columns(DEFAULT_ATTRIBUTES)
    for family, model in (("metric", LatestMetric), ("param", Param)):
        counted = Counter(model.objects.filter(run_id__in=runs).values_list("key", flat=True)) if runs else Counter()
        keys = sorted(counted, key=lambda key: (-counted[key], _is_internal(key), key))
        columns += [key_column(family, key) for key in keys[:_DEFAULT_KEYS]]
    return columns


def _without_empty(lines: Sequence[Line], columns: Sequence[Column]) -> list[Column]:
    """The columns without the one of versions when none of these runs has any."""
    if any(line.versions for line in lines):
        return list(columns)
    for line in lines:
        line.cells = [cell for cell in line.cells if cell.column.name != "versions"]
    return [column for column in columns if column.name != "versions"]


def _is_internal(key: str) -> bool:
    return key.startswith(("mlflow.", "system/"))


def read_lines(principal: Principal, heads: Sequence[RunHead], columns: Sequence[Column]) -> list[Line]:
    """These runs with what the columns show: a fixed number of queries, at most one for each kind of column and two."""
    lines = {head.pk: Line(head) for head in heads}
    if lines:
        names = {column.name for column in columns}
        _fill_owners(lines)
        _fill_metrics(lines, _keys(columns, "metric"))
        _fill_texts(lines, Param, _keys(columns, "param"), "params")
        _fill_texts(lines, RunTag, [*_keys(columns, "tag"), SOURCE_TAG, COMMIT_TAG, PARENT_TAG], "tags")
        if "dataset" in names:
            _fill_datasets(lines)
        if "versions" in names:
            made = descendants_of(principal, [head.uid for head in heads])
            for line in lines.values():
                line.versions = made.get(line.head.uid, [])
        for line in lines.values():
            line.cells = [_cell(line, column) for column in columns]
    return list(lines.values())


def _keys(columns: Sequence[Column], family: str) -> list[str]:
    return [column.key for column in columns if column.family == family]


def _fill_owners(lines: dict[int, Line]) -> None:
    owners = User.objects.in_bulk({line.head.owner_id for line in lines.values() if line.head.owner_id is not None})
    for line in lines.values():
        line.owner = owners.get(line.head.owner_id or 0)


def _fill_metrics(lines: dict[int, Line], keys: Sequence[str]) -> None:
    rows = LatestMetric.objects.filter(run_id__in=lines, key__in=keys)
    for run, key, value, is_nan in rows.values_list("run_id", "key", "value", "is_nan") if keys else ():
        lines[run].metrics[key] = float("nan") if is_nan else value


def _fill_texts(lines: dict[int, Line], model: type[Param] | type[RunTag], keys: Sequence[str], name: str) -> None:
    rows = model._default_manager.filter(run_id__in=lines, key__in=keys)
    for run, key, value in rows.values_list("run_id", "key", "value") if keys else ():
        getattr(lines[run], name)[key] = value


def _fill_datasets(lines: dict[int, Line]) -> None:
    named: dict[int, list[str]] = defaultdict(list)
    rows = RunInput.objects.filter(run_id__in=lines).order_by("pk")
    for run, name in rows.values_list("run_id", "dataset__name"):
        named[run].append(name)
    for run, names in named.items():
        lines[run].datasets = list(dict.fromkeys(names))


_LOOKS: Final = {
    "status": "status",
    "start_time": "moment",
    "end_time": "moment",
    "duration": "duration",
    "user_id": "person",
    "source": "source",
    "commit": "digest",
    "versions": "versions",
    "run_id": "digest",
}


def _cell(line: Line, column: Column) -> Cell:
    look = "number" if column.family == "metric" else "text"
    if column.family == "attribute":
        look = _LOOKS.get(column.key, "text")
    value = line.value_of(column)
    if look == "person":
        return Cell(column, look, line.owner)
    if look == "versions":
        return Cell(column, look, line.versions)
    if look == "source" and value:
        return Cell(column, "text", value.replace("\\", "/").rsplit("/", 1)[-1][:_LONGEST_TEXT], value[:_LONGEST_TITLE])
    if look == "text" and value and len(value) > _LONGEST_TEXT:
        return Cell(column, look, f"{value[:_LONGEST_TEXT]}…", value[:_LONGEST_TITLE])
    return Cell(column, look, value)
