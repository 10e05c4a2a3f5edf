"""One model: overview, versions, history, and what is changed about it as a whole."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest, server_address, suggested_names
from audit.exceptions import InvalidInput
from registry import operations
from registry.blockers import blockers_of
from registry.forms import (
    DescriptionForm,
    HandOverForm,
    ReasonForm,
    RenameForm,
    VersionListForm,
)
from registry.loading_code import Loadable, client_setup, snippets
from registry.models import ModelVersion, RegisteredModel, now
from registry.queries.cards import card_of
from registry.queries.happenings import model_events
from registry.queries.key_metrics import MOST_KEYS, common_keys, figures_of_runs, metric_keys
from registry.queries.lists import ListedVersion, list_versions
from registry.queries.occupancy import OnDay, in_production_on, recent_stays
from registry.queries.pages import InUse, find_trashed_model, in_use, open_aliases, prompt_text, tags_people_set
from registry.sections import sections_of_model
from registry.stage_pictures import draw_stages
from registry.stamps import stamps_of
from registry.views.shared import asked_day, model_context, model_url, models_trail
from tracking.search import Page


@signed_in
def overview(request: PageRequest, project: str, name: str) -> HttpResponse:
    """What the model is, what is in use of it and was when, and how its versions compare."""
    context = model_context(request, project, name, "overview")
    model = context["model"]
    form, day = asked_day(request)
    used, aliases = in_use(model), open_aliases(model)
    context |= {
        "in_use": used,
        "stamps": stamps_of([used.production, used.staging]),
        "aliases": aliases,
        "tags": tags_people_set(model),
        "prompt_text": prompt_text(used.latest.pk) if model.is_prompt and used.latest else "",
        "card": card_of(model),
        "day_form": form,
        "setup": client_setup(server_address(request), model.project.slug),
        "snippets": _snippets(request, model, used),
        "sections": sections_of_model(request.principal, model),
        **_stages(model, day),
        **_metrics(request, model),
    }
    return TemplateResponse(request, "registry/model.html", context)


def _stages(model: RegisteredModel, day: date | None) -> dict[str, Any]:
    """What was in use when. Prompts have no stages."""
    if model.is_prompt:
        return {}
    on_day: OnDay | None = in_production_on(model, day) if day else None
    stays, more = recent_stays(model)
    picture = draw_stages(stays, now(), on_day.moment if on_day else None)
    stays.sort(key=lambda stay: stay.since, reverse=True)
    return {"picture": picture, "stays": stays, "more_stays": more, "on_day": on_day}


def _metrics(request: PageRequest, model: RegisteredModel) -> dict[str, Any]:
    """Which metrics can be shown over versions, and which were chosen."""
    offered = [] if model.is_prompt else metric_keys(request.principal, model)
    chosen = _chosen(request) or common_keys(offered)
    kept = [(key, value) for key, value in request.GET.items() if key not in ("metric", "page_token")]
    return {
        "metric_keys": offered,
        "chosen_keys": chosen,
        "request_keys": _chosen(request),
        "chips": [(key, _without(request, chosen, key)) for key in chosen],
        "kept": kept,
    }


def _without(request: PageRequest, chosen: list[str], key: str) -> str:
    """The query of the address without one of the metrics."""
    query = request.GET.copy()
    query.pop("page_token", None)
    query.setlist("metric", [other for other in chosen if other != key])
    return query.urlencode()


def _chosen(request: PageRequest) -> list[str]:
    return list(dict.fromkeys(key for key in request.GET.getlist("metric") if key))[:MOST_KEYS]


def _snippets(request: PageRequest, model: RegisteredModel, used: InUse) -> Any:
    """How to load it: the version in Production by its alias, else the latest."""
    loadable = Loadable(model.project.slug, model.name, model.is_prompt)
    if used.production is not None:
        return snippets(server_address(request), loadable, "@production", used.production.number)
    if used.latest is not None:
        return snippets(server_address(request), loadable, str(used.latest.number), used.latest.number)
    return []


@signed_in
def versions(request: PageRequest, project: str, name: str) -> HttpResponse:
    """The versions of the model, searched and narrowed by what stands in the address."""
    context = model_context(request, project, name, "versions")
    form = VersionListForm(request.GET)
    page = _version_page(request, context["model"], form)
    context |= _metrics(request, context["model"])
    _add_figures(request, page.rows, context["chosen_keys"])
    context |= {
        "form": form,
        "page": page,
        "narrowed": form.is_valid() and form.is_narrowed,
        "in_trash": form.is_valid() and form.cleaned_data["lifecycle"] == "trashed",
    }
    return TemplateResponse(request, "registry/versions.html", context)


def _version_page(request: PageRequest, model: RegisteredModel, form: VersionListForm) -> Page[ListedVersion]:
    if not form.is_valid():
        return Page([])
    try:
        return list_versions(model, form.wanted(), token=request.GET.get("page_token", ""))
    except InvalidInput as refusal:
        form.add_error(None, str(refusal))
        return Page([])


def _add_figures(request: PageRequest, rows: Any, keys: list[str]) -> None:
    values = figures_of_runs(request.principal, {row.version.run_id for row in rows if row.version.run_id}, keys)
    for row in rows:
        row.figures = [(key, values.get((row.version.run_id, key))) for key in keys]


@signed_in
def history(request: PageRequest, project: str, name: str) -> HttpResponse:
    """The events of the model and of its newest versions, as far as the reader may read them."""
    context = model_context(request, project, name, "history")
    context["views"] = model_events(request.principal, context["model"])
    return TemplateResponse(request, "registry/model_history.html", context)


@signed_in
def edit(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Describe the model anew."""
    context = model_context(request, project, name)
    model = context["model"]
    form = DescriptionForm.of(request, initial={"description": model.description})
    if form.done(operations.update_registered_model, request.principal, model):
        messages.success(request, "Saved.")
        return redirect(model_url(model))
    authorize(request.principal, Action.WRITE, model)
    return TemplateResponse(request, "registry/describe.html", context | {"form": form, "back": model_url(model)})


@signed_in
def rename(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Give the model another name."""
    context = model_context(request, project, name)
    model = context["model"]
    form = RenameForm.of(request, initial={"new_name": model.name})
    if form.done(operations.rename_registered_model, request.principal, model):
        messages.success(request, f"{name} is called {form.result.name} now.")
        form.result.project = model.project
        return redirect(model_url(form.result))
    authorize(request.principal, Action.MANAGE, model)
    return TemplateResponse(request, "registry/rename.html", context | {"form": form, "back": model_url(model)})


@signed_in
def hand_over(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Give the model another owner."""
    context = model_context(request, project, name)
    model = context["model"]
    form = HandOverForm.of(request, principal=request.principal)
    if form.done(operations.transfer_ownership, request.principal, model):
        messages.success(request, f"{form.result.owner} owns {model.name} now.")
        return redirect(model_url(model))
    authorize(request.principal, Action.MANAGE, model)
    context |= {"form": form, "names": suggested_names(request.principal), "back": model_url(model)}
    return TemplateResponse(request, "registry/hand_over.html", context)


@signed_in
def delete(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Move the model to the trash, after saying what that means and what stands against it."""
    context = model_context(request, project, name)
    model = context["model"]
    form = ReasonForm.of(request)
    if form.done(operations.delete_registered_model, request.principal, model):
        messages.success(request, f"{model.name} is in the trash. It can be restored.")
        return redirect("registry:models")
    authorize(request.principal, Action.TRASH, model)
    blockers = blockers_of(ModelVersion.objects.active().filter(model=model))
    context |= {"form": form, "blockers": blockers, "back": model_url(model)}
    return TemplateResponse(request, "registry/delete_model.html", context)


@signed_in
def restore(request: PageRequest, pk: int) -> HttpResponse:
    """Take a model out of the trash."""
    model = find_trashed_model(request.principal, pk)
    form = ReasonForm.of(request)
    if form.done(operations.restore_registered_model, request.principal, model):
        messages.success(request, f"{model.name} is back, with its versions and aliases.")
        return redirect(model_url(model))
    authorize(request.principal, Action.TRASH, model)
    context = {"model": model, "form": form, "trail": models_trail(model), "section": "models"}
    return TemplateResponse(request, "registry/restore_model.html", context)
