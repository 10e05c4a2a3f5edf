"""The start page."""

from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.authentication import signed_in
from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.queries import my_projects
from accounts.roles import ROLE_LABELS, Action
from accounts.views.requests import PageRequest, client_lines
from web.home.queries import in_production, news_for, work_of
from web.home.waiting import by_urgency, runs_waiting, waiting_for
from web.search.queries import only_hit

_FIRST_RUN = """\
import mlflow

mlflow.set_experiment("first steps")
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.97)
"""


@signed_in
def home(request: PageRequest) -> HttpResponse:
    """What waits for me, what I work on, what changed, what is in Production; at first, how to begin."""
    principal = request.principal
    projects = my_projects(principal)
    work = work_of(principal)
    context = {
        "projects": projects,
        "everywhere": sorted(ROLE_LABELS[role] for role in principal.grants.everywhere),
        "waiting": by_urgency([*waiting_for(principal), *runs_waiting(work)]),
        "work": work,
        "news": news_for(principal),
        "in_production": in_production(principal),
        "section": "home",
    }
    if not work.began:
        context |= _first_steps(request, [project for project, _ in projects])
    return TemplateResponse(request, "web/home.html", context)


@signed_in
def open_link(request: PageRequest) -> HttpResponse:
    """Go to what a link that MLflow printed stands for (``?link=#/models/fraud/versions/3``), or search for it."""
    link = request.GET.get("link", "")
    hit = only_hit(request.principal, link)
    return HttpResponseRedirect(hit.url if hit else f"{reverse('web:search')}?{urlencode({'q': link})}")


def _first_steps(request: PageRequest, projects: list[Project]) -> dict[str, object]:
    """The lines that work for this person: in a project in which they may log, if there is one."""
    writable = request.principal.project_ids_with(Action.WRITE)
    # The default project first, because a client that names none gets there.
    mine = sorted(
        (project for project in projects if project.pk in writable), key=lambda project: project.slug != DEFAULT_PROJECT
    )
    first = mine[0] if mine else None
    return {"first_project": first, "first_run": _FIRST_RUN, **client_lines(request, first)}
