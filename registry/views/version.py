"""One version: what exactly it is, where it comes from, what happened to it, and what may be done with it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.requests import PageRequest, server_address
from audit.exceptions import InvalidInput
from registry import operations
from registry.blockers import blockers_of
from registry.forms import DescriptionForm, ReasonForm
from registry.loading_code import Loadable, client_setup, snippets
from registry.models import AliasInterval, Lifecycle, ModelVersion
from registry.queries.cards import card_of
from registry.queries.contents import FilePage, description_of, files_of_version
from registry.queries.happenings import version_story
from registry.queries.occupancy import stages_on
from registry.queries.pages import maker_page, original_page, prompt_text, source_run, tags_people_set
from registry.sections import sections_of_version
from registry.views.shared import asked_day, version_context, version_url

_FILES_BESIDE = 8


@signed_in
def overview(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """What the version is, and how to load it."""
    context = version_context(request, project, name, number, "overview")
    version = context["version"]
    aliases = list(AliasInterval.objects.open().filter(version=version).order_by("key").values_list("alias", flat=True))
    context |= {
        "aliases": aliases,
        "prompt_text": prompt_text(version.pk) if version.is_prompt else "",
        "tags": tags_people_set(version),
        "card": card_of(version),
        "files": files_of_version(version, size=_FILES_BESIDE),
        "mlmodel": description_of(request.principal, version),
        "source": source_run(request.principal, version),
        "logged_model_shown": version.logged_model is not None
        and request.principal.may(Action.VIEW, version.logged_model),
        "original": original_page(request.principal, version),
        "setup": client_setup(server_address(request), project),
        "snippets": _snippets(request, version, aliases),
        "sections": sections_of_version(request.principal, version),
    }
    return TemplateResponse(request, "registry/version.html", context)


def _snippets(request: PageRequest, version: ModelVersion, aliases: list[str]) -> list[tuple[str, Any]]:
    """How to load it, by its number and by everything else that stands for it now."""
    loadable = Loadable(version.model.project.slug, version.model.name, version.is_prompt)
    address = server_address(request)
    ways = [("By number: always this very version", str(version.number))]
    ways += [(f"By alias: whatever @{alias} stands for", f"@{alias}") for alias in aliases[:3]]
    if version.is_live:
        ways.append((f"By stage: whatever is in {version.stage}", version.stage))
    return [
        (title, snippets(address, loadable, selector, version.number)[: None if place == 0 else 1])
        for place, (title, selector) in enumerate(ways)
    ]


@signed_in
def files(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """The files of the version with their sizes and digests."""
    context = version_context(request, project, name, number, "files")
    version = context["version"]
    context |= {"files": _files(request, version), "browse": maker_page(request.principal, version)}
    return TemplateResponse(request, "registry/files.html", context)


def _files(request: PageRequest, version: ModelVersion) -> FilePage | None:
    try:
        return files_of_version(version, token=request.GET.get("page_token", ""))
    except InvalidInput as refusal:
        messages.error(request, str(refusal))
        return files_of_version(version)


@signed_in
def history(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Everything that happened to the version, and in which stage it was on the day that ``?at=`` names."""
    context = version_context(request, project, name, number, "history")
    context["day_form"], day = asked_day(request)
    context["on_day"] = stages_on(context["version"], day) if day else None
    context["steps"] = version_story(request.principal, context["version"])
    return TemplateResponse(request, "registry/version_history.html", context)


@signed_in
def edit(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Describe the version anew."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = DescriptionForm.of(request, initial={"description": version.description})
    if form.done(operations.update_model_version, request.principal, version):
        messages.success(request, "Saved.")
        return redirect(version_url(version))
    authorize(request.principal, Action.WRITE, version)
    return TemplateResponse(request, "registry/describe.html", context | {"form": form, "back": version_url(version)})


@signed_in
def delete(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Move the version to the trash, after saying what that means and what stands against it."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = ReasonForm.of(request)
    if form.done(operations.delete_model_version, request.principal, version):
        messages.success(request, f"Version {number} is in the trash. It can be restored.")
        return redirect(version_url(version))
    authorize(request.principal, Action.TRASH, version)
    blockers = blockers_of(ModelVersion.objects.filter(pk=version.pk))
    aliases = AliasInterval.objects.open().filter(version=version, kind="free").values_list("alias", flat=True)
    context |= {"form": form, "blockers": blockers, "aliases": list(aliases), "back": version_url(version)}
    return TemplateResponse(request, "registry/delete_version.html", context)


@signed_in
def restore(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Take the version out of the trash."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = ReasonForm.of(request)
    if form.done(operations.restore_model_version, request.principal, version):
        messages.success(request, f"Version {number} is back, in stage {version.stage}.")
        return redirect(version_url(version))
    authorize(request.principal, Action.TRASH, version)
    if version.lifecycle == Lifecycle.ACTIVE:
        return redirect(version_url(version))
    return TemplateResponse(
        request, "registry/restore_version.html", context | {"form": form, "back": version_url(version)}
    )
