"""The list of models across all projects that somebody may see."""

from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.models import Project
from accounts.roles import Action
from accounts.views.requests import PageRequest, server_address
from audit.exceptions import InvalidInput
from registry.forms import ModelListForm
from registry.queries.lists import ListedModel, list_models, owners_of_models
from tracking.search import Page

_FIRST = "-updated"


@signed_in
def model_list(request: PageRequest) -> HttpResponse:
    """Models and prompts, searched, narrowed and sorted by what stands in the address."""
    principal = request.principal
    form = ModelListForm(
        request.GET,
        projects=Project.objects.visible_to(principal).order_by("slug"),
        owners=owners_of_models(principal),
    )
    context = {
        "form": form,
        "page": _page(request, form),
        "first": _FIRST,
        "narrowed": form.is_valid() and form.is_narrowed,
        "in_trash": form.is_valid() and form.cleaned_data["lifecycle"] == "trashed",
        "may_register": bool(principal.project_ids_with(Action.WRITE)),
        "address": server_address(request),
        "section": "models",
    }
    return TemplateResponse(request, "registry/models.html", context)


def _page(request: PageRequest, form: ModelListForm) -> Page[ListedModel]:
    if not form.is_valid():
        return Page([])
    sort, token = request.GET.get("sort") or _FIRST, request.GET.get("page_token", "")
    try:
        return list_models(request.principal, form.wanted(), sort=sort, token=token)
    except InvalidInput as refusal:
        form.add_error(None, str(refusal))
        return Page([])
