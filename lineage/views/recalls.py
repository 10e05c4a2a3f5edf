"""Recalls: the list, one with its progress, and what people do about it."""

import csv
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.history import object_history
from accounts.principals import Principal
from accounts.roles import Action
from accounts.views.requests import PageRequest
from audit.exceptions import PermissionDenied
from lineage import operations
from lineage.forms import FindingForm, RecallForm, StayForm
from lineage.models import Recall
from lineage.queries.looking import find_node
from lineage.queries.recalled import RecallView, find_recall, list_recalls, read_recall

TABS: Final = {"open": "Open", "cleared": "Cleared"}
_STATES: Final = {"": "All", "live": "Live", "waived": "Waived", "out": "Out of use"}
_ROWS: Final = 100
_CSV_COLUMNS: Final = ("kind", "label", "state", "stage", "project", "owner", "key")


@signed_in
def recalls(request: PageRequest) -> HttpResponse:
    """What is recalled, with how far what was made of it is out of use."""
    tab = request.GET.get("show", "open")
    tab = tab if tab in TABS else "open"
    rows = list_recalls(request.principal, is_open=tab == "open", limit=_ROWS + 1)
    context = {
        "rows": rows[:_ROWS],
        "more": len(rows) > _ROWS,
        "tab": tab,
        "tabs": TABS.items(),
        "may_recall": bool(request.principal.project_ids_with(Action.RETIRE)),
        "section": "lineage",
    }
    return TemplateResponse(request, "lineage/recalls.html", context)


@signed_in
def recall(request: PageRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """One recall: what is bad, and what was made of it, by whether it is still in use."""
    found = find_recall(request.principal, pk)
    shown = read_recall(request.principal, found)
    if request.GET.get("format") == "csv":
        return affected_csv(shown)
    state = request.GET.get("state", "")
    state = state if state in _STATES else ""
    rows = [each for each in shown.rows if state in ("", each.state)]
    context = {
        "shown": shown,
        "rows": rows[:_ROWS],
        "more": len(rows) > _ROWS,
        "state": state,
        "states": [(key, label, shown.count(key)) for key, label in _STATES.items()],
        "may_clear": shown.is_open and shown.node is not None and _may_decide(request.principal, found),
        "may_waive": bool(request.principal.project_ids_with(Action.DECIDE)),
        "history": object_history(request.principal, found) if shown.node is not None else [],
        "trail": [("Recalls", reverse("lineage:recalls"))],
        "section": "lineage",
    }
    return TemplateResponse(request, "lineage/recall.html", context)


@signed_in
def new_recall(request: PageRequest) -> HttpResponse:
    """Say that something is bad."""
    form = RecallForm.of(request, initial={"key": request.GET.get("key", "")})
    if form.done(_recall, request.principal):
        messages.success(request, "It is recalled. Whoever owns a model that was made of it is told.")
        return redirect("lineage:recall", form.result.pk)
    if not request.principal.project_ids_with(Action.RETIRE):
        raise PermissionDenied("You may not recall anything. It takes the role maintainer or approver.")
    context = {"form": form, "back": reverse("lineage:recalls"), "section": "lineage"}
    context["trail"] = [("Recalls", reverse("lineage:recalls"))]
    return TemplateResponse(request, "lineage/new_recall.html", context)


def _recall(actor: Principal, *, key: str, reason: str) -> Recall:
    return operations.recall_node(actor, find_node(actor, key), reason=reason)


@signed_in
def clear_recall(request: PageRequest, pk: int) -> HttpResponse:
    """Say that what was recalled is not bad."""
    found = find_recall(request.principal, pk)
    form = FindingForm.of(request)
    if form.done(operations.clear_recall, request.principal, found):
        messages.success(request, "The recall is cleared.")
        return redirect("lineage:recall", pk)
    authorize(request.principal, Action.DECIDE, found)
    return _confirm(request, "lineage/clear_recall.html", found, form=form)


@signed_in
def waive_recall(request: PageRequest, pk: int) -> HttpResponse:
    """Let something stay in use that was made of what is recalled (``?key=``)."""
    found = find_recall(request.principal, pk)
    node = find_node(request.principal, request.GET.get("key", ""))
    form = StayForm.of(request)
    if form.done(_waive, request.principal, recall=found, node=node):
        messages.success(request, "It may stay in use.")
        return redirect("lineage:recall", pk)
    authorize(request.principal, Action.DECIDE, node)
    return _confirm(request, "lineage/waive_recall.html", found, form=form, node=node)


def _waive(actor: Principal, *, recall: Recall, node: Any, reason: str) -> Any:
    return operations.waive_recall(actor, recall, node, reason=reason)


def _confirm(request: PageRequest, template: str, found: Recall, **more: Any) -> HttpResponse:
    context = {
        "shown": read_recall(request.principal, found),
        "back": reverse("lineage:recall", args=[found.pk]),
        "trail": [("Recalls", reverse("lineage:recalls"))],
        "section": "lineage",
        **more,
    }
    return TemplateResponse(request, template, context)


def _may_decide(principal: Principal, found: Recall) -> bool:
    return found.actor_id != principal.user.pk and principal.may(Action.DECIDE, found)


class _Line:
    """Gives back the line that a CSV writer writes."""

    def write(self, line: str) -> str:
        return line


def affected_csv(shown: RecallView) -> StreamingHttpResponse:
    """Everything that was made of a recalled thing, as CSV; cells cannot be taken for formulas."""
    writer = csv.writer(_Line())
    lines = [writer.writerow(_CSV_COLUMNS)]
    lines += [
        writer.writerow(
            [
                safe_cell(text)
                for text in (
                    each.node.kind,
                    each.node.label,
                    each.state,
                    each.node.stage,
                    each.node.project,
                    each.node.owner,
                    each.node.key,
                )
            ]
        )
        for each in shown.rows
    ]
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="recall-{shown.number}.csv"'
    return response


def safe_cell(text: str) -> str:
    """The text, so that no table program takes it for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
