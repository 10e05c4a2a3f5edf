"""Runs by their parent, or by a param or tag: how many there are of each, and how a metric fared.

The database looks at every run that matches, because each of them counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Avg, Count, F, FilteredRelation, Max, Min, Q
from django.db.models.expressions import OrderBy

from tracking.columns import PARENT_TAG, Column, read_column
from tracking.models import Experiment, Lifecycle, Run
from tracking.queries.run_search import RunView, scopes_of
from tracking.search.pages import Page, offset_token, read_offset
from tracking.search.specs import RUNS

#: What an address calls the runs of one parent.
BY_PARENT: Final = "parent"

_RELATIONS: Final = {"param": "params", "tag": "tags"}
_ORDERS: Final = {
    "group": "value",
    "runs": "runs",
    "newest": "newest",
    "lowest": "low",
    "mean": "mean",
    "highest": "high",
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """What runs are put together by: a param or tag."""

    name: str
    column: Column
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Runs with the same value (None: with none); ``condition`` finds them in the search language.

    ``parent`` is the uid of the run that started them, when it lies in the same experiment.
    """

    value: str | None
    label: str
    condition: str
    runs: int
    newest: int | None
    lowest: float | None
    mean: float | None
    highest: float | None
    parent: str = ""


def read_grouping(name: str) -> Grouping | None:
    """The grouping of this name; None when there is none."""
    if name == BY_PARENT:
        parents = Column(f"tags.{PARENT_TAG}", "tag", PARENT_TAG, "Parent run")
        return Grouping(name, parents, "Parent run")
    column = read_column(name)
    return Grouping(name, column, column.label) if column is not None and column.family in _RELATIONS else None


def group_runs(
    experiment: Experiment,
    grouping: Grouping,
    *,
    filter_string: str = "",
    view: RunView = RunView.ACTIVE_ONLY,
    metric: str = "",
    sort: str = "",
    size: int = 50,
    page_token: str = "",
) -> Page[Group]:
    """The groups of the matching runs of an experiment, the largest first; two queries. Raises InvalidInput."""
    offset = read_offset(page_token)
    scopes = scopes_of(experiment.project_id, [(experiment.pk, Lifecycle(experiment.lifecycle_stage))], view)
    if not scopes:
        return Page(())
    relation = _RELATIONS[grouping.column.family]
    inside = reduce(or_, (scope.q() for scope in scopes))
    runs: Any = Run.objects.filter(inside, RUNS.q(filter_string))
    runs = runs.annotate(
        grouped=FilteredRelation(relation, condition=Q(**{f"{relation}__key": grouping.column.key})),
        measured=FilteredRelation(
            "latest_metrics", condition=Q(latest_metrics__key=metric, latest_metrics__is_nan=False)
        ),
    )
    rows = runs.values(value=F("grouped__value")).annotate(
        runs=Count("pk"),
        newest=Max("start_time"),
        low=Min("measured__value"),
        mean=Avg("measured__value"),
        high=Max("measured__value"),
    )
    found = list(rows.order_by(*_order(sort))[offset : offset + size + 1])
    groups = _groups(experiment, grouping, found[:size])
    return Page(groups, offset_token(offset + size) if len(found) > size else "")


def condition_of(grouping: Grouping, value: str | None) -> str:
    """The search language's words for the runs of a group."""
    name = f"{grouping.column.family}s.`{grouping.column.key}`"
    if value is None:
        return f"{name} IS NULL"
    quoted = value.replace("'", "''")
    return f"{name} = '{quoted}'"


def _order(sort: str) -> list[OrderBy]:
    column = _ORDERS.get(sort.removeprefix("-"), "")
    if not column:
        return [F("runs").desc(), F("value").asc(nulls_last=True)]
    term = F(column).desc(nulls_last=True) if sort.startswith("-") else F(column).asc(nulls_last=True)
    return [term, F("value").asc(nulls_last=True)]


def _groups(experiment: Experiment, grouping: Grouping, rows: Sequence[dict[str, Any]]) -> list[Group]:
    names = _parent_names(experiment, rows) if grouping.name == BY_PARENT else {}
    without = "Without a parent" if grouping.name == BY_PARENT else f"Without {grouping.label}"
    return [
        Group(
            row["value"],
            without if row["value"] is None else names.get(row["value"], row["value"] or "(empty)"),
            condition_of(grouping, row["value"]),
            row["runs"],
            row["newest"],
            row["low"],
            row["mean"],
            row["high"],
            row["value"] if row["value"] in names else "",
        )
        for row in rows
    ]


def _parent_names(experiment: Experiment, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The names of parents by uid. A tag may name any run, so only those that are known to be seen are told."""
    uids = [row["value"] for row in rows if row["value"]]
    runs = Run.objects.filter(experiment=experiment, uid__in=uids)
    return dict(runs.values_list("uid", "name")) if uids else {}
