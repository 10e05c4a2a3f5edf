"""The table of an experiment's runs: the page, an opened group, and the rows of runs that go on."""

from typing import Any, Final

from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.roles import Action
from accounts.views.requests import PageRequest, server_address
from audit.exceptions import InvalidInput
from tracking.columns import ATTRIBUTES, Column, bands_of, key_column, read_column
from tracking.models import Experiment, Lifecycle, SavedView
from tracking.queries import find_visible_experiment, note_of, runs_of
from tracking.queries.keys import Keys, keys_of_experiment
from tracking.queries.run_groups import BY_PARENT, condition_of, group_runs, read_grouping
from tracking.queries.run_table import default_columns, read_lines, search_lines
from tracking.rows import head_of
from tracking.search.pages import Page
from tracking.views.asked import SIZES, Asked
from tracking.views.experiments import experiment_context, rename_action
from tracking.views.teaching import first_run

#: How many keys of a kind the column picker offers; others can be typed.
_OFFERED: Final = 100
_OPENED: Final = 25
_MOST_LIVE: Final = 100


@signed_in
def experiment(request: PageRequest, pk: int) -> HttpResponse:
    """An experiment and its runs."""
    found, asked = find_visible_experiment(request.principal, pk), Asked(request.GET)
    keys, fault, kept = keys_of_experiment(found.pk), asked.fault(), asked.encoded()
    context = experiment_context(found)
    context["trail"] = context["trail"][:1]
    context |= _rights(request, found) | {"asked": asked, "fault": fault, "keys": keys, "sizes": SIZES}
    context |= {
        "note": note_of(found),
        "saved_views": list(
            SavedView.objects.visible_to(request.principal).filter(experiment=found).order_by("name", "pk")
        ),
        "kept": kept,
        "unfiltered": asked.encoded("q", "lifecycle"),
        "without_columns": asked.encoded("column"),
        "picker_keeps": asked.pairs("column"),
        "code": first_run(server_address(request), found.project, found.name),
    }
    context |= (
        _groups(found, asked, keys) if asked.grouping and not fault else _rows(request, found, asked, bool(fault))
    )
    context["nothing"] = not (kept or asked.token or context["page"].rows)
    context |= _choices(asked, keys, context["columns"])
    context["export"] = asked.encoded("group", "metric", "size", column=[column.name for column in context["columns"]])
    return TemplateResponse(request, "tracking/experiment.html", context)


@signed_in
def open_group(request: PageRequest, pk: int) -> HttpResponse:
    """The first runs of one group, to be put below its row."""
    found, asked = find_visible_experiment(request.principal, pk), Asked(request.GET)
    grouping = read_grouping(request.GET.get("group", ""))
    if grouping is None:
        raise InvalidInput("Say what to group by: parent, params.… or tags.…")
    condition = condition_of(grouping, request.GET.get("value"))
    columns, page = search_lines(
        request.principal,
        found,
        asked.question(also=condition, token=""),
        view=asked.view,
        columns=asked.columns,
        size=_OPENED,
    )
    context = {"experiment": found, "columns": columns, "bands": bands_of(columns), "page": page}
    return TemplateResponse(request, "tracking/_group_rows.html", context)


@signed_in
def live_rows(request: PageRequest, pk: int) -> HttpResponse:
    """Rows of runs that were going on, as they are now; asked again while one of them goes on."""
    found, asked = find_visible_experiment(request.principal, pk), Asked(request.GET)
    heads = [head_of(run) for run in runs_of(found, asked.runs[:_MOST_LIVE])]
    columns = asked.columns or default_columns(heads)
    lines = read_lines(request.principal, heads, columns)
    context = {"experiment": found, "lines": lines, "live": _live(asked, columns, lines)}
    return TemplateResponse(request, "tracking/_live_rows.html", context)


def _rows(request: PageRequest, found: Experiment, asked: Asked, faulty: bool) -> dict[str, Any]:
    if faulty:
        return {"columns": asked.columns, "page": Page(()), "live": ""}
    columns, page = search_lines(
        request.principal, found, asked.question(), view=asked.view, columns=asked.columns, size=asked.size
    )
    return {
        "columns": columns,
        "bands": bands_of(columns),
        "page": page,
        "live": _live(asked, columns, page.rows),
    }


def _groups(found: Experiment, asked: Asked, keys: Keys) -> dict[str, Any]:
    grouping = asked.grouping
    assert grouping is not None
    metric = asked.query.get("metric", _likely_metric(asked, keys))
    metric = metric if read_column(f"metrics.{metric}") else ""
    groups = group_runs(
        found,
        grouping,
        filter_string=asked.filter,
        view=asked.view,
        metric=metric,
        sort=asked.sort,
        size=asked.size,
        page_token=asked.token,
    )
    return {
        "page": Page(()),
        "grouping": grouping,
        "groups": groups,
        "metric": metric,
        "within": asked.encoded("sort"),
        "ungrouped": asked.encoded("sort", "group", "metric", "q"),
        "lowest_label": f"Lowest {metric}",
        "mean_label": f"Mean {metric}",
        "highest_label": f"Highest {metric}",
        "columns": asked.columns,
    }


def _likely_metric(asked: Asked, keys: Keys) -> str:
    """What groups are compared by when nobody said: the first metric among the columns, or at all."""
    chosen = [column.key for column in asked.columns if column.family == "metric"]
    return next(iter([*chosen, *keys.metrics]), "")


def _live(asked: Asked, columns: list[Column], lines: Any) -> str:
    """The query that asks for the rows of runs that go on; empty when none does."""
    running = [line.head.uid for line in lines if line.is_running]
    names = [column.name for column in columns]
    return asked.encoded("q", "sort", "group", "size", "lifecycle", run=running, column=names) if running else ""


def _rights(request: PageRequest, found: Experiment) -> dict[str, bool]:
    may = request.principal.may
    active = found.lifecycle_stage == Lifecycle.ACTIVE
    return {
        "may_write": may(Action.WRITE, found) and active,
        "may_rename": may(rename_action(request.principal, found), found) and active,
        "may_trash": may(Action.TRASH, found),
        # A contributor may delete the runs they made; which ones, the operation says.
        "may_trash_runs": (may(Action.TRASH, found) or may(Action.WRITE, found)) and active,
        "is_active": active,
    }


def _choices(asked: Asked, keys: Keys, shown: list[Column]) -> dict[str, Any]:
    """What the forms above the table offer: groupings, metrics to compare groups by, and columns."""
    params = [key_column("param", key) for key in keys.params]
    # What clients note for themselves comes last.
    tags = [key_column("tag", key) for key in sorted(keys.tags, key=lambda key: key.startswith("mlflow."))]
    groupable = [column.name for column in [*params, *tags] if not column.key.startswith("mlflow.")][:_OFFERED]
    if asked.grouping and asked.grouping.name not in (BY_PARENT, *groupable):
        groupable.append(asked.grouping.name)
    offered = {
        "About the run": list(ATTRIBUTES.values()),
        "Metrics": [key_column("metric", key) for key in keys.metrics],
        "Params": params,
        "Tags": tags,
    }
    return {
        "groupable": groupable,
        "metrics": keys.metrics[:_OFFERED],
        "pickable": [(title, _picks(columns, shown)) for title, columns in offered.items() if columns],
    }


def _picks(columns: list[Column], shown: list[Column]) -> list[tuple[Column, bool]]:
    """The columns of one kind with whether they are shown: those first, then as many others as are offered."""
    names = {column.name for column in shown}
    chosen = [(column, True) for column in columns if column.name in names]
    others = [(column, False) for column in columns if column.name not in names]
    return [*chosen, *others[:_OFFERED]]
