"""The environments board: what runs where, what ran when, who deployed it, and what nobody let run."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.roles import Action
from accounts.views.requests import PageRequest
from audit.exceptions import InvalidInput
from deployments.board import DAY, LISTED, beginning_of, choices_for, drawn_from, ran_on, rows_between, running_now
from deployments.commands import commands
from deployments.forms import BoardForm
from deployments.models import Environment
from deployments.pictures import draw_board
from deployments.queries import Asked, alerts_page, deployments_page
from registry.models import now

_ALERTS = 4


@signed_in
def board(request: PageRequest) -> HttpResponse:
    """Environments and time in one picture, narrowed by what stands in the address; a day in the past as a table."""
    reader = request.principal
    choices = choices_for(reader)
    form = BoardForm(request.GET, choices=choices)
    asked, day = form.asked(), form.day
    fitting = _fitting(choices.environments, asked)
    # An environment where nothing ran has a row too, unless something is asked for that cannot have run there.
    idle = [] if asked.model or asked.person else fitting
    context = {
        "form": form,
        "narrowed": form.is_narrowed,
        "environments": choices.environments,
        "fitting": fitting,
        "alerts": alerts_page(reader, project=asked.project, environment=asked.environment, state="open", size=_ALERTS),
        "running": running_now(reader, asked),
        "day": day,
        "ran": ran_on(reader, asked, day) if day else [],
        "may_make": bool(reader.project_ids_with(Action.MANAGE)),
        **commands(request),
        "section": "deployments",
        **_picture(request, form, asked, idle),
    }
    context["page"] = _page(request, asked)
    return TemplateResponse(request, "deployments/board.html", context)


def _fitting(environments: list[Environment], asked: Asked) -> list[Environment]:
    """The environments that are asked for."""
    return [
        each
        for each in environments
        if asked.project in ("", each.project.slug) and asked.environment in ("", each.name)
    ]


def _picture(request: PageRequest, form: BoardForm, asked: Asked, idle: list[Environment]) -> dict[str, Any]:
    ends, day = now(), form.day
    begins = ends - form.days_shown * DAY
    if day is not None:
        begins = min(begins, beginning_of(day) - 2 * DAY)
    rows, more = rows_between(request.principal, asked, begins, ends, idle)
    mark = beginning_of(day) + DAY // 2 if day else None
    begins = drawn_from(rows, begins, ends) if day is None else begins
    return {"picture": draw_board(rows, begins, ends, mark), "picture_rows": rows, "more_rows": more}


def _page(request: PageRequest, asked: Asked) -> Any:
    token = request.GET.get("page_token", "")
    try:
        return deployments_page(request.principal, asked, token=token, size=LISTED)
    except InvalidInput as refusal:
        messages.error(request, str(refusal))
        return deployments_page(request.principal, asked, size=LISTED)
