"""Projects: the list, and one project's overview, settings, teams and service accounts."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import ProjectForm, ProjectSettingsForm
from accounts.models import Team, User
from accounts.queries import find_project, holders_in, my_projects, roles_in
from accounts.roles import Action
from accounts.scopes import PLATFORM
from accounts.views.requests import PageRequest, client_lines, page_of


@signed_in
def project_list(request: PageRequest) -> HttpResponse:
    """The projects I may see."""
    context = {"projects": my_projects(request.principal), "section": "access", "part": "projects"}
    return TemplateResponse(request, "accounts/projects.html", context)


@signed_in
def new_project(request: PageRequest) -> HttpResponse:
    """Make a project (platform admins)."""
    form = ProjectForm.of(request)
    if form.done(operations.create_project, request.principal):
        messages.success(request, f"The project “{form.result}” is there. You are its first project admin.")
        return redirect("accounts:project", form.result.slug)
    authorize(request.principal, Action.ADMINISTER, PLATFORM)
    context = {
        "form": form,
        "title": "New project",
        "intro": "You become its first project admin and maintainer, by grants that can be seen and revoked.",
        "button": "Create project",
        "back": reverse("accounts:projects"),
        "trail": [("Projects", reverse("accounts:projects"))],
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def project(request: PageRequest, slug: str) -> HttpResponse:
    """One project: what it is, and my roles in it."""
    context = project_context(request, slug, "overview")
    context |= {"holders": holders_in(context["project"])} | client_lines(request, context["project"])
    return TemplateResponse(request, "accounts/project.html", context)


@signed_in
def project_settings(request: PageRequest, slug: str) -> HttpResponse:
    """Change name, description, whether viewers may download, and whether lineage passes through."""
    context = project_context(request, slug, "settings")
    found = context["project"]
    kept = {key: getattr(found, key) for key in ("name", "description", "viewers_may_download", "lineage_passes")}
    form = ProjectSettingsForm.of(request, initial=kept)
    if form.done(operations.update_project, request.principal, found):
        messages.success(request, "Saved.")
        return redirect("accounts:project", slug)
    authorize(request.principal, Action.MANAGE, found)
    return TemplateResponse(request, "accounts/project_settings.html", context | {"form": form})


@signed_in
def project_teams(request: PageRequest, slug: str) -> HttpResponse:
    """The teams that belong to the project."""
    context = project_context(request, slug, "teams")
    teams = Team.objects.active().filter(project=context["project"]).order_by("slug")
    context["page"] = page_of(request, teams.annotate(size=Count("memberships")))
    return TemplateResponse(request, "accounts/project_teams.html", context)


@signed_in
def project_service_accounts(request: PageRequest, slug: str) -> HttpResponse:
    """The accounts of machines that the project's admins keep."""
    context = project_context(request, slug, "service-accounts")
    usable = Q(tokens__revoked_at__isnull=True, tokens__expires_at__gt=timezone.now())
    accounts = User.objects.filter(project=context["project"]).annotate(usable_tokens=Count("tokens", filter=usable))
    context["page"] = page_of(request, accounts.order_by("username"))
    return TemplateResponse(request, "accounts/project_service_accounts.html", context)


def project_context(request: PageRequest, slug: str, tab: str) -> dict[str, Any]:
    """What every page of one project shows. Raises `NotFound` for those who may not see it."""
    found = find_project(request.principal, slug)
    return {
        "project": found,
        "tab": tab,
        "my_roles": roles_in(request.principal, found),
        "may_manage": request.principal.may(Action.MANAGE, found),
        "may_grant": request.principal.may(Action.GRANT, found),
        "may_audit": request.principal.may(Action.AUDIT, found),
        "trail": [("Projects", reverse("accounts:projects"))],
        "section": "access",
    }
