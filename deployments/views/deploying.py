"""Deploying a version: what the server checks is shown for every environment before anybody asks."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest
from deployments import operations
from deployments.board import places_for
from deployments.commands import deploy_lines
from deployments.forms import DeployForm
from deployments.models import Deployment, Environment
from deployments.rules import default_target
from registry.models import ModelVersion
from registry.views.shared import version_context, version_url


@signed_in
def deploy(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Ask that the version may run in an environment."""
    context = version_context(request, project, name, number)
    version = context["version"]
    places = places_for(request.principal, version)
    if not places:
        authorize(request.principal, Action.DEPLOY, version)
    environments = {place.environment.pk: place.environment for place in places if not place.flaw}
    initial = {"target": usual_target(version, environments.values())}
    form = DeployForm.of(request, environments=environments.values(), initial=initial)

    def ask(*, environment: int, **given: str) -> Deployment:
        return operations.request_deployment(request.principal, version, environments[environment], **given)

    if form.done(ask):
        messages.success(request, "Permitted: roll it out while the permit holds, and report it.")
        return redirect("deployments:deployment", form.result.pk)
    context |= {
        "form": form,
        "places": places,
        "open_places": bool(environments),
        "may_make": bool(request.principal.project_ids_with(Action.MANAGE)),
        "deploy_code": deploy_lines(request, version=version, environment=next(iter(environments.values()), None)),
        "back": version_url(version),
    }
    return TemplateResponse(request, "deployments/deploy.html", context)


def usual_target(version: ModelVersion, environments: Iterable[Environment]) -> str:
    """The one named like the model; empty where others see the environment who may not know that name."""
    elsewhere = any(environment.project_id != version.project_id for environment in environments)
    return "" if elsewhere or not version.model.inherit_access else default_target(version.model.name)
