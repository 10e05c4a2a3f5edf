"""Making, changing, trying and deleting webhooks."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from notifications import rules
from notifications.delivery import LEASE, deliver
from notifications.exceptions import InvalidWebhook, WebhookNotFound
from notifications.http import check_url
from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookStatus, now
from notifications.payloads import body_of, example_data
from registry.rules import text_digest

Operation = TypeVar("Operation", bound=Callable[..., Webhook])

#: What a change of makes its author the webhook's keeper.
_KEPT = {"url", "events"}


def _looking_up(function: Operation) -> Operation:
    """Look up the host of ``url`` before the operation begins: no transaction waits for a name server.

    It is done only for those who manage the project; others have no business making this server look up names.
    """

    @wraps(function)
    def run(actor: Principal, place: Project | Webhook, **wanted: Any) -> Webhook:
        if wanted.get("url") is not None and actor.may(Action.MANAGE, place):
            check_url(wanted["url"])
        return function(actor, place, **wanted)

    return cast(Operation, run)


@_looking_up
@operation
def create_webhook(
    actor: Principal,
    project: Project,
    *,
    name: str,
    url: str,
    events: Sequence[str],
    description: str = "",
    secret: str = "",
    status: str = WebhookStatus.ACTIVE,
) -> Webhook:
    """Let ``url`` be told of ``events`` in a project; messages are signed when there is a secret.

    Raises PermissionDenied, InvalidWebhook or UnsafeAddress.
    """
    fields = _checked({"name": name, "url": url, "events": events, "description": description, "status": status})
    rules.check_secret(secret)
    require(Action.MANAGE, project)
    moment = now()
    webhook = Webhook(
        project=project, creator=actor.user, keeper=actor.user, created_at=moment, updated_at=moment, **fields
    )
    webhook.secret = secret
    webhook.save()
    record(EventType.WEBHOOK_CREATED, webhook, after=_logged(webhook, fields) | {"signed": bool(secret)})
    return webhook


@_looking_up
@operation
def update_webhook(
    actor: Principal,
    webhook: Webhook,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    secret: str | None = None,
    status: str | None = None,
) -> Webhook:
    """Change what is given; an empty secret ends the signing. Events are replaced as a whole.

    Raises PermissionDenied, WebhookNotFound, InvalidWebhook or UnsafeAddress.
    """
    sent = {"name": name, "url": url, "events": events, "description": description, "status": status}
    fields = _checked({field: value for field, value in sent.items() if value is not None})
    rules.check_secret(secret or "")
    require(Action.MANAGE, webhook)
    webhook = _held(webhook)
    changed = {field: value for field, value in fields.items() if value != getattr(webhook, field)}
    if not changed and secret is None:
        return webhook
    before = _logged(webhook, changed)
    for field, value in changed.items():
        setattr(webhook, field, value)
    if changed.keys() & _KEPT:
        webhook.keeper = actor.user
    after = _logged(webhook, changed)
    if secret is not None:
        webhook.secret = secret
        after |= {"signed": bool(secret)}
    _save(webhook, *changed, "keeper", "sealed_secret")
    record(EventType.WEBHOOK_UPDATED, webhook, before=before, after=after)
    return webhook


@operation
def delete_webhook(actor: Principal, webhook: Webhook) -> None:
    """Tell the webhook nothing any more; its history stays, its secret goes.

    Raises PermissionDenied or WebhookNotFound.
    """
    require(Action.MANAGE, webhook)
    webhook = _held(webhook)
    webhook.deleted_at = now()
    webhook.secret = ""
    _save(webhook, "deleted_at", "sealed_secret")
    record(EventType.WEBHOOK_DELETED, webhook)


def try_webhook(actor: Principal, webhook: Webhook, event: str | None = None) -> WebhookDelivery:
    """Send an example of an event, by default the webhook's first, and wait for the answer; it is tried once.

    Raises PermissionDenied, WebhookNotFound or InvalidWebhook. How it went is in the delivery that is returned.
    """
    # Sending takes its time, so it happens when the transaction is over; should the server die here, a worker sends it.
    delivery = begin_webhook_test(actor, webhook, event)
    deliver(delivery)
    delivery.refresh_from_db()
    return delivery


@operation
def begin_webhook_test(actor: Principal, webhook: Webhook, event: str | None = None) -> WebhookDelivery:
    """Owe the webhook an example, taken up by the caller already. For `try_webhook`."""
    if event is not None:
        rules.check_events([event])
    require(Action.MANAGE, webhook)
    webhook = _held(webhook)
    event = event or str(webhook.events[0])
    moment = now()
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        event=event,
        body=body_of(event, datetime.now(UTC), webhook.project.slug, example_data(event)),
        state=DeliveryState.DELIVERING,
        attempts=1,
        created_at=moment,
        due_at=moment + LEASE,
    )
    record(EventType.WEBHOOK_TESTED, webhook, after={"event": event, "delivery": str(delivery.uid)})
    return delivery


def _held(webhook: Webhook) -> Webhook:
    """The webhook as it is now. Raises WebhookNotFound when it was deleted meanwhile."""
    held = webhook.locked()
    if held.deleted_at is not None:
        raise WebhookNotFound(f"The webhook {webhook.name} was deleted.")
    return held


def _save(webhook: Webhook, *fields: str) -> None:
    webhook.updated_at = max(now(), webhook.updated_at)
    webhook.save(update_fields=[*fields, "updated_at"])


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are stored. Raises InvalidWebhook; what a URL must be is asked of `check_url`."""
    checked = dict(fields)
    if "name" in fields:
        rules.check_name(fields["name"])
    if "events" in fields:
        checked["events"] = rules.check_events(fields["events"])
    if "description" in fields:
        rules.check_description(fields["description"])
    if fields.get("status", WebhookStatus.ACTIVE) not in WebhookStatus.values:
        raise InvalidWebhook(f"A webhook's status is one of {', '.join(WebhookStatus.values)}.")
    return checked


def _logged(webhook: Webhook, fields: Iterable[str]) -> dict[str, Any]:
    """The named fields as the log keeps them: of a URL its host, for the rest of it may be a secret; no free text."""
    known: dict[str, tuple[str, Any]] = {
        "url": ("host", urlsplit(webhook.url).hostname),
        "description": ("description_sha256", text_digest(webhook.description)),
    }
    return dict(known.get(field, (field, getattr(webhook, field))) for field in fields)
