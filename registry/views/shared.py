"""What all pages of one model, and all pages of one version, have in common."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.principals import Principal
from accounts.roles import Action
from accounts.views.requests import PageRequest
from registry.forms import DayForm
from registry.models import ModelVersion, RegisteredModel
from registry.queries.pages import Rights, find_shown_model, find_shown_version, stages_open_to
from registry.queries.way_back import was_in_production
from registry.rules import Stage
from registry.sections import next_steps
from registry.stamps import stamps_of

Trail = list[tuple[str, str]]


def model_url(model: RegisteredModel, page: str = "model", **more: Any) -> str:
    """The address of a page of a model, whose project is loaded."""
    return reverse(f"registry:{page}", kwargs={"project": model.project.slug, "name": model.name, **more})


def version_url(version: ModelVersion, page: str = "version", **more: Any) -> str:
    """The address of a page of a version, whose model and project are loaded."""
    return model_url(version.model, page, number=version.number, **more)


def models_trail(model: RegisteredModel) -> Trail:
    """The way to a model's page."""
    models = reverse("registry:models")
    return [("Models", models), (model.project.slug, f"{models}?{urlencode({'project': model.project.slug})}")]


def model_context(request: PageRequest, project: str, name: str, tab: str = "") -> dict[str, Any]:
    """What every page of a model shows. Raises ModelNotFound."""
    model = find_shown_model(request.principal, project, name)
    trail = models_trail(model)
    return {
        "model": model,
        "rights": Rights(request.principal, model),
        "tab": tab,
        "section": "models",
        "trail": [*trail, (model.name, model_url(model))] if tab != "overview" else trail,
    }


def version_context(request: PageRequest, project: str, name: str, number: int, tab: str = "") -> dict[str, Any]:
    """What every page of a version shows. Raises VersionNotFound."""
    version = find_shown_version(request.principal, project, name, number)
    trail = [*models_trail(version.model), (version.model.name, model_url(version.model))]
    if tab != "overview":
        trail.append((f"Version {version.number}", version_url(version)))
    return {
        "version": version,
        "model": version.model,
        "rights": Rights(request.principal, version),
        "stages": stages_open_to(request.principal, version),
        "next_steps": next_steps(request.principal, version),
        "goes_back": _goes_back(request.principal, version),
        "stamps": stamps_of([version])[version.pk],
        "tab": tab,
        "section": "models",
        "trail": trail,
    }


def asked_day(request: PageRequest) -> tuple[DayForm, date | None]:
    """The day that ``?at=`` names, and the form that asks for one."""
    form = DayForm({"at": request.GET["at"]} if request.GET.get("at") else None)
    return form, form.cleaned_data["at"] if form.is_valid() else None


def _goes_back(actor: Principal, version: ModelVersion) -> bool:
    """Whether to offer that Production goes back to it; at most one query. The page that does it looks closer."""
    barred = not version.is_active or version.is_prompt or version.quarantined_at is not None
    never_moved = version.stage == Stage.NONE and version.stage_since == version.created_at
    if barred or never_moved or version.stage == Stage.PRODUCTION or not actor.may(Action.ROLL_BACK, version):
        return False
    return was_in_production(version)
