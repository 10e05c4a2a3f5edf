"""The start page."""

from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.authentication import signed_in
from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.principals import Principal
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
    if (first := _where_to_begin(principal, projects)) and not work.began:
        context |= {"first_project": first, "first_run": _FIRST_RUN, **client_lines(request, first)}
    return TemplateResponse(request, "web/home.html", context | {"may_log": first is not None})


@signed_in
def open_link(request: PageRequest) -> HttpResponse:
    """Go to what a link that MLflow printed stands for (``?link=#/models/fraud/versions/3``), or search for it."""
    link = request.GET.get("link", "")
    hit = only_hit(request.principal, link)
    return HttpResponseRedirect(hit.url if hit else f"{reverse('web:search')}?{urlencode({'q': link})}")


def _where_to_begin(principal: Principal, projects: list[tuple[Project, list[str]]]) -> Project | None:
    """A project in which they may log runs: the default one if possible, where clients get that name none."""
    writable = principal.project_ids_with(Action.WRITE)
    mine = [project for project, _ in projects if project.pk in writable]
    return min(mine, key=lambda project: project.slug != DEFAULT_PROJECT, default=None)
