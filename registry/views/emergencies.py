"""When a version turns out to be bad: Production goes back, and the suspect is put away until somebody has looked."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest
from registry import operations
from registry.forms import QuarantineForm, ReleaseForm, RollBackForm
from registry.models import ModelVersion, Quarantine
from registry.queries.pages import in_use
from registry.queries.way_back import ways_back
from registry.views.shared import model_context, model_url, version_context, version_url


@signed_in
def roll_back(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Choose a version that was in Production before, and let Production go back to it."""
    context = model_context(request, project, name)
    model = context["model"]
    authorize(request.principal, Action.ROLL_BACK, model)
    wanted = _wanted(request)
    ways = ways_back(model, wanted=wanted)
    versions = {way.version.number: way.version for way in ways if not way.flaw}
    form = RollBackForm.of(request, numbers=list(versions), wanted=wanted)

    def go_back(*, number: int, reason: str) -> ModelVersion:
        return operations.roll_back(request.principal, versions[number], reason=reason)

    if form.done(go_back):
        messages.success(request, f"Version {form.result.number} is in Production again.")
        return redirect(model_url(model))
    context |= {"form": form, "ways": ways, "open": bool(versions), "incumbent": in_use(model).production}
    return TemplateResponse(request, "registry/roll_back.html", context | {"back": model_url(model)})


@signed_in
def quarantine(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Put a suspected version where nobody can load it."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = QuarantineForm.of(request)
    if form.done(operations.quarantine, request.principal, version):
        messages.success(request, f"Version {number} is quarantined.")
        return redirect(version_url(version))
    authorize(request.principal, Action.RETIRE, version)
    return _confirm(request, "registry/quarantine.html", context, form)


@signed_in
def release(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Let a version out of quarantine, saying what was found."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = ReleaseForm.of(request)
    if form.done(operations.release, request.principal, version):
        messages.success(request, f"Version {number} can be loaded again.")
        return redirect(version_url(version))
    authorize(request.principal, Action.DECIDE, version)
    context["held"] = Quarantine.objects.filter(version=version, until=None).select_related("actor").first()
    if context["held"] is None:
        return redirect(version_url(version))
    return _confirm(request, "registry/release.html", context, form)


def _wanted(request: PageRequest) -> int:
    """The number of the version that the address asks for; 0 for none."""
    number = request.GET.get("to", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


def _confirm(request: PageRequest, template: str, context: dict[str, Any], form: Any) -> HttpResponse:
    return TemplateResponse(request, template, context | {"form": form, "back": version_url(context["version"])})
