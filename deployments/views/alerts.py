"""Alerts: what runs although nobody let it run, who looks into it, and what was found."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.history import object_history
from accounts.roles import Action
from accounts.views.requests import PageRequest
from audit.exceptions import InvalidInput
from deployments import operations
from deployments.board import sightings_where
from deployments.forms import FindingForm
from deployments.models import Alert, Deployment
from deployments.queries import alert_views, alerts_page, find_alert, whole_deployments

_TABS = {"unresolved": "Not resolved", "resolved": "Resolved"}


@signed_in
def alerts(request: PageRequest) -> HttpResponse:
    """The alerts of all projects that somebody may see; the choice stands in the address."""
    shown = request.GET.get("show", "unresolved")
    shown = shown if shown in _TABS else "unresolved"
    trail = [("Deployments", reverse("deployments:board"))]
    context = {"page": _page(request, shown), "shown": shown, "tabs": _TABS.items(), "trail": trail}
    return TemplateResponse(request, "deployments/alerts.html", context | {"section": "deployments"})


def _page(request: PageRequest, shown: str) -> Any:
    try:
        return alerts_page(request.principal, state=shown, token=request.GET.get("page_token", ""))
    except InvalidInput as refusal:
        messages.error(request, str(refusal))
        return alerts_page(request.principal, state=shown)


@signed_in
def alert(request: PageRequest, pk: int) -> HttpResponse:
    """One alert: what was seen, what should run there, and what to do; resolved by saying what was found."""
    found = find_alert(request.principal, pk)
    form = FindingForm.of(request)
    if form.done(operations.resolve_alert, request.principal, found):
        messages.success(request, "Resolved.")
        return redirect("deployments:alert", pk)
    if request.method == "POST":
        authorize(request.principal, Action.DEPLOY, found)
    (shown,) = alert_views(request.principal, [found])
    context = {
        "alert": found,
        "shown": shown,
        "expected": _expected(request, found),
        "sightings": sightings_where(request.principal, environment=found.environment_id, target=found.target),
        "may_handle": request.principal.may(Action.DEPLOY, found),
        "form": form,
        "history": object_history(request.principal, found),
        "section": "deployments",
        "trail": [("Deployments", reverse("deployments:board")), ("Alerts", reverse("deployments:alerts"))],
    }
    return TemplateResponse(request, "deployments/alert.html", context)


def _expected(request: PageRequest, found: Alert) -> Deployment | None:
    """What should run there, if the reader may know."""
    if found.deployment_id is None:
        return None
    return whole_deployments().visible_to(request.principal).filter(pk=found.deployment_id).first()


@signed_in
@require_POST
def acknowledge(request: PageRequest, pk: int) -> HttpResponse:
    """Say that one looks into it."""
    operations.acknowledge_alert(request.principal, find_alert(request.principal, pk))
    messages.success(request, "You look into it.")
    return redirect("deployments:alert", pk)
