"""The list of experiments that people look through: across projects, with what goes on in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.db.models.expressions import OrderBy

from accounts.principals import Principal
from tracking.models import Experiment, Lifecycle, Run
from tracking.search.pages import Page, offset_token, read_offset

#: Runs are counted no further than this.
MOST_COUNTED: Final = 1_000

_ACTIVE_RUNS: Final = "tracking_run r WHERE r.experiment_id = e.id AND r.lifecycle_stage = 'active'"
_ACTIVITY: Final = f"""
SELECT e.id,
    (SELECT COUNT(*) FROM (SELECT 1 FROM {_ACTIVE_RUNS} LIMIT %s) AS counted),
    (SELECT r.start_time FROM {_ACTIVE_RUNS} ORDER BY r.start_time DESC LIMIT 1),
    EXISTS (SELECT 1 FROM {_ACTIVE_RUNS} AND r.status = 'RUNNING')
FROM tracking_experiment e WHERE e.id IN (%s)
"""  # noqa: S608  # made of constants
_ORDERS: Final = {
    "name": "name",
    "project": "project__slug",
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
    found = list(rows.order_by(*_order(sort))[offset : offset + size + 1])
    return Page(_lines(found[:size]), offset_token(offset + size) if len(found) > size else "")


def _order(sort: str) -> list[OrderBy]:
    column = _ORDERS.get(sort.removeprefix("-"))
    if column and sort.startswith("-"):
        return [F(column).desc(), F("pk").desc()]
    if column:
        return [F(column).asc(), F("pk").asc()]
    runs = Run.objects.filter(experiment=OuterRef("pk"), lifecycle_stage=Lifecycle.ACTIVE)
    last_run = Subquery(runs.order_by("-start_time").values("start_time")[:1])
    first = last_run.asc(nulls_last=True) if sort == "activity" else last_run.desc(nulls_last=True)
    return [first, F("creation_time").desc(), F("pk").desc()]


def _lines(rows: Sequence[Experiment]) -> list[ExperimentLine]:
    activity = _activity_of([row.pk for row in rows])
    return [_line(row, *activity[row.pk]) for row in rows]


def _line(row: Experiment, runs: int, last_run: int | None, is_running: bool) -> ExperimentLine:
    return ExperimentLine(row, min(runs, MOST_COUNTED), runs > MOST_COUNTED, last_run, bool(is_running))


def _activity_of(experiments: Sequence[int]) -> dict[int, tuple[int, int | None, bool]]:
    """How many runs each has (counted so far), when the newest began, and whether one goes on."""
    if not experiments:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY % ("%s", ", ".join(["%s"] * len(experiments))), [MOST_COUNTED + 1, *experiments])
        return {pk: (runs, last_run, is_running) for pk, runs, last_run, is_running in cursor.fetchall()}
