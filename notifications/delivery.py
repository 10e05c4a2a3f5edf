"""Delivers what webhooks are owed: take one up under a lease, send it outside of every transaction, write how it went.

A worker may die at any line. Its lease ends, another worker sends the same message with the same id, and the receiver
that has seen the id already leaves it at that.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from notifications import http, rules
from notifications.exceptions import UnsafeAddress
from notifications.models import DeliveryState, WebhookDelivery, now
from notifications.sealing import Unreadable
from notifications.signing import signed_headers

#: Milliseconds after which a worker that has not finished counts as dead. Far above `http.TIME_LIMIT`.
LEASE = 60_000
#: Seconds that one task works for one webhook before others get their turn.
TURN = 5.0
#: Milliseconds that the history of finished deliveries is kept.
HISTORY = 30 * 24 * 60 * 60 * 1000
_FORGET_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went; ``wait`` is the seconds until the next one, for a delivery that stays pending."""

    state: DeliveryState
    status: int | None = None
    error: str = ""
    wait: int = 0


def webhooks_waiting() -> list[int]:
    """The webhooks that are owed something now and are not being served."""
    due = WebhookDelivery.objects.due(now())
    return list(due.order_by("webhook_id").values_list("webhook_id", flat=True).distinct())


def deliver_turn(webhook_id: int) -> bool:
    """Deliver what a webhook is owed, one after the other, oldest first; return whether the time for a turn ran out."""
    end = time.monotonic() + TURN
    while delivery := take_up(webhook_id):
        deliver(delivery)
        if time.monotonic() >= end:
            return True
    return False


def take_up(webhook_id: int) -> WebhookDelivery | None:
    """Lease the oldest delivery that is due to a webhook; None when nothing is, or somebody is already at it."""
    moment = now()
    due = WebhookDelivery.objects.due(moment)
    found = due.filter(webhook=webhook_id).order_by("due_at", "pk").values_list("pk", "attempts").first()
    if found is None:
        return None
    pk, attempts = found
    with transaction.atomic():
        taken = due.filter(pk=pk, attempts=attempts).update(
            state=DeliveryState.DELIVERING, attempts=F("attempts") + 1, due_at=moment + LEASE
        )
    if not taken:
        return None
    return WebhookDelivery.objects.select_related("webhook").get(pk=pk)


def deliver(delivery: WebhookDelivery) -> bool:
    """Try a delivery that was taken up, and write how it went; False when the lease was lost meanwhile."""
    began = time.monotonic()
    outcome = _try(delivery)
    duration = round((time.monotonic() - began) * 1000)
    moment = now()
    # Whoever took it up later has a higher number.
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.DELIVERING, attempts=delivery.attempts)
    with transaction.atomic():
        written = mine.update(
            state=outcome.state,
            due_at=moment + outcome.wait * 1000,
            finished_at=None if outcome.state == DeliveryState.PENDING else moment,
            response_status=outcome.status,
            error=outcome.error[:300],
            duration_ms=duration,
        )
    return bool(written)


def forget_old() -> int:
    """Remove deliveries that ended long ago; return how many. The events they told stay in the audit log."""
    forgotten = 0
    old = WebhookDelivery.objects.finished_before(now() - HISTORY)
    while chunk := list(old.values_list("pk", flat=True)[:_FORGET_AT_ONCE]):
        with transaction.atomic():
            forgotten += WebhookDelivery.objects.filter(pk__in=chunk).delete()[0]
    return forgotten


def _try(delivery: WebhookDelivery) -> Outcome:
    webhook = delivery.webhook
    if not webhook.is_listening and not delivery.is_test:
        return Outcome(DeliveryState.FAILED, error="The webhook was disabled or deleted before this was delivered.")
    if delivery.attempts > rules.MOST_ATTEMPTS:
        return Outcome(DeliveryState.DEAD, error="Every worker that tried to deliver this stopped before it was done.")
    try:
        answer = http.post(webhook.url, *_signed(delivery))
    except UnsafeAddress as refusal:
        return Outcome(DeliveryState.FAILED, error=str(refusal))
    except Unreadable:
        return Outcome(DeliveryState.FAILED, error="The secret was kept with another SECRET_KEY. Set it anew.")
    except http.NoAnswer as reason:
        return _again(delivery, None, str(reason), retry_after="")
    if rules.is_delivered(answer.status):
        return Outcome(DeliveryState.DELIVERED, answer.status)
    error = rules.refusal_sentence(answer.status)
    if rules.is_worth_retrying(answer.status):
        return _again(delivery, answer.status, error, answer.retry_after)
    return Outcome(DeliveryState.FAILED, answer.status, error)


def _signed(delivery: WebhookDelivery) -> tuple[bytes, dict[str, str]]:
    body = delivery.body.encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Stagekeeper-Webhook/1"}
    secret = delivery.webhook.secret
    return body, headers | signed_headers(str(delivery.uid), int(time.time()), body, secret)


def _again(delivery: WebhookDelivery, status: int | None, error: str, retry_after: str) -> Outcome:
    """Wait for another try, unless a person is waiting for the result or there were enough."""
    if delivery.is_test:
        return Outcome(DeliveryState.FAILED, status, error)
    if delivery.attempts >= rules.MOST_ATTEMPTS:
        return Outcome(DeliveryState.DEAD, status, error)
    wait = rules.seconds_to_wait(delivery.attempts, retry_after, datetime.now(UTC))
    return Outcome(DeliveryState.PENDING, status, error, wait)
