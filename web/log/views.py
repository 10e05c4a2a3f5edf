"""The audit page: what happened, told in sentences, newest first."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.models import Project
from accounts.names import names_of
from accounts.principals import Principal
from accounts.views.requests import PageRequest
from audit.exceptions import NotFound
from audit.models import AuditEvent
from audit.queries import EventFilter, find_events, named_in, view_events
from web.log.filters import parse_filter
from web.log.forms import TimelineForm

_ROWS = 50


@signed_in
def timeline(request: PageRequest) -> HttpResponse:
    """The events I may read; filters and place stand in the address."""
    projects = list(Project.objects.visible_to(request.principal))
    form = TimelineForm(request.GET, projects=projects)
    events = _page(request, _filter(request, form)) if form.is_valid() else []
    shown, older = events[:_ROWS], events[_ROWS - 1].pk if len(events) > _ROWS else None
    known = {("project", str(project.pk)): project.slug for project in projects}
    views = view_events(request.principal, shown, known | names_of(named_in(shown) - known.keys()))
    context: dict[str, Any] = {
        "form": form,
        "views": views,
        "older": older,
        "before": request.GET.get("before"),
        "filtered": form.has_changed(),
        "reach": _reach(request.principal),
        "section": "audit",
    }
    return TemplateResponse(request, "web/audit.html", context)


def _filter(request: PageRequest, form: TimelineForm) -> EventFilter | None:
    try:
        return parse_filter(request.principal, form.wanted())[0]
    except NotFound as refusal:
        form.add_error("actor", str(refusal))
        return None


def _page(request: PageRequest, wanted: EventFilter | None) -> list[AuditEvent]:
    """One page and one row more, by which the next page is known to exist."""
    if wanted is None:
        return []
    events = find_events(request.principal, wanted).select_related("private")
    before = request.GET.get("before", "")
    if before.isdigit():
        events = events.filter(pk__lt=int(before))
    return list(events[: _ROWS + 1])


def _reach(principal: Principal) -> str:
    """Says how much of the log this page can show to them."""
    reach = principal.log_reach()
    if reach.everything:
        return "You read the whole log."
    parts = ["what you did yourself"]
    if reach.projects:
        parts.insert(0, "your projects")
    if reach.server:
        parts.insert(0, "people and projects of this server")
    return f"You read what concerns {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}."
