"""The page of an environment, and making, changing and archiving one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.history import object_history
from accounts.models import Project
from accounts.roles import Action
from accounts.views.requests import PageRequest
from audit.exceptions import InvalidInput, PermissionDenied
from deployments import operations
from deployments.board import DAY, drawn_from, history_of, rows_between, running_now
from deployments.commands import deploy_lines, sighting_lines
from deployments.exceptions import EnvironmentNotFound
from deployments.forms import ArchiveForm, EnvironmentForm, NewEnvironmentForm
from deployments.models import Environment
from deployments.pictures import draw_board
from deployments.queries import Asked, alerts_page, sightings_of
from deployments.rules import window_in_words
from registry.models import now

_DAYS = 90
_SIGHTINGS = 30
_ALERTS = 5


@signed_in
def show(request: PageRequest, pk: int) -> HttpResponse:
    """What it asks for, what runs there, what ran, what agents see, and what nobody let run."""
    environment = _find(request, pk)
    reader, ends = request.principal, now()
    begins = ends - _DAYS * DAY
    asked = Asked(project=environment.project.slug, environment=environment.name)
    rows, _ = rows_between(reader, asked, begins, ends)
    rows = [row for row in rows if row.environment.pk == environment.pk]
    context = {
        "environment": environment,
        "may_change": reader.may(Action.MANAGE, environment),
        "window": window_in_words(environment.change_window),
        "alerts": alerts_page(
            reader, project=asked.project, environment=asked.environment, state="unresolved", size=_ALERTS
        ),
        "running": running_now(reader, asked, environment=pk),
        "picture": draw_board(rows, drawn_from(rows, begins, ends), ends),
        "picture_rows": rows,
        "page": _history(request, environment),
        "sightings": sightings_of(reader, environment, most=_SIGHTINGS),
        "events": object_history(reader, environment, limit=10),
        "deploy_code": deploy_lines(request, environment=environment),
        "sight_code": sighting_lines(request, environment),
        "section": "deployments",
        "trail": _trail(),
    }
    return TemplateResponse(request, "deployments/environment.html", context)


def _history(request: PageRequest, environment: Environment) -> Any:
    try:
        return history_of(request.principal, environment, request.GET.get("page_token", ""))
    except InvalidInput as refusal:
        messages.error(request, str(refusal))
        return history_of(request.principal, environment)


@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Make an environment in a project that ``?project=`` may name."""
    projects = Project.objects.filter(pk__in=request.principal.project_ids_with(Action.MANAGE)).order_by("slug")
    if not projects:
        raise PermissionDenied("You may not make environments: that takes the role maintainer or project admin.")
    initial = {"project": request.GET.get("project", ""), "kind": "production", "required_stage": "Production"}
    form = NewEnvironmentForm.of(request, projects=projects, initial=initial)
    if form.done(operations.create_environment, request.principal):
        messages.success(request, f"{form.result.name} is there: versions can be deployed to it.")
        return redirect("deployments:environment", form.result.pk)
    context = {"form": form, "back": reverse("deployments:board"), "section": "deployments", "trail": _trail()}
    return TemplateResponse(request, "deployments/environment_form.html", context)


@signed_in
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change what an environment asks for."""
    environment = _find(request, pk)
    form = EnvironmentForm.of(request, initial=EnvironmentForm.values_of(environment))
    if form.done(operations.update_environment, request.principal, environment):
        messages.success(request, "Saved.")
        return redirect("deployments:environment", pk)
    authorize(request.principal, Action.MANAGE, environment)
    return TemplateResponse(request, "deployments/environment_form.html", _about(environment) | {"form": form})


@signed_in
def archive(request: PageRequest, pk: int) -> HttpResponse:
    """Let nothing be deployed there any more."""
    environment = _find(request, pk)
    form = ArchiveForm.of(request)
    if form.done(operations.archive_environment, request.principal, environment):
        messages.success(request, f"{environment.name} is archived.")
        return redirect("deployments:environment", pk)
    authorize(request.principal, Action.MANAGE, environment)
    running = running_now(request.principal, Asked(project=environment.project.slug), environment=pk)
    context = _about(environment) | {"form": form, "running": running}
    return TemplateResponse(request, "deployments/archive_environment.html", context)


def _find(request: PageRequest, pk: int) -> Environment:
    """An environment, also an archived one. Raises EnvironmentNotFound."""
    found = Environment.objects.visible_to(request.principal).select_related("project").filter(pk=pk).first()
    if found is None:
        raise EnvironmentNotFound("There is no such environment, or you may not see it.")
    return found


def _about(environment: Environment) -> dict[str, Any]:
    """What its smaller pages share."""
    page = reverse("deployments:environment", args=[environment.pk])
    return {
        "environment": environment,
        "back": page,
        "section": "deployments",
        "trail": [*_trail(), (environment.name, page)],
    }


def _trail() -> list[tuple[str, str]]:
    return [("Deployments", reverse("deployments:board"))]
