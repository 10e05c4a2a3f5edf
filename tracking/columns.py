"""The columns of tables of runs: what of a run can be shown and sorted by, and how an address names it.

A column is named as in the search language: ``status``, ``metrics.rmse``, ``params.lr``, ``tags.team``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

SOURCE_TAG: Final = "mlflow.source.name"
COMMIT_TAG: Final = "mlflow.source.git.commit"
PARENT_TAG: Final = "mlflow.parentRunId"

#: More columns than fit on any screen.
MOST_COLUMNS: Final = 40
_LONGEST_KEY: Final = 250


@dataclass(frozen=True, slots=True)
class Column:
    """Something about runs. ``family`` is metric, param, tag, or attribute; ``order`` the search language's name of it.

    A column without ``order`` cannot be sorted by.
    """

    name: str
    family: str
    key: str
    label: str
    order: str = ""


def _attribute(name: str, label: str, order: str | None = None) -> Column:
    return Column(name, "attribute", name, label, f"attributes.{name}" if order is None else order)


ATTRIBUTES: Final = {
    column.name: column
    for column in (
        _attribute("status", "Status"),
        _attribute("start_time", "Started"),
        _attribute("end_time", "Ended"),
        _attribute("duration", "Duration"),
        _attribute("user_id", "Owner"),
        _attribute("source", "Source", f"tags.`{SOURCE_TAG}`"),
        _attribute("commit", "Commit", f"tags.`{COMMIT_TAG}`"),
        _attribute("dataset", "Datasets", ""),
        _attribute("versions", "Versions", ""),
        _attribute("run_id", "Run id"),
    )
}
NAME: Final = _attribute("run_name", "Run")
#: What is shown of runs when nobody chose, before their metrics and params.
DEFAULT_ATTRIBUTES: Final = ("status", "start_time", "duration", "user_id", "versions")

_FAMILIES: Final = {"metrics": "metric", "params": "param", "tags": "tag"}


def read_column(name: str) -> Column | None:
    """The column of this name; None when there is none."""
    prefix, dot, key = name.partition(".")
    family = _FAMILIES.get(prefix)
    if dot and family and key and len(key) <= _LONGEST_KEY and "`" not in key and "\x00" not in key:
        return Column(name, family, key, key, f"{prefix}.`{key}`")
    return ATTRIBUTES.get(name)


def read_columns(names: Iterable[str]) -> list[Column]:
    """The columns of these names, each once; names that mean nothing are left out."""
    found = {column.name: column for name in names if (column := read_column(name)) is not None}
    return list(found.values())[:MOST_COLUMNS]


def key_column(family: str, key: str) -> Column:
    """The column of a metric, param or tag."""
    prefix = next(prefix for prefix, known in _FAMILIES.items() if known == family)
    return Column(f"{prefix}.{key}", family, key, key, f"{prefix}.`{key}`")


def bands_of(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """What stands above the headings: of neighbours of one family its name, and how many they are."""
    groups = [(family, len(list(found))) for family, found in groupby(columns, lambda column: column.family)]
    return [("" if family == "attribute" else f"{family.capitalize()}s", size) for family, size in groups]


def read_sort(sort: str) -> Sequence[str]:
    """The order that ``-metrics.rmse`` in an address asks for; none when it means nothing."""
    name = sort.removeprefix("-")
    column = NAME if name == NAME.name else read_column(name)
    if column is None or not column.order:
        return ()
    return (f"{column.order} {'DESC' if sort.startswith('-') else 'ASC'}",)
