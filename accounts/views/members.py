"""Who holds which role in a project; giving and taking roles."""

from typing import cast

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import ProjectGrantForm, ReasonForm
from accounts.models import RoleBinding, Team
from accounts.queries import held_roles
from accounts.roles import ROLE_LABELS, Action, Role
from accounts.scopes import PLATFORM
from accounts.views.projects import project_context
from accounts.views.requests import PageRequest, page_of, suggested_names

#: What to know before giving a role.
GRANT_INTRO = "It counts from their next request on. You cannot give roles to yourself or to your own team."


@signed_in
def members(request: PageRequest, slug: str) -> HttpResponse:
    """Who holds which role here, granted by whom and until when."""
    context = project_context(request, slug, "members")
    page = page_of(request, RoleBinding.objects.active().filter(project=context["project"]).order_by("role", "pk"))
    context |= {
        "page": page,
        "roles": held_roles(cast("QuerySet[RoleBinding]", page.object_list)),
        "me": request.principal.user,
    }
    return TemplateResponse(request, "accounts/members.html", context)


@signed_in
def grant(request: PageRequest, slug: str) -> HttpResponse:
    """Give a person or a team a role on the project."""
    context = project_context(request, slug, "members")
    project = context["project"]
    teams = Team.objects.active().filter(Q(project=project) | Q(project__isnull=True))
    form = ProjectGrantForm.of(
        request, principal=request.principal, teams=teams, initial={"user": request.GET.get("user", "")}
    )
    if form.done(operations.grant_role, request.principal, scope=project):
        binding = form.result
        messages.success(request, f"{binding.holder} is {ROLE_LABELS[Role(binding.role)]} of {project} now.")
        return redirect("accounts:members", slug)
    authorize(request.principal, Action.GRANT, project)
    context = {
        "form": form,
        "names": suggested_names(request.principal),
        "title": f"Give a role in {project}",
        "intro": GRANT_INTRO,
        "button": "Give role",
        "back": reverse("accounts:members", args=[slug]),
        "trail": [*context["trail"], (project.name, reverse("accounts:project", args=[slug]))],
        "section": "access",
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def revoke(request: PageRequest, pk: int) -> HttpResponse:
    """Take a role away, after saying what that means."""
    visible = RoleBinding.objects.visible_to(request.principal).active().filter(pk=pk)
    binding = get_object_or_404(visible.select_related("user", "team", "project"))
    is_mine = binding.user_id == request.principal.user.pk
    back = _back(binding, is_mine=is_mine)
    form = ReasonForm.of(request)
    if form.done(operations.revoke_role, request.principal, binding):
        messages.success(request, f"{binding.holder} is no longer {ROLE_LABELS[Role(binding.role)]}.")
        return redirect(back)
    if not is_mine:
        _authorize_to_end(request, binding)
    section = "profile" if is_mine else "access"
    context = {"form": form, "held": held_roles(visible)[0], "back": back, "is_mine": is_mine, "section": section}
    return TemplateResponse(request, "accounts/revoke_role.html", context)


def _authorize_to_end(request: PageRequest, binding: RoleBinding) -> None:
    if binding.scope_type == "global":
        authorize(request.principal, Action.ADMINISTER, PLATFORM)
    else:
        authorize(request.principal, Action.GRANT, binding)


def _back(binding: RoleBinding, *, is_mine: bool) -> str:
    """Where somebody came from who ends this role."""
    if is_mine:
        return reverse("accounts:profile")
    if binding.scope_type in ("model", "experiment"):
        return reverse("accounts:object-access", args=[binding.scope_type, binding.scope_id])
    if binding.project is not None:
        return reverse("accounts:members", args=[binding.project.slug])
    if binding.user is not None:
        return reverse("accounts:person", args=[binding.user.uid])
    return reverse("accounts:teams")
