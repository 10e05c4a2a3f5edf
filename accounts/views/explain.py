"""“Who may what here, and why?”"""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.forms import ExplainForm
from accounts.labels import ACTION_LABELS
from accounts.models import Project, RoleBinding
from accounts.queries import explain_access, find_user, held_roles, who_may
from accounts.views.requests import PageRequest, suggested_names
from audit.exceptions import NotFound, PermissionDenied


@signed_in
def explain(request: PageRequest) -> HttpResponse:
    """Answer for one person, or list everybody who may; the question stands in the address."""
    projects = Project.objects.visible_to(request.principal)
    form = ExplainForm(request.GET if "action" in request.GET else None, projects=projects)
    context: dict[str, Any] = {"form": form, "names": suggested_names(request.principal), "section": "explain"}
    if form.is_valid():
        context |= _answer(request, form)
    return TemplateResponse(request, "accounts/explain.html", context)


def _answer(request: PageRequest, form: ExplainForm) -> dict[str, Any]:
    project, action = form.cleaned_data["project"], form.cleaned_data["action"]
    asked = {"project": project, "action": ACTION_LABELS[action]}
    if not form.cleaned_data["principal"]:
        return asked | {"holders": who_may(action, project)}
    try:
        who = find_user(request.principal, form.cleaned_data["principal"])
        answer = explain_access(request.principal, who, action, project)
    except (NotFound, PermissionDenied) as refusal:
        form.add_error("principal", str(refusal))
        return {}
    roles = held_roles(RoleBinding.objects.filter(pk__in=[binding.pk for binding in answer.bindings]))
    return asked | {"answer": answer, "roles": roles}
