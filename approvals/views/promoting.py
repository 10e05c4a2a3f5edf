"""The page on which somebody asks that a version may enter a stage."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest
from approvals.dialog import Dialog, incumbent_beside, read_dialog, read_trial
from approvals.forms import PromotionForm
from approvals.operations.trials import begin_trial
from approvals.recalled import with_recalls
from approvals.standing import standing_of
from audit.exceptions import Refusal
from registry.models import ModelVersion
from registry.promotion import promote
from registry.queries.pages import find_shown_version
from registry.rules import Stage, parse_stage
from registry.views.moving import consequences_of
from registry.views.shared import version_url


def dialog(request: PageRequest, context: dict[str, Any], stage: Stage) -> HttpResponse:
    """Candidate and incumbent, what the gates say, what is missing and who can approve; then the reason."""
    version = context["version"]
    form = PromotionForm.of(request, stage=stage)
    if form.done(promote, request.principal, version, stage):
        messages.success(request, f"Version {version.number} is in {stage} now.")
        return redirect(version_url(version))
    if form.refusal is not None and "request_url" in form.refusal.details:
        messages.info(request, str(form.refusal).partition(" Request")[0])
        # Only its path: the browser may know this server by another name than scripts do.
        return redirect(urlsplit(form.refusal.details["request_url"]).path)
    if stage not in context["stages"]:
        authorize(request.principal, Action.REQUEST, version)
    shown = read_dialog(request.principal, version, stage)
    context |= {
        "form": form,
        "stage": stage,
        "dialog": shown,
        "trial": shown.trial,
        "gates_url": _gates_url(version, stage),
        "takes": _takes(shown),
        "consequences": consequences_of(version, stage, shown.incumbent),
        "back": version_url(version),
    }
    return TemplateResponse(request, "approvals/promote.html", context)


@signed_in
def try_gates(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """What the gates would say: a POST lets a worker try them, a GET shows how far it has come."""
    version = find_shown_version(request.principal, project, name, number)
    stage = _stage(request)
    authorize(request.principal, Action.REQUEST, version)
    if request.method == "POST":
        begin_trial(request.principal, version, stage)
        if "HX-Request" not in request.headers:
            return redirect(f"{version_url(version, 'transition')}?{urlencode({'to': stage})}#gates-title")
    incumbent = incumbent_beside(version, stage)
    standing = standing_of(version.model)
    requirement = with_recalls(standing.requirement(stage), version)
    trial = read_trial(request.principal, version, stage, standing, requirement, incumbent)
    context = {"trial": trial, "gates_url": _gates_url(version, stage)}
    return TemplateResponse(request, "approvals/_trial.html", context)


def _stage(request: PageRequest) -> Stage:
    try:
        stage = parse_stage(request.GET.get("to", ""))
    except Refusal:
        return Stage.PRODUCTION
    return stage if stage in (Stage.STAGING, Stage.PRODUCTION) else Stage.PRODUCTION


def _gates_url(version: ModelVersion, stage: Stage) -> str:
    here = [version.model.project.slug, version.model.name, version.number]
    return f"{reverse('approvals:try-gates', args=here)}?{urlencode({'to': stage})}"


def _takes(shown: Dialog) -> str:
    """What the policy asks before the step, in a sentence."""
    name, requirement = shown.standing.name, shown.requirement
    if requirement.is_free:
        return f"The policy {name} asks for nobody's approval: the step is stamped unreviewed."
    people = f"{requirement.approvals} {'person' if requirement.approvals == 1 else 'people'} other than you"
    count = len(requirement.gates)
    parts = [f"{count} gate{'s' if count > 1 else ''} to pass"] if requirement.gates else []
    parts += [f"{people} to approve"] if requirement.approvals else []
    return f"The policy {name} asks for {' and '.join(parts)}: this opens a request, and does not move it yet."
