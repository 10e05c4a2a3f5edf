"""The list of experiments that people look through: across projects, with what goes on in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import OrderBy

from accounts.principals import Principal
from tracking.models import Experiment, Lifecycle, Run, RunStatus
from tracking.search.pages import Page, offset_token, read_offset

#: Runs are counted no further than this.
MOST_COUNTED: Final = 1_000

_COUNTS: Final = f"""
SELECT e.id, (SELECT COUNT(*) FROM (
    SELECT 1 FROM tracking_run r WHERE r.experiment_id = e.id AND r.lifecycle_stage = 'active' LIMIT {MOST_COUNTED + 1}
) AS counted) FROM tracking_experiment e WHERE e.id IN (%s)
"""  # noqa: S608  # made of constants
_ORDERS: Final = {
    "name": "name",
    "project": "project__slug",
    "activity": "last_run",
    "created": "creation_time",
}


@dataclass(frozen=True, slots=True)
class ExperimentLine:
    """An experiment in the list. ``runs`` is counted up to `MOST_COUNTED`; ``more`` says that there are more."""

    experiment: Experiment
    runs: int
    more: bool
    last_run: int | None
    is_running: bool


def list_experiments(
    principal: Principal,
    *,
    project: str = "",
    name: str = "",
    lifecycle: str = Lifecycle.ACTIVE,
    sort: str = "",
    size: int = 50,
    page_token: str = "",
) -> Page[ExperimentLine]:
    """The experiments the principal may see, those with the newest run first unless ``sort`` says otherwise.

    ``name`` is a part of the name. Two queries. Raises InvalidInput for a wrong page token.
    """
    offset = read_offset(page_token)
    rows = Experiment.objects.visible_to(principal).select_related("project", "owner")
    if "\x00" in project + name:
        return Page(())
    if project:
        rows = rows.filter(project__slug=project)
    if name:
        rows = rows.filter(name__icontains=name)
    if lifecycle in Lifecycle.values:
        rows = rows.filter(lifecycle_stage=lifecycle)
    found = list(_with_activity(rows).order_by(*_order(sort))[offset : offset + size + 1])
    lines = _lines(found[:size])
    return Page(lines, offset_token(offset + size) if len(found) > size else "")


def _with_activity(rows: QuerySet[Experiment]) -> QuerySet[Any]:
    runs = Run.objects.filter(experiment=OuterRef("pk"), lifecycle_stage=Lifecycle.ACTIVE)
    newest = runs.order_by("-start_time").values("start_time")[:1]
    return rows.annotate(last_run=Subquery(newest), is_running=Exists(runs.filter(status=RunStatus.RUNNING)))


def _order(sort: str) -> list[OrderBy]:
    column = F(_ORDERS.get(sort.removeprefix("-"), "last_run"))
    descending = sort.startswith("-") or sort not in _ORDERS
    first = column.desc(nulls_last=True) if descending else column.asc(nulls_last=True)
    return [first, F("creation_time").desc(), F("pk").desc()]


def _lines(rows: Sequence[Any]) -> list[ExperimentLine]:
    counts = _count_runs([row.pk for row in rows])
    return [
        ExperimentLine(
            row, min(counts[row.pk], MOST_COUNTED), counts[row.pk] > MOST_COUNTED, row.last_run, row.is_running
        )
        for row in rows
    ]


def _count_runs(experiments: Sequence[int]) -> dict[int, int]:
    if not experiments:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS % ", ".join(["%s"] * len(experiments)), list(experiments))
        return dict(cursor.fetchall())
