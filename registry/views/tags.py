"""Tags of models and versions, and aliases: pages with what is there and a form for one more."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST

from accounts.authentication import signed_in
from accounts.principals import Principal
from accounts.views.requests import PageRequest
from audit.exceptions import NotFound, PermissionDenied, Refusal
from registry import operations
from registry.forms import AliasForm, AliasNameForm, AliasOfModelForm, TagForm, TagKeyForm
from registry.models import AliasInterval, AliasRule, RegisteredModel
from registry.queries.pages import find_shown_version, open_aliases, past_aliases
from registry.rules import PROMPT_CONTENT_TAGS
from registry.views.shared import model_context, model_url, version_context, version_url

_TAGS_SHOWN = 500


@signed_in
def model_tags(request: PageRequest, project: str, name: str) -> HttpResponse:
    """The tags of a model."""
    context = model_context(request, project, name)
    model = context["model"]
    here = model_url(model, "model-tags")
    form = TagForm.of(request)
    if form.done(operations.set_model_tag, request.principal, model):
        return redirect(here)
    links = {"back": model_url(model), "remove": model_url(model, "model-tag-delete")}
    return _tags_page(request, context | links, form, model)


@signed_in
@require_POST
def delete_model_tag(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Take a tag off a model."""
    model = model_context(request, project, name)["model"]
    _done(request, TagKeyForm.of(request), operations.delete_model_tag, model)
    return redirect(model_url(model, "model-tags"))


@signed_in
def version_tags(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """The tags of a version."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = TagForm.of(request)
    if form.done(operations.set_version_tag, request.principal, version):
        return redirect(version_url(version, "version-tags"))
    links = {"back": version_url(version), "remove": version_url(version, "version-tag-delete")}
    return _tags_page(request, context | links, form, version)


@signed_in
@require_POST
def delete_version_tag(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Take a tag off a version."""
    version = find_shown_version(request.principal, project, name, number)
    _done(request, TagKeyForm.of(request), operations.delete_version_tag, version)
    return redirect(version_url(version, "version-tags"))


def _tags_page(request: PageRequest, context: dict[str, Any], form: TagForm, owner: Any) -> HttpResponse:
    context |= {
        "form": form,
        "tags": list(owner.tags.order_by("key")[:_TAGS_SHOWN]),
        "fixed": PROMPT_CONTENT_TAGS if owner.is_prompt else (),
        "what": str(owner),
    }
    return TemplateResponse(request, "registry/tags.html", context)


@signed_in
def model_aliases(request: PageRequest, project: str, name: str) -> HttpResponse:
    """The aliases of a model, what they stood for before, and a form to point one at a version."""
    context = model_context(request, project, name)
    model = context["model"]
    form = AliasOfModelForm.of(request, initial=request.GET.dict())
    if form.done(_set_alias, request.principal, model):
        return redirect(model_url(model, "model-aliases"))
    rules = list(AliasRule.objects.open().filter(project=model.project).order_by("key")) if not model.is_prompt else []
    context |= {"form": form, "aliases": open_aliases(model), "past": past_aliases(model), "rules": rules}
    context["may_set"] = any(
        request.principal.may(action, model) for action in ("write", *(rule.action for rule in rules))
    )
    return TemplateResponse(request, "registry/aliases.html", context)


def _set_alias(actor: Principal, model: RegisteredModel, *, alias: str, version: int) -> None:
    found = find_shown_version(actor, model.project.slug, model.name, version)
    operations.set_alias(actor, found, alias)


@signed_in
@require_POST
def delete_alias(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Let an alias stand for nothing."""
    model = model_context(request, project, name)["model"]
    _done(request, AliasNameForm.of(request), operations.delete_alias, model)
    return redirect(model_url(model, "model-aliases"))


@signed_in
def version_aliases(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """The aliases of a version, and a form for one more."""
    context = version_context(request, project, name, number)
    version = context["version"]
    form = AliasForm.of(request)
    if form.done(operations.set_alias, request.principal, version):
        messages.success(request, f"@{form.cleaned_data['alias']} stands for version {number} now.")
        return redirect(version_url(version))
    standing = AliasInterval.objects.open().filter(version=version).select_related("actor").order_by("key")
    context |= {"form": form, "aliases": list(standing), "back": version_url(version)}
    return TemplateResponse(request, "registry/version_aliases.html", context)


def _done(request: PageRequest, form: Any, operation: Any, target: Any) -> None:
    """Carry out what one button means; its refusal is shown above the page it leads back to."""
    try:
        if form.is_valid():
            operation(request.principal, target, **form.cleaned_data)
    except (PermissionDenied, NotFound):
        raise
    except Refusal as refusal:
        messages.error(request, str(refusal))
