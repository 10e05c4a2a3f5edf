"""Model cards: read, written, compared with former revisions; the same pages for models and versions."""

from dataclasses import dataclass
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
from registry.cards import SECTIONS, Place
from registry.forms import CardForm
from registry.models import ModelVersion, RegisteredModel
from registry.queries.cards import Card, card_at, card_of, revisions_of
from registry.views.shared import model_context, model_url, version_context, version_url

_REVISIONS_SHOWN = 50


@dataclass(frozen=True)
class CardDifference:
    """A section whose text differs between two revisions."""

    label: str
    before: str
    after: str


@signed_in
def model_card(request: PageRequest, project: str, name: str) -> HttpResponse:
    """The card of a model."""
    context = model_context(request, project, name, "card")
    return _show(request, context, context["model"])


@signed_in
def version_card(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """The card of a version, with its model's beside it."""
    context = version_context(request, project, name, number, "card")
    context["model_card"] = card_of(context["model"])
    return _show(request, context, context["version"])


def _show(request: PageRequest, context: dict[str, Any], owner: RegisteredModel | ModelVersion) -> HttpResponse:
    revisions = list(revisions_of(owner).defer("sections")[:_REVISIONS_SHOWN])
    context |= {"card": card_of(owner), "revisions": revisions, "owner": owner, "template": _base(owner)}
    return TemplateResponse(request, "registry/card.html", context)


@signed_in
def model_card_revision(request: PageRequest, project: str, name: str, revision: int) -> HttpResponse:
    """The card of a model as it was, and what was changed then."""
    context = model_context(request, project, name, "card")
    return _show_revision(request, context, context["model"], revision)


@signed_in
def version_card_revision(request: PageRequest, project: str, name: str, number: int, revision: int) -> HttpResponse:
    """The card of a version as it was, and what was changed then."""
    context = version_context(request, project, name, number, "card")
    return _show_revision(request, context, context["version"], revision)


def _show_revision(request: PageRequest, context: dict[str, Any], owner: Any, number: int) -> HttpResponse:
    card, before = card_at(owner, number), _compared(request, owner, number)
    revisions = list(revisions_of(owner).defer("sections")[:_REVISIONS_SHOWN])
    context |= {
        "card": card,
        "before": before,
        "differences": _differences(before, card),
        "revisions": revisions,
        "owner": owner,
        "template": _base(owner),
    }
    return TemplateResponse(request, "registry/card_revision.html", context)


def _compared(request: PageRequest, owner: Any, number: int) -> Card | None:
    """The revision that ``?against=`` names, else the one before; None before the first."""
    asked = request.GET.get("against", "")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else number - 1
    return card_at(owner, wanted) if wanted > 0 else None


def _differences(before: Card | None, after: Card) -> list[CardDifference]:
    was = {section.key: before.text_of(section.key) if before else "" for section in SECTIONS[after.place]}
    return [
        CardDifference(written.section.label, was[written.section.key], written.text)
        for written in after.sections
        if written.text != was[written.section.key]
    ]


@signed_in
def edit_model_card(request: PageRequest, project: str, name: str) -> HttpResponse:
    """Write the card of a model."""
    context = model_context(request, project, name, "card")
    return _edit(request, context, context["model"])


@signed_in
def edit_version_card(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Write the card of a version."""
    context = version_context(request, project, name, number, "card")
    return _edit(request, context, context["version"])


def _edit(request: PageRequest, context: dict[str, Any], owner: RegisteredModel | ModelVersion) -> HttpResponse:
    card, back = card_of(owner), card_url(owner)
    form = CardForm.of(request, card=card)
    save = operations.revise_version_card if isinstance(owner, ModelVersion) else operations.revise_model_card
    if form.done(save, request.principal, owner):
        messages.success(request, "Saved." if form.result != card.revision else "Nothing was changed.")
        return redirect(back)
    authorize(request.principal, Action.WRITE, owner)
    overtaken = form.is_bound and form["based_on"].value() not in (None, str(card.number))
    context |= {
        "form": form,
        "card": card,
        "owner": owner,
        "overtaken": _typed_against(form, card) if overtaken else None,
        "back": back,
        "template": _base(owner),
    }
    return TemplateResponse(request, "registry/card_edit.html", context)


def _typed_against(form: CardForm, card: Card) -> list[CardDifference]:
    """How what was typed differs from what somebody else saved meanwhile."""
    return [
        CardDifference(written.section.label, written.text, form.typed(written.section.key))
        for written in card.sections
        if form.typed(written.section.key) != written.text
    ]


def card_url(owner: RegisteredModel | ModelVersion, page: str = "card", **more: Any) -> str:
    """The address of a page of a card."""
    if isinstance(owner, ModelVersion):
        return version_url(owner, f"version-{page}", **more)
    return model_url(owner, f"model-{page}", **more)


def _base(owner: RegisteredModel | ModelVersion) -> str:
    """The frame that the pages of this card stand in."""
    place = Place.VERSION if isinstance(owner, ModelVersion) else Place.MODEL
    return f"registry/_{place}_frame.html"
