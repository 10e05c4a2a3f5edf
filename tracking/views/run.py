"""The page of a run: what it was given, what it measured, read and made; and what is done with it as a whole."""

import json
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
from tracking.edit_forms import ConfirmForm, RenameForm
from tracking.models import Lifecycle, Run
from tracking.queries.run_page import find_run, metrics_of, run_page, run_top
from tracking.views.editing import trail_to

_EVENTS = 8


@signed_in
def show(request: PageRequest, uid: str) -> HttpResponse:
    """Everything about a run; ``?find=`` looks for a metric, param or tag."""
    run = find_run(request.principal, uid)
    page = run_page(request.principal, run, find=request.GET.get("find", "").strip()[:250])
    context = {
        "page": page,
        "curve_keys": json.dumps(page.curve_keys),
        "tab": "overview",
        "history": object_history(request.principal, run, limit=_EVENTS),
    }
    if page.parent:
        parent = (page.parent.name, reverse("tracking:run", args=[page.parent.uid]))
        context["trail"] = trail_to(run, parent)
    return TemplateResponse(request, "tracking/run.html", run_context(request.principal, run) | context)


@signed_in
def live(request: PageRequest, uid: str) -> HttpResponse:
    """The part of the page that changes while a run is at work."""
    run = find_run(request.principal, uid)
    page = run_page(request.principal, run, find=request.GET.get("find", "").strip()[:250])
    context = {"page": page, "is_update": True}
    return TemplateResponse(request, "tracking/_run_live.html", run_context(request.principal, run) | context)


@signed_in
def curves(request: PageRequest, uid: str) -> HttpResponse:
    """All metrics as pictures, or those that ``?find=`` or ``?key=`` name."""
    run = find_run(request.principal, uid)
    find, keys = request.GET.get("find", "").strip()[:250], request.GET.getlist("key")
    lines = metrics_of(run, find=find, keys=keys)
    context = {
        "metrics": lines,
        "keys_json": json.dumps([line.key for line in lines.lines]),
        "page": {"find": find},
        "chosen": keys,
        "tab": "curves",
    }
    return TemplateResponse(request, "tracking/run_curves.html", run_context(request.principal, run) | context)


@signed_in
def rename(request: PageRequest, uid: str) -> HttpResponse:
    """Give a run another name."""
    run = find_run(request.principal, uid)
    authorize(request.principal, Action.WRITE, run)
    form = RenameForm.of(request, initial={"name": run.name})
    if form.done(operations.update_run, request.principal, run.experiment.project, uid):
        messages.success(request, "The run has its new name.")
        return _to(run)
    context = {"form": form, "title": f"Rename {run.name}", "button": "Rename"}
    return TemplateResponse(request, "tracking/form.html", context | _about(run))


@signed_in
def delete(request: PageRequest, uid: str) -> HttpResponse:
    """Delete a run, after saying what that means."""
    run = find_run(request.principal, uid)
    authorize(request.principal, Action.TRASH, run)
    form = ConfirmForm.of(request)
    if form.done(operations.delete_run, request.principal, run.experiment.project, uid):
        messages.success(request, f"The run {run.name} was deleted. It can be restored.")
        return _to(run)
    context = {"form": form, "top": run_top(run)}
    return TemplateResponse(request, "tracking/delete_run.html", context | _about(run))


@signed_in
def restore(request: PageRequest, uid: str) -> HttpResponse:
    """Restore a run."""
    run = find_run(request.principal, uid)
    authorize(request.principal, Action.TRASH, run)
    form = ConfirmForm.of(request)
    if form.done(operations.restore_run, request.principal, run.experiment.project, uid):
        messages.success(request, f"The run {run.name} is back.")
        return _to(run)
    return TemplateResponse(request, "tracking/restore_run.html", {"form": form} | _about(run))


def run_context(principal: Principal, run: Run) -> dict[str, Any]:
    """What the top of each page of a run needs."""
    return {
        "run": run,
        "top": run_top(run),
        "section": "experiments",
        "trail": trail_to(run),
        "is_deleted": not run.is_active,
        "experiment_deleted": run.experiment.lifecycle_stage != Lifecycle.ACTIVE,
        "may_write": run.is_active and principal.may(Action.WRITE, run),
        "may_trash": principal.may(Action.TRASH, run),
        "may_download": principal.may(Action.DOWNLOAD, run),
    }


def _to(run: Run) -> HttpResponse:
    return HttpResponseRedirect(reverse("tracking:run", args=[run.uid]))


def _about(run: Run) -> dict[str, Any]:
    page = reverse("tracking:run", args=[run.uid])
    return {"run": run, "back": page, "section": "experiments", "trail": trail_to(run, (run.name, page))}
