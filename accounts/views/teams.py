"""Teams: the list, one team, and who is in it."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import MemberForm, PageForm, ReasonForm, TeamForm
from accounts.history import object_history
from accounts.models import Project, RoleBinding, Team, TeamMembership, User
from accounts.principals import Principal
from accounts.queries import find_project, find_team, held_roles
from accounts.roles import Action
from accounts.scopes import PLATFORM
from accounts.views.requests import PageRequest, page_of, suggested_names


@signed_in
def team_list(request: PageRequest) -> HttpResponse:
    """The teams I may see: mine, those of my projects and of the server."""
    mine = Team.objects.active().visible_to(request.principal)
    rows = Team.objects.filter(pk__in=mine.values("pk")).select_related("project").order_by("slug")
    context = {
        "page": page_of(request, rows.annotate(size=Count("memberships"))),
        "section": "access",
        "part": "teams",
        "may_add": request.principal.may_administer,
    }
    return TemplateResponse(request, "accounts/teams.html", context)


@signed_in
def new_team(request: PageRequest, slug: str | None = None) -> HttpResponse:
    """Make a team of a project, or of the server."""
    project = find_project(request.principal, slug) if slug else None
    form = TeamForm.of(request)
    if form.done(operations.create_team, request.principal, project=project):
        messages.success(request, f"The team “{form.result}” is there. Put people into it.")
        return redirect("accounts:team", form.result.pk)
    _authorize(request.principal, project)
    context = {
        "form": form,
        "title": f"New team of {project}" if project else "New team of the server",
        "intro": "Everybody in a team holds the roles that the team was given.",
        "button": "Create team",
        "back": reverse("accounts:project-teams", args=[slug]) if slug else reverse("accounts:teams"),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def team(request: PageRequest, pk: int) -> HttpResponse:
    """One team: who is in it, and what it may do."""
    found = find_team(request.principal, pk)
    members = TeamMembership.objects.filter(group_id=found.pk).select_related("user").order_by("user__username")
    roles = held_roles(RoleBinding.objects.active().filter(team=found))
    context = {
        "team": found,
        "page": page_of(request, members),
        "roles": roles,
        "may_keep": _may_keep(request.principal, found.project),
        "me": request.principal.user,
        "history": object_history(request.principal, found, *(held.binding for held in roles), limit=10),
        "history_of": f"team/{found.pk}",
        "trail": _trail(found),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/team.html", context)


@signed_in
def edit_team(request: PageRequest, pk: int) -> HttpResponse:
    """Rename or describe a team."""
    found = find_team(request.principal, pk)
    form = TeamForm.of(request, initial={"slug": found.slug, "description": found.description})
    if form.done(operations.update_team, request.principal, found):
        messages.success(request, "Saved.")
        return redirect("accounts:team", pk)
    _authorize(request.principal, found.project)
    back = reverse("accounts:team", args=[pk])
    context = {"form": form, "title": f"Edit team {found}", "button": "Save", "back": back, "section": "access"}
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def add_member(request: PageRequest, pk: int) -> HttpResponse:
    """Put somebody into a team."""
    found = find_team(request.principal, pk)
    form = MemberForm.of(request, principal=request.principal)
    if form.done(operations.add_member, request.principal, found):
        messages.success(request, f"{form.cleaned_data['user']} is in the team {found} now.")
        return redirect("accounts:team", pk)
    _authorize(request.principal, found.project)
    context = {
        "form": form,
        "title": f"Put somebody into team {found}",
        "intro": "They hold the team's roles from their next request on.",
        "button": "Add",
        "back": reverse("accounts:team", args=[pk]),
        "names": suggested_names(request.principal),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def remove_member(request: PageRequest, pk: int, uid: str) -> HttpResponse:
    """Take somebody out of a team, after saying what that means."""
    found = find_team(request.principal, pk)
    user = get_object_or_404(User, uid=uid, memberships__group_id=found.pk)
    is_me = user == request.principal.user
    if request.method == "POST":
        operations.remove_member(request.principal, found, user)
        messages.success(request, f"{user} is no longer in the team {found}.")
        return redirect("accounts:teams") if is_me else redirect("accounts:team", pk)
    if not is_me:
        _authorize(request.principal, found.project)
    roles = held_roles(RoleBinding.objects.active().filter(team=found))
    context = {"team": found, "person": user, "roles": roles, "is_me": is_me}
    context |= {"form": PageForm(), "back": reverse("accounts:team", args=[pk]), "section": "access"}
    return TemplateResponse(request, "accounts/remove_member.html", context)


@signed_in
def dissolve_team(request: PageRequest, pk: int) -> HttpResponse:
    """End a team, after saying what that means."""
    found = find_team(request.principal, pk)
    form = ReasonForm.of(request)
    if form.done(operations.delete_team, request.principal, found):
        messages.success(request, f"The team {found} is dissolved.")
        return redirect("accounts:teams")
    _authorize(request.principal, found.project)
    context = {
        "form": form,
        "team": found,
        "size": TeamMembership.objects.filter(group_id=pk).count(),
        "roles": held_roles(RoleBinding.objects.active().filter(team=found)),
        "back": reverse("accounts:team", args=[pk]),
        "section": "access",
    }
    return TemplateResponse(request, "accounts/dissolve_team.html", context)


def _trail(team: Team) -> list[tuple[str, str]]:
    if team.project is None:
        return [("Teams", reverse("accounts:teams"))]
    slug = team.project.slug
    projects, teams = reverse("accounts:projects"), reverse("accounts:project-teams", args=[slug])
    return [("Projects", projects), (slug, reverse("accounts:project", args=[slug])), ("Teams", teams)]


def _authorize(principal: Principal, project: Project | None) -> None:
    if project is None:
        authorize(principal, Action.ADMINISTER, PLATFORM)
    else:
        authorize(principal, Action.GRANT, project)


def _may_keep(principal: Principal, project: Project | None) -> bool:
    return principal.may_administer if project is None else principal.may(Action.GRANT, project)
