"""Reads of webhooks."""

from typing import Final
from uuid import UUID

from accounts.principals import Principal
from notifications.exceptions import WebhookNotFound
from notifications.models import Webhook
from notifications.querysets import WebhookQuerySet
from tracking.search.pages import Page, check_max_results, read_token, whole_number, write_token

MOST_WEBHOOKS: Final = 1000


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


def _only(webhooks: WebhookQuerySet, uid: str) -> Webhook:
    try:
        return webhooks.select_related("project").get(uid=UUID(uid))
    except (Webhook.DoesNotExist, ValueError) as error:
        raise WebhookNotFound(f"Webhook with ID {uid[:100]} not found.") from error
