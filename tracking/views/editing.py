"""Changing runs and logged models: their notes and tags. Each view is given what kind of thing it is about."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from tracking.edit_forms import ConfirmForm, FixedTagForm, NoteForm, TagForm
from tracking.editables import Editable, Thing
from tracking.queries.logged import NOTE_TAG


@signed_in
def note(request: PageRequest, uid: str, what: Editable) -> HttpResponse:
    """Write the note; the button “Preview” shows it without keeping it."""
    thing = what.find_writable(request.principal, uid)
    kept = what.read_tag(thing, NOTE_TAG) or ""
    form = NoteForm.of(request, initial={"note": kept})
    if "preview" not in request.POST and form.done(lambda note: what.put_tag(request.principal, thing, NOTE_TAG, note)):
        messages.success(request, "The note was saved." if form.cleaned_data["note"] else "There is no note any more.")
        return _back(thing, what)
    written = form.cleaned_data.get("note", "") if form.is_bound and form.is_valid() else ""
    context = {"form": form, "written": written, "previewed": "preview" in request.POST}
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "tracking/_note_preview.html", context)
    return TemplateResponse(request, "tracking/note.html", context | _about(thing, what))


@signed_in
def tag(request: PageRequest, uid: str, what: Editable) -> HttpResponse:
    """Add a tag, or change the one that ``?key=`` names."""
    thing = what.find_writable(request.principal, uid)
    key = request.GET.get("key", "")
    known = _read(thing, what, key)
    form_class = TagForm if known is None else FixedTagForm
    form = form_class.of(request, initial={"key": key, "value": known or ""})
    if form.done(lambda key, value: what.put_tag(request.principal, thing, key, value)):
        messages.success(request, f"The tag {form.cleaned_data['key']} was saved.")
        return _back(thing, what)
    title = "Add a tag" if known is None else f"Change the tag {key}"
    context = {"form": form, "title": title, "button": "Save tag"}
    return TemplateResponse(request, "tracking/form.html", context | _about(thing, what))


@signed_in
def remove_tag(request: PageRequest, uid: str, what: Editable) -> HttpResponse:
    """Take the tag off that ``?key=`` names."""
    thing = what.find_writable(request.principal, uid)
    key = request.GET.get("key", "")
    form = ConfirmForm.of(request)
    if form.done(lambda: what.put_tag(request.principal, thing, key, "")):
        messages.success(request, f"The tag {key} was taken off.")
        return _back(thing, what)
    context = {"form": form, "key": key, "value": _read(thing, what, key)}
    return TemplateResponse(request, "tracking/remove_tag.html", context | _about(thing, what))


def _read(thing: Thing, what: Editable, key: str) -> str | None:
    return what.read_tag(thing, key) if key and "\x00" not in key else None


def _back(thing: Thing, what: Editable) -> HttpResponse:
    return HttpResponseRedirect(reverse(what.page, args=[thing.uid]))


def _about(thing: Thing, what: Editable) -> dict[str, Any]:
    page = reverse(what.page, args=[thing.uid])
    return {
        "thing": thing,
        "what": what,
        "back": page,
        "section": "experiments",
        "trail": trail_to(thing, (str(thing), page)),
    }


def trail_to(thing: Thing, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """The way from the list of experiments to a run or logged model."""
    experiment = thing.experiment
    return [
        ("Experiments", reverse("tracking:experiments")),
        (experiment.name, reverse("tracking:experiment", args=[experiment.pk])),
        *more,
    ]
