"""The webhooks of a project: what they are told, how that went, and a button to try one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.roles import Action
from accounts.views.projects import project_context
from accounts.views.requests import PageRequest
from notifications import operations
from notifications.exceptions import WebhookNotFound
from notifications.forms import NothingForm, WebhookChangeForm, WebhookForm
from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookStatus

_SHOWN = 200
_DELIVERIES = 50
_KEPT = ("name", "url", "events", "description")


@signed_in
def webhooks(request: PageRequest, slug: str) -> HttpResponse:
    """The webhooks of a project, for those who manage it: an address may be a secret in itself."""
    context = _context(request, slug)
    found = Webhook.objects.visible_to(request.principal).filter(project=context["project"])
    context["webhooks"] = found.select_related("creator").order_by("name", "pk")[:_SHOWN]
    return TemplateResponse(request, "notifications/webhooks.html", context)


@signed_in
@sensitive_post_parameters("secret", "url")
def new_webhook(request: PageRequest, slug: str) -> HttpResponse:
    """Let an address be told of events."""
    context = _context(request, slug)
    form = WebhookForm.of(request)
    if form.done(operations.create_webhook, request.principal, context["project"]):
        messages.success(request, "The webhook is there. Try it.")
        return redirect("notifications:webhook", slug, form.result.uid)
    context |= {"form": form, "title": "New webhook", "button": "Create webhook", "back": _list(slug)}
    return TemplateResponse(request, "notifications/webhook_form.html", context)


@signed_in
def webhook(request: PageRequest, slug: str, hook: UUID) -> HttpResponse:
    """One webhook, and what it was told and is owed."""
    context = _found(request, slug, hook)
    deliveries = WebhookDelivery.objects.filter(webhook=context["webhook"]).order_by("-pk").defer("body")
    context["deliveries"] = deliveries[:_DELIVERIES]
    return TemplateResponse(request, "notifications/webhook.html", context)


@signed_in
@sensitive_post_parameters("secret", "url")
def edit_webhook(request: PageRequest, slug: str, hook: UUID) -> HttpResponse:
    """Change where it leads, what it is told, or its secret."""
    context = _found(request, slug, hook)
    found = context["webhook"]
    form = WebhookChangeForm.of(request, initial={field: getattr(found, field) for field in _KEPT})
    if form.done(operations.update_webhook, request.principal, found):
        messages.success(request, "Saved.")
        return redirect("notifications:webhook", slug, hook)
    back = reverse("notifications:webhook", args=[slug, hook])
    context |= {"form": form, "title": f"Change {found.name}", "button": "Save", "back": back}
    return TemplateResponse(request, "notifications/webhook_form.html", context)


@signed_in
@require_POST
def try_webhook(request: PageRequest, slug: str, hook: UUID) -> HttpResponse:
    """Send an example, and say how that went."""
    delivery = operations.try_webhook(request.principal, _found(request, slug, hook)["webhook"])
    if delivery.state == DeliveryState.DELIVERED:
        messages.success(request, f"The receiver took it ({delivery.response_status}, {delivery.duration_ms} ms).")
    else:
        messages.error(request, f"It was not taken. {delivery.error}")
    return redirect("notifications:webhook", slug, hook)


@signed_in
@require_POST
def switch_webhook(request: PageRequest, slug: str, hook: UUID) -> HttpResponse:
    """Tell it nothing for a while, or tell it again."""
    found = _found(request, slug, hook)["webhook"]
    status = WebhookStatus.DISABLED if found.is_listening else WebhookStatus.ACTIVE
    operations.update_webhook(request.principal, found, status=status)
    messages.success(request, "It is told again." if status == WebhookStatus.ACTIVE else "It is told nothing now.")
    return redirect("notifications:webhook", slug, hook)


@signed_in
def delete_webhook(request: PageRequest, slug: str, hook: UUID) -> HttpResponse:
    """Tell it nothing any more, after saying what that means."""
    context = _found(request, slug, hook)
    form = NothingForm.of(request)
    if form.done(operations.delete_webhook, request.principal, context["webhook"]):
        messages.success(request, "The webhook is deleted.")
        return redirect("notifications:webhooks", slug)
    context |= {"form": form, "back": reverse("notifications:webhook", args=[slug, hook])}
    return TemplateResponse(request, "notifications/delete_webhook.html", context)


def _context(request: PageRequest, slug: str) -> dict[str, Any]:
    context = project_context(request, slug, "webhooks")
    authorize(request.principal, Action.MANAGE, context["project"])
    context["trail"] = [*context["trail"], (slug, reverse("accounts:project", args=[slug]))]
    return context


def _found(request: PageRequest, slug: str, hook: UUID) -> dict[str, Any]:
    """The webhook in its project. Raises WebhookNotFound."""
    context = _context(request, slug)
    seen = Webhook.objects.visible_to(request.principal).filter(project=context["project"], uid=hook)
    found = seen.select_related("project", "creator", "keeper").first()
    if found is None:
        raise WebhookNotFound("There is no webhook like that in this project.")
    return {**context, "webhook": found, "trail": [*context["trail"], ("Webhooks", _list(slug))]}


def _list(slug: str) -> str:
    return reverse("notifications:webhooks", args=[slug])
