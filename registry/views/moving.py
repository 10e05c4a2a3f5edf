"""Moving a version to another stage: what will happen is said before it does."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest
from audit.exceptions import Refusal
from registry.forms import TransitionForm
from registry.models import ModelVersion
from registry.promotion import dialog, promote
from registry.rules import Stage, parse_stage, raises_trust
from registry.views.shared import version_context, version_url


@signed_in
def transition(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Move the version to the stage that ``?to=`` names; steps that raise trust have a page of their own."""
    context = version_context(request, project, name, number)
    version, stage = context["version"], _wanted(request)
    if stage is None or stage == version.stage:
        return redirect(version_url(version))
    ask = dialog()
    if ask is not None and raises_trust(Stage(version.stage), stage):
        return ask(request, context, stage)
    form = TransitionForm.of(request, stage=stage)
    if form.done(promote, request.principal, version, stage):
        messages.success(request, f"Version {number} is in {stage} now.")
        return redirect(version_url(version))
    if stage not in context["stages"]:
        authorize(request.principal, Action.RETIRE if stage == Stage.ARCHIVED else Action.REQUEST, version)
    context |= {
        "form": form,
        "stage": stage,
        "consequences": consequences_of(version, stage),
        "back": version_url(version),
    }
    return TemplateResponse(request, "registry/transition.html", context)


def consequences_of(version: ModelVersion, stage: Stage, incumbent: ModelVersion | None = None) -> list[str]:
    """What will happen, in sentences."""
    name, told = version.model.name, []
    if incumbent is not None:
        told.append(f"Version {incumbent.number}, in Production now, goes to Archived in the same moment.")
    if stage in (Stage.STAGING, Stage.PRODUCTION):
        alias = stage.lower()
        told.append(f"models:/{name}@{alias} and models:/{name}/{stage} load version {version.number} from then on.")
    if version.stage == Stage.PRODUCTION:
        told.append(f"No version of {name} is in Production any more: models:/{name}@production loads nothing.")
    elif version.stage == Stage.STAGING and stage != Stage.PRODUCTION:
        told.append(f"models:/{name}@staging goes to the version that entered Staging before, if there is one.")
    if version.stage == Stage.NONE and version.space_uid and version.frozen_at is None:
        told.append("Its files are frozen: nobody can change or delete them any more, and their digest is kept.")
    if stage in (Stage.STAGING, Stage.PRODUCTION):
        told.append("While it is there, it cannot be deleted, nor the run and the files it came from.")
    return [*told, "The step is kept in the audit log with your name and the reason."]


def _wanted(request: PageRequest) -> Stage | None:
    try:
        return parse_stage(request.GET.get("to", ""))
    except Refusal:
        return None
