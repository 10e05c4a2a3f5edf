"""Saved views of an experiment's runs: saving, renaming, sharing and deleting them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import OperationForm
from accounts.roles import Action
from accounts.views.requests import PageRequest
from tracking import operations
from tracking.exceptions import NoSuchSavedView
from tracking.forms.runs import ViewForm, kept
from tracking.models import Experiment, SavedView
from tracking.queries import find_visible_experiment
from tracking.views.asked import Asked
from tracking.views.experiments import experiment_context


@signed_in
def save_view(request: PageRequest, pk: int) -> HttpResponse:
    """Keep the question in this address under a name."""
    experiment, asked = find_visible_experiment(request.principal, pk), Asked(request.GET)
    query = asked.encoded()
    may_share = request.principal.may(Action.WRITE, experiment)
    form = ViewForm.of(request, may_share=may_share)
    place = (request.principal, experiment.project, str(pk))
    if form.done(operations.save_view, *place, query=query):
        messages.success(request, f"The view “{form.result}” is kept. It stands above the table.")
        return redirect(f"{reverse('tracking:experiment', args=[pk])}?{query}")
    words = {
        "title": "Save this view",
        "intro": "It keeps filter, order, columns and grouping, and shows whatever runs fit when it is opened.",
        "button": "Save view",
    }
    context = experiment_context(experiment) | {"form": form} | words
    return TemplateResponse(request, "tracking/form.html", context | {"back": f"{context['back']}?{query}"})


@signed_in
def saved_views(request: PageRequest, pk: int) -> HttpResponse:
    """The views of an experiment that I may see, to rename, share and delete them."""
    experiment = find_visible_experiment(request.principal, pk)
    rows = SavedView.objects.visible_to(request.principal).filter(experiment=experiment)
    may_manage = request.principal.may(Action.MANAGE, experiment)
    views = [
        (view, may_manage or view.owner_id == request.principal.user_id)
        for view in rows.select_related("owner").order_by("name", "pk")
    ]
    return TemplateResponse(request, "tracking/saved_views.html", experiment_context(experiment) | {"views": views})


@signed_in
def change_view(request: PageRequest, pk: int, view: int) -> HttpResponse:
    """Give a view another name, or share it."""
    experiment = find_visible_experiment(request.principal, pk)
    found = _find(request, experiment, view)
    may_share = found.shared or request.principal.may(Action.WRITE, experiment)
    form = ViewForm.of(request, may_share=may_share, initial=kept(found))
    if form.done(operations.change_view, request.principal, found):
        messages.success(request, "Saved.")
        return redirect("tracking:saved-views", pk)
    _authorize(request, found)
    words = {"title": f"Change the view {found}", "intro": "", "button": "Save"}
    back = reverse("tracking:saved-views", args=[pk])
    context = experiment_context(experiment) | {"form": form, "back": back} | words
    return TemplateResponse(request, "tracking/form.html", context)


@signed_in
def delete_view(request: PageRequest, pk: int, view: int) -> HttpResponse:
    """Delete a view, after asking."""
    experiment = find_visible_experiment(request.principal, pk)
    found = _find(request, experiment, view)
    form = OperationForm.of(request)
    if form.done(operations.delete_view, request.principal, found):
        messages.success(request, f"The view “{found}” is deleted.")
        return redirect("tracking:saved-views", pk)
    _authorize(request, found)
    back = reverse("tracking:saved-views", args=[pk])
    context = experiment_context(experiment) | {"form": form, "view": found, "back": back}
    return TemplateResponse(request, "tracking/delete_view.html", context)


def _find(request: PageRequest, experiment: Experiment, number: int) -> SavedView:
    rows = SavedView.objects.visible_to(request.principal).select_related("experiment", "owner")
    view = rows.filter(experiment=experiment, pk=number).first()
    if view is None:
        raise NoSuchSavedView("There is no such view, or it is not shared with you.")
    return view


def _authorize(request: PageRequest, view: SavedView) -> None:
    if view.owner_id != request.principal.user_id:
        authorize(request.principal, Action.MANAGE, view)
