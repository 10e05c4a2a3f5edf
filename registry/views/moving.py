"""Moving a version to another stage: what will happen is said before it does."""

from dataclasses import dataclass
from urllib.parse import urlsplit

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
from registry.promotion import forecast, promote
from registry.queries.cards import Card, card_of
from registry.queries.key_metrics import figures_of_runs, foremost, metric_keys
from registry.rules import Stage, parse_stage
from registry.views.shared import version_context, version_url

_METRICS = 6


@dataclass(frozen=True)
class Side:
    """One of the two versions that are put side by side."""

    version: ModelVersion
    card: Card


@dataclass(frozen=True)
class Figure:
    """A metric, as each side has it."""

    key: str
    values: list[float | None]


@signed_in
def transition(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Move the version to the stage that ``?to=`` names."""
    context = version_context(request, project, name, number)
    version, stage = context["version"], _wanted(request)
    if stage is None or stage == version.stage:
        return redirect(version_url(version))
    form = TransitionForm.of(request, stage=stage)
    if form.done(promote, request.principal, version, stage):
        messages.success(request, f"Version {number} is in {stage} now.")
        return redirect(version_url(version))
    if form.refusal is not None and "request_url" in form.refusal.details:
        messages.info(request, str(form.refusal).partition(" Request")[0])
        # Only its path: the browser may know this server by another name than scripts do.
        return redirect(urlsplit(form.refusal.details["request_url"]).path)
    if stage not in context["stages"]:
        authorize(request.principal, Action.RETIRE if stage == Stage.ARCHIVED else Action.REQUEST, version)
    incumbent = _incumbent(version) if stage == Stage.PRODUCTION else None
    shown = [incumbent, version] if incumbent is not None else [version]
    context |= {
        "form": form,
        "stage": stage,
        "incumbent": incumbent,
        "consequences": [*forecast(version, stage), *_consequences(version, stage, incumbent)],
        "sides": [Side(each, card_of(each)) for each in shown],
        "figures": _figures(request, shown),
        "raises": stage in (Stage.STAGING, Stage.PRODUCTION) and version.stage != Stage.PRODUCTION,
        "back": version_url(version),
    }
    return TemplateResponse(request, "registry/transition.html", context)


def _wanted(request: PageRequest) -> Stage | None:
    try:
        return parse_stage(request.GET.get("to", ""))
    except Refusal:
        return None


def _incumbent(version: ModelVersion) -> ModelVersion | None:
    """The version that is in Production now; one query."""
    versions = ModelVersion.objects.active().filter(model=version.model_id, stage=Stage.PRODUCTION)
    incumbent = versions.exclude(pk=version.pk).select_related("creator", "run").first()
    if incumbent is not None:
        incumbent.model = version.model
    return incumbent


def _consequences(version: ModelVersion, stage: Stage, incumbent: ModelVersion | None) -> list[str]:
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


def _figures(request: PageRequest, shown: list[ModelVersion]) -> list[Figure]:
    """The metrics that most readers want to see, of each version."""
    keys = foremost(metric_keys(request.principal, shown[0].model))[:_METRICS]
    values = figures_of_runs(request.principal, {each.run_id for each in shown if each.run_id}, keys)
    return [Figure(key, [values.get((each.run_id or 0, key)) for each in shown]) for key in keys]
