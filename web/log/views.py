"""The audit page: what happened, told in sentences, newest first."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.authentication import signed_in
from accounts.models import Project
from accounts.names import names_of
from accounts.principals import Principal
from accounts.views.requests import PageRequest
from audit.exceptions import NotFound
from audit.models import AuditEvent
from audit.queries import EventFilter, find_events, named_in, view_events
from web.log.filters import as_text, parse_filter
from web.log.forms import TimelineForm
from web.operations import note_log_reading

_ROWS = 50


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address of the page without it."""

    label: str
    value: str
    url: str


@signed_in
def timeline(request: PageRequest) -> HttpResponse:
    """The events I may read; filters and place stand in the address."""
    principal = request.principal
    projects = list(Project.objects.visible_to(principal))
    form = TimelineForm(request.GET, projects=projects)
    wanted, project = _filter(request, form) if form.is_valid() else (None, None)
    events = _page(request, wanted) if wanted is not None else []
    shown, older = events[:_ROWS], events[_ROWS - 1].pk if len(events) > _ROWS else None
    known = {("project", str(project.pk)): project.slug for project in projects}
    context: dict[str, Any] = {
        "form": form,
        "chips": _chips(request, form) if form.is_bound and wanted is not None else [],
        "views": view_events(principal, shown, known | names_of(named_in(shown) - known.keys())),
        "older": older,
        "exports": _exports(form) if wanted is not None else {},
        "reach": _reach(principal),
        "section": "audit",
    }
    if shown:
        note_log_reading(principal, project)
    return TemplateResponse(request, "web/audit.html", context)


def _filter(request: PageRequest, form: TimelineForm) -> tuple[EventFilter | None, Project | None]:
    wanted = form.wanted()
    try:
        return parse_filter(request.principal, wanted)
    except NotFound as refusal:
        form.add_error(_culprit(request.principal, wanted), str(refusal))
        return None, None


def _culprit(principal: Principal, wanted: dict[str, Any]) -> str:
    """The field that names what is not there."""
    try:
        parse_filter(principal, {**wanted, "object": ""})
    except NotFound:
        return "actor"
    return "object"


def _page(request: PageRequest, wanted: EventFilter) -> list[AuditEvent]:
    """One page and one row more, by which the next page is known to exist."""
    events = find_events(request.principal, wanted).select_related("private")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        events = events.filter(pk__lt=int(before[:18]))
    return list(events[: _ROWS + 1])


def _chips(request: PageRequest, form: TimelineForm) -> list[Chip]:
    chips = []
    for name, label, value in form.active():
        rest = request.GET.copy()
        for gone in (name, "before"):
            rest.pop(gone, None)
        chips.append(Chip(label, value, f"?{rest.urlencode()}"))
    return chips


def _exports(form: TimelineForm) -> dict[str, str]:
    """The addresses of files with exactly these events."""
    asked = as_text(form.wanted())
    return {kind: f"{reverse('api:export')}?{urlencode({**asked, 'format': kind})}" for kind in ("ndjson", "csv")}


def _reach(principal: Principal) -> str:
    """Says how much of the log this page can show to them."""
    reach = principal.log_reach()
    if reach.everything:
        return "You read the whole log, and your reading is recorded in it."
    own = "what you did yourself and what happened to your account"
    parts = ["what belongs to no project"] if reach.server else []
    parts += ["what happened in your projects"] if reach.projects else []
    return f"You read {', '.join([*parts, own])}."
