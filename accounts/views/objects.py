"""Roles on a single object, such as a model or an experiment; other apps say which of theirs can carry roles."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import ObjectGrantForm, PageForm
from accounts.grants import GrantTables, grant_tables
from accounts.models import Project, RoleBinding, Team
from accounts.queries import find_scope, held_roles
from accounts.roles import ROLE_LABELS, Action, Role
from accounts.scopes import ScopeType
from accounts.views.members import GRANT_INTRO
from accounts.views.requests import PageRequest, page_of, suggested_names
from audit.exceptions import NotFound

_SHOWN_ABOVE = 20


@signed_in
def object_access(request: PageRequest, scope: str, pk: int) -> HttpResponse:
    """Who has a role on the object, and who has one through its project."""
    context = _context(request, scope, pk)
    visible = RoleBinding.objects.active().visible_to(request.principal).order_by("role", "pk")
    page = page_of(request, visible.filter(scope_type=scope, scope_id=pk))
    above = visible.filter(scope_type="project", scope_id=context["project"].pk)
    context |= {
        "page": page,
        "roles": held_roles(cast("QuerySet[RoleBinding]", page.object_list)),
        "above": held_roles(above[:_SHOWN_ABOVE]),
    }
    return TemplateResponse(request, "accounts/object_access.html", context)


@signed_in
def grant_on_object(request: PageRequest, scope: str, pk: int) -> HttpResponse:
    """Give a person or a team a role on the object alone."""
    context = _context(request, scope, pk)
    obj, project = context["object"], context["project"]
    teams = Team.objects.active().filter(Q(project=project) | Q(project__isnull=True))
    form = ObjectGrantForm.of(request, principal=request.principal, teams=teams)
    if form.done(operations.grant_role, request.principal, scope=obj):
        binding = form.result
        messages.success(request, f"{binding.holder} is {ROLE_LABELS[Role(binding.role)]} of {obj} now.")
        return redirect("accounts:object-access", scope, pk)
    authorize(request.principal, Action.GRANT, obj)
    here = reverse("accounts:object-access", args=[scope, pk])
    context |= {
        "form": form,
        "names": suggested_names(request.principal),
        "title": f"Give a role on {context['kind']} {obj}",
        "intro": GRANT_INTRO,
        "button": "Give role",
        "back": here,
        "trail": [*context["trail"], ("Access", here)],
    }
    return TemplateResponse(request, "accounts/form.html", context)


@signed_in
def switch_inheritance(request: PageRequest, scope: str, pk: int) -> HttpResponse:
    """Let the roles of the project count on the object or not, after saying what that means."""
    context = _context(request, scope, pk)
    set_inheritance = _tables(scope).set_inheritance
    if set_inheritance is None:
        raise NotFound(f"The roles of the project always count on a {context['kind']}.")
    back = reverse("accounts:object-access", args=[scope, pk])
    if request.method == "POST":
        set_inheritance(request.principal, context["object"], inherits=not context["inherits"])
        messages.success(request, "Saved. It counts from the next request on.")
        return redirect(back)
    authorize(request.principal, Action.GRANT, context["object"])
    return TemplateResponse(request, "accounts/object_inheritance.html", context | {"form": PageForm(), "back": back})


def _context(request: PageRequest, scope: str, pk: int) -> dict[str, Any]:
    """What every page about access to one object shows. Raises `NotFound` for those who may not see it."""
    tables = _tables(scope)
    obj = find_scope(request.principal, f"{scope}/{pk}")
    obj.project = project = Project.objects.get(pk=obj.access_path().project_id)
    may_grant = request.principal.may(Action.GRANT, obj)
    return {
        "object": obj,
        "kind": scope,
        "scope": scope,
        "project": project,
        "inherits": obj.access_path().inherits,
        "may_grant": may_grant,
        "may_switch": may_grant and tables.set_inheritance is not None,
        "trail": [(f"{scope} {obj}", tables.page(obj))] if tables.page else [],
        "section": f"{scope}s",
    }


def _tables(scope: str) -> GrantTables:
    tables = grant_tables().get(cast("ScopeType", scope))
    if tables is None or scope == "project":
        raise NotFound(f"Roles cannot be held on a single {scope}.")
    return tables
