"""The page of a logged model: what it was made with, how good it is, which files it has and what came of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.history import object_history
from accounts.principals import Principal
from accounts.roles import Action
from accounts.views.requests import PageRequest
from tracking import operations
from tracking.edit_forms import ConfirmForm
from tracking.models import LoggedModel
from tracking.queries.logged_model_page import find_logged_model, logged_model_page, logged_model_top
from tracking.views.editing import trail_to

_EVENTS = 8


@signed_in
def show(request: PageRequest, uid: str) -> HttpResponse:
    """Everything about a logged model; ``?find=`` looks for a param or tag."""
    model = find_logged_model(request.principal, uid)
    context = {
        "page": logged_model_page(request.principal, model, find=request.GET.get("find", "").strip()[:250]),
        "tab": "overview",
        "load_line": f'mlflow.pyfunc.load_model("models:/{uid}")',
        "history": object_history(request.principal, model, limit=_EVENTS),
    }
    return TemplateResponse(
        request, "tracking/logged_model.html", logged_model_context(request.principal, model) | context
    )


@signed_in
def delete(request: PageRequest, uid: str) -> HttpResponse:
    """Delete a logged model, after saying what that means."""
    model = find_logged_model(request.principal, uid)
    authorize(request.principal, Action.TRASH, model)
    form = ConfirmForm.of(request)
    if form.done(operations.delete_logged_model, request.principal, model.experiment.project, uid):
        messages.success(request, f"The logged model {model.name} was deleted.")
        return HttpResponseRedirect(reverse("tracking:experiment", args=[model.experiment_id]))
    page = reverse("tracking:logged-model", args=[uid])
    context = {"form": form, "model": model, "back": page, "trail": trail_to(model, (model.name, page))}
    return TemplateResponse(request, "tracking/delete_logged_model.html", context | {"section": "experiments"})


def logged_model_context(principal: Principal, model: LoggedModel) -> dict[str, Any]:
    """What the top of each page of a logged model needs."""
    top = logged_model_top(model)
    made_by = [(top.maker.name, reverse("tracking:run", args=[top.maker.uid]))] if top.maker else []
    return {
        "model": model,
        "top": top,
        "section": "experiments",
        "trail": trail_to(model, *made_by),
        "may_write": principal.may(Action.WRITE, model),
        "may_trash": principal.may(Action.TRASH, model),
        "may_download": principal.may(Action.DOWNLOAD, model),
    }
