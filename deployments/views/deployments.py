"""The page of a deployment, its permit, and what people do with it by hand."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.history import object_history
from accounts.roles import Action
from accounts.views.requests import PageRequest
from deployments import operations
from deployments.board import alerts_of, sightings_where, states_to_report
from deployments.commands import verify_line
from deployments.forms import BackForm, StateForm
from deployments.models import Deployment, DeploymentState
from deployments.pre_flight import pre_flight
from deployments.queries import find_deployment, newest_permit, show_deployment
from registry.models import now
from registry.recalled import stamps_of_versions


@signed_in
def show(request: PageRequest, pk: int) -> HttpResponse:
    """What was let run where, by whom and why, how it went, its permit, what agents saw, and what can be done."""
    reader = request.principal
    shown = show_deployment(reader, pk)
    row = shown.row
    permit = shown.permit
    context = {
        "shown": shown,
        "row": row,
        "recalled": stamps_of_versions([row.version.pk]).get(row.version.pk, []),
        "alerts": alerts_of(reader, row),
        "sightings": sightings_where(reader, deployment=pk),
        "permit": permit,
        "permit_holds": permit is not None and permit.expires_at > now(),
        "verify_code": verify_line(request, row),
        "next_states": states_to_report(row),
        "may_report": reader.may(Action.DEPLOY, row),
        "may_roll_back": row.state == DeploymentState.ACTIVE and reader.may(Action.ROLL_BACK, row),
        "history": object_history(reader, row),
        "section": "deployments",
        "trail": [("Deployments", reverse("deployments:board")), _environment_of(row)],
    }
    return TemplateResponse(request, "deployments/deployment.html", context)


@signed_in
def permit(request: PageRequest, pk: int) -> HttpResponse:
    """The newest permit as a file. It says where something may run; showing it elsewhere opens nothing."""
    found = find_deployment(request.principal, pk)
    response = HttpResponse(newest_permit(found).envelope, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="permit-{pk}.json"'
    return response


@signed_in
def renew_permit(request: PageRequest, pk: int) -> HttpResponse:
    """Issue a new permit, when the last one has expired."""
    found = find_deployment(request.principal, pk)
    if request.method == "POST":
        operations.issue_permit(request.principal, found)
        messages.success(request, "There is a new permit.")
    return redirect("deployments:deployment", pk)


@signed_in
def report(request: PageRequest, pk: int) -> HttpResponse:
    """Report by hand what became of it."""
    found = find_deployment(request.principal, pk)
    states = states_to_report(found)
    form = StateForm.of(request, states=states)
    if form.done(operations.report_state, request.principal, found):
        messages.success(request, f"It is {form.result.get_state_display().lower()} now.")
        return redirect("deployments:deployment", pk)
    authorize(request.principal, Action.DEPLOY, found)
    if not states:
        return redirect("deployments:deployment", pk)
    return TemplateResponse(request, "deployments/report.html", _about(found) | {"form": form, "next_states": states})


@signed_in
def roll_back(request: PageRequest, pk: int) -> HttpResponse:
    """Let the target go back to what ran there before, after looking at what stands against it."""
    shown = show_deployment(request.principal, pk)
    found = shown.row
    form = BackForm.of(request)
    if form.done(operations.roll_back, request.principal, found):
        messages.success(request, "Permitted. Roll it out, and report it as active.")
        return redirect("deployments:deployment", form.result.pk)
    authorize(request.principal, Action.ROLL_BACK, found)
    context = _about(found) | {"form": form, "shown": shown, "pre_flight": pre_flight(request.principal, found)}
    return TemplateResponse(request, "deployments/roll_back.html", context)


def _about(row: Deployment) -> dict[str, Any]:
    """What its smaller pages share."""
    page = reverse("deployments:deployment", args=[row.pk])
    return {
        "row": row,
        "back": page,
        "section": "deployments",
        "trail": [("Deployments", reverse("deployments:board")), _environment_of(row), (f"Deployment {row.pk}", page)],
    }


def _environment_of(row: Deployment) -> tuple[str, str]:
    return row.environment.name, reverse("deployments:environment", args=[row.environment_id])
