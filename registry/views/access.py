"""Who may do what with one model: roles held on it alone, and whether those of its project count."""

from typing import cast

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts import operations
from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.models import RoleBinding, Team
from accounts.queries import held_roles
from accounts.roles import ROLE_LABELS, Action, Role
from accounts.views.requests import PageRequest, page_of, suggested_names
from registry.forms import ModelGrantForm
from registry.views.shared import model_context, model_url


@signed_in
def access(request: PageRequest, project: str, name: str) -> HttpResponse:
    """The roles held on this model alone."""
    context = model_context(request, project, name, "access")
    bindings = RoleBinding.objects.active().filter(scope_type="model", scope_id=context["model"].pk)
    page = page_of(request, bindings.order_by("role", "pk"))
    context |= {
        "page": page,
        "roles": held_roles(cast("QuerySet[RoleBinding]", page.object_list)),
        "me": request.principal.user,
    }
    return TemplateResponse(request, "registry/access.html", context)


@signed_in
def grant(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Give a person or a team a role on this model alone."""
    context = model_context(request, project, name)
    model = context["model"]
    back = model_url(model, "model-access")
    teams = Team.objects.active().filter(Q(project=model.project_id) | Q(project__isnull=True))
    form = ModelGrantForm.of(request, principal=request.principal, teams=teams)
    if form.done(operations.grant_role, request.principal, scope=model):
        binding = form.result
        messages.success(request, f"{binding.holder} is {ROLE_LABELS[Role(binding.role)]} of {model} now.")
        return redirect(back)
    authorize(request.principal, Action.GRANT, model)
    context |= {"form": form, "names": suggested_names(request.principal), "back": back}
    return TemplateResponse(request, "registry/grant.html", context)
