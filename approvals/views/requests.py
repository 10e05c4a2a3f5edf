"""Requests: the inbox, the page of one, and what people do there."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms.base import OperationForm
from accounts.history import object_history
from accounts.roles import Action
from accounts.sessions import password_given_at
from accounts.views.requests import PageRequest, page_of
from approvals import operations, promotion
from approvals.actors import PROMOTIONS
from approvals.forms import CommentForm, DecisionForm, GlassForm, ReasonForm, WaiverForm
from approvals.inbox import TABS, requests_in
from approvals.models import PromotionRequest, Verdict
from approvals.page import read_page
from approvals.queries import whole_requests
from audit.exceptions import NotFound, Refusal
from registry.rules import Stage, parse_stage
from registry.views.shared import version_context, version_url


@signed_in
def inbox(request: PageRequest) -> HttpResponse:
    """What waits for me, what I asked for, and everything else I may see; the choice stands in the address."""
    tab = request.GET.get("show", "waiting")
    tab = tab if tab in TABS else "waiting"
    page = page_of(request, requests_in(request.principal, tab))
    context = {"page": page, "tab": tab, "tabs": TABS.items(), "section": "approvals"}
    return TemplateResponse(request, "approvals/requests.html", context)


@signed_in
def show(request: PageRequest, pk: int) -> HttpResponse:
    """One request: what is decided on, what the gates say, who decided what, and what I can do."""
    return _page(request, _find(request, pk))


@signed_in
def gates(request: PageRequest, pk: int) -> HttpResponse:
    """The gates alone, fetched again while they are being evaluated."""
    found = _find(request, pk)
    shown = read_page(request.principal, found, password_given_at(request))
    response = TemplateResponse(request, "approvals/_gates.html", {"shown": shown, "request_": found})
    if not shown.is_checking:
        response["HX-Refresh"] = "true"
    return response


@signed_in
@require_POST
def decide(request: PageRequest, pk: int) -> HttpResponse:
    """Approve, reject or ask for changes."""
    found = _find(request, pk)
    operations.refresh_request(PROMOTIONS, found, ask_gates=True)
    form = DecisionForm.of(request)
    given = password_given_at(request)
    if form.done(_decide, request.principal, found, signed_in_at=given):
        messages.success(request, _said(form.result))
        return redirect("approvals:request", pk)
    return _page(request, _find(request, pk), decision=form)


def _decide(actor: Any, found: PromotionRequest, *, verdict: str, **given: Any) -> PromotionRequest:
    return operations.decide(actor, found, Verdict(verdict), **given)


@signed_in
@require_POST
def ratify(request: PageRequest, pk: int) -> HttpResponse:
    """Agree afterwards with an emergency step."""
    comment = request.POST.get("comment", "")
    operations.ratify(request.principal, _find(request, pk), comment=comment, signed_in_at=password_given_at(request))
    messages.success(request, "Ratified.")
    return redirect("approvals:request", pk)


@signed_in
@require_POST
def comment(request: PageRequest, pk: int) -> HttpResponse:
    """Say something in the thread."""
    found = _find(request, pk)
    form = CommentForm.of(request)
    if form.done(operations.add_comment, request.principal, found):
        return redirect(reverse("approvals:request", args=[pk]) + "#thread")
    return _page(request, found, comment=form)


@signed_in
@require_POST
def tick(request: PageRequest, pk: int) -> HttpResponse:
    """Tick a line of a checklist."""
    gate, item = request.POST.get("gate", ""), request.POST.get("item", "")
    operations.answer_checklist(request.principal, _find(request, pk), gate, item)
    return redirect("approvals:request", pk)


@signed_in
def waive(request: PageRequest, pk: int) -> HttpResponse:
    """Let a gate pass that does not."""
    found, gate = _find(request, pk), request.GET.get("gate", "")
    form = WaiverForm.of(request)
    given = password_given_at(request)
    if form.done(operations.waive_gate, request.principal, found, gate=gate, signed_in_at=given):
        messages.success(request, f"The gate “{gate}” is waived. The gates are evaluated again.")
        return redirect("approvals:request", pk)
    authorize(request.principal, Action.DECIDE, found)
    context = {"form": form, "request_": found, "gate": gate, "section": "approvals"}
    context["back"] = reverse("approvals:request", args=[pk])
    return TemplateResponse(request, "approvals/waive.html", context)


@signed_in
def cancel(request: PageRequest, pk: int) -> HttpResponse:
    """Take a request back."""
    found = _find(request, pk)
    form = ReasonForm.of(request)
    if form.done(operations.cancel_request, request.principal, found):
        messages.success(request, "The request is cancelled.")
        return redirect("approvals:request", pk)
    if found.requester_id != request.principal.user.pk:
        authorize(request.principal, Action.DECIDE, found)
    context = {"form": form, "request_": found, "section": "approvals"}
    context["back"] = reverse("approvals:request", args=[pk])
    return TemplateResponse(request, "approvals/cancel.html", context)


@signed_in
@require_POST
def resubmit(request: PageRequest, pk: int) -> HttpResponse:
    """Ask again after changes were requested."""
    operations.resubmit(request.principal, _find(request, pk))
    messages.success(request, "Submitted again: the gates are evaluated anew.")
    return redirect("approvals:request", pk)


@signed_in
def break_glass(request: PageRequest, project: str, name: str, number: int) -> HttpResponse:
    """Promote at once in an emergency."""
    context = version_context(request, project, name, number)
    version = context["version"]
    stage = _stage(request)
    form = GlassForm.of(request)
    if form.done(promotion.break_glass, request.principal, version, to_stage=stage):
        messages.success(request, f"{version} is in {stage}. Somebody else has to ratify it.")
        return redirect("approvals:request", form.result.pk)
    authorize(request.principal, Action.BREAK_GLASS, version)
    context |= {"form": form, "stage": stage, "back": version_url(version)}
    return TemplateResponse(request, "approvals/break_glass.html", context)


def _stage(request: PageRequest) -> Stage:
    try:
        return parse_stage(request.GET.get("to", "Production"))
    except Refusal:
        return Stage.PRODUCTION


def _find(request: PageRequest, pk: int) -> PromotionRequest:
    found = whole_requests().visible_to(request.principal).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no request {pk}, or you may not see it.")
    return found


def _page(request: PageRequest, found: PromotionRequest, **forms: OperationForm) -> HttpResponse:
    shown = read_page(request.principal, found, password_given_at(request))
    context = {
        "request_": found,
        "shown": shown,
        "decision": forms.get("decision") or DecisionForm(initial={"subject_digest": shown.revision.subject_digest}),
        "comment": forms.get("comment") or CommentForm(),
        "history": object_history(request.principal, found),
        "section": "approvals",
        "trail": [("Approvals", reverse("approvals:requests"))],
    }
    return TemplateResponse(request, "approvals/request.html", context)


def _said(done: PromotionRequest) -> str:
    words = {"executed": "Approved, and carried out.", "rejected": "Rejected.", "approved": "Approved."}
    return words.get(done.state, "Your decision is kept.")
