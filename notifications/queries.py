"""Reads of webhooks for pages and API alike."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.principals import Principal
from notifications.exceptions import WebhookNotFound
from notifications.models import DeliveryState, Webhook, WebhookDelivery
from notifications.querysets import WebhookQuerySet
from tracking.search.pages import Page, check_max_results, read_token, whole_number, write_token

MOST_WEBHOOKS: Final = 1000
MOST_DELIVERIES: Final = 1000


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One line of a webhook's history: what was told, how the last try went, and when the next one is."""

    uid: str
    event: str
    is_test: bool
    state: str
    attempts: int
    created_at: int
    next_attempt_at: int | None
    finished_at: int | None
    response_status: int | None
    error: str
    duration_ms: int | None


def find_webhook(uid: str) -> Webhook:
    """The webhook, for an operation, which asks for the right to it. Raises WebhookNotFound."""
    return _only(Webhook.objects.filter(deleted_at=None), uid)


def get_webhook(principal: Principal, uid: str) -> Webhook:
    """The webhook, for somebody who manages its project. Raises WebhookNotFound."""
    return _only(Webhook.objects.visible_to(principal), uid)


def list_webhooks(principal: Principal, project_id: int, *, max_results: int, page_token: str = "") -> Page[Webhook]:
    """The webhooks of a project, the newest first. Raises InvalidInput."""
    check_max_results(max_results, MOST_WEBHOOKS)
    webhooks = Webhook.objects.visible_to(principal).filter(project=project_id).order_by("-pk")
    if page_token:
        webhooks = webhooks.filter(pk__lt=whole_number(read_token(page_token), "before"))
    rows = list(webhooks[: max_results + 1])
    more = len(rows) > max_results
    rows = rows[:max_results]
    return Page(rows, write_token({"before": rows[-1].pk}) if more else "")


def delivery_history(
    principal: Principal, webhook: Webhook, *, max_results: int = 100, page_token: str = ""
) -> Page[DeliveryRow]:
    """What a webhook was told and is owed, the newest first. Raises InvalidInput."""
    check_max_results(max_results, MOST_DELIVERIES)
    deliveries = WebhookDelivery.objects.visible_to(principal).filter(webhook=webhook).order_by("-pk")
    if page_token:
        deliveries = deliveries.filter(pk__lt=whole_number(read_token(page_token), "before"))
    found = list(deliveries.defer("body")[: max_results + 1])
    more = len(found) > max_results
    found = found[:max_results]
    return Page([_row(delivery) for delivery in found], write_token({"before": found[-1].pk}) if more else "")


def _only(webhooks: WebhookQuerySet, uid: str) -> Webhook:
    try:
        return webhooks.select_related("project").get(uid=UUID(uid))
    except (Webhook.DoesNotExist, ValueError) as error:
        raise WebhookNotFound(f"Webhook with ID {uid[:100]} not found.") from error


def _row(delivery: WebhookDelivery) -> DeliveryRow:
    return DeliveryRow(
        uid=str(delivery.uid),
        event=delivery.event,
        is_test=delivery.is_test,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        next_attempt_at=delivery.due_at if delivery.state == DeliveryState.PENDING else None,
        finished_at=delivery.finished_at,
        response_status=delivery.response_status,
        error=delivery.error,
        duration_ms=delivery.duration_ms,
    )
