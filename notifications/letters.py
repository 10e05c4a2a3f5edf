"""Tells people by e-mail what the log says: an event is noted with the change, opened into letters, and sent.

The database is the queue of record, as for webhooks. A letter belongs to one person and one event, so that opening an
event twice makes no second letter, and a worker sends only what it has taken up. While the mail server is away letters
wait as long as it takes. Only when a worker dies between handing a letter over and noting that it did, the letter goes
out twice; it has the same Message-ID then.
"""

import logging
import smtplib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F

from approvals import notices as request_notices
from approvals.notices import Notice
from audit.models import Audited, AuditEvent
from audit.operation import after_commit
from deployments import notices as deployment_notices
from notifications import rules
from notifications.delivery import HISTORY
from notifications.doorbell import ring
from notifications.models import DeliveryState, Letter, MailChoice, NotedEvent, now

logger = logging.getLogger(__name__)

#: Milliseconds after which a worker that has not finished counts as dead; far above the time-outs of a mail server.
LEASE = 5 * 60_000
#: Seconds that one task sends before others get their turn.
TURN = 20.0
_AT_ONCE = 100
_FORGET_AT_ONCE = 1000
#: Who writes notices about an event, by the event's type.
_WRITERS: Final[Mapping[str, Callable[[AuditEvent], list[Notice]]]] = {
    action: source.notices_about for source in (request_notices, deployment_notices) for action in source.TOLD
}


#: The events about which people are told.
TOLD: Final = frozenset(_WRITERS)


def notices_about(event: AuditEvent) -> list[Notice]:
    """Whom an event concerns, as things stand now, and what they are told."""
    return _WRITERS[event.action](event)


def note(event: AuditEvent, obj: Audited) -> None:
    """Note an event about which people have to be told. A listener of the audit log: one row, and no reading."""
    if event.action in TOLD:
        moment = now()
        NotedEvent.objects.create(event_uid=event.uid, created_at=moment, due_at=moment)
        after_commit(ring)


def is_anything_due() -> bool:
    """Whether an event waits to be opened, or a letter to be sent."""
    moment = now()
    return NotedEvent.objects.due(moment).exists() or Letter.objects.due(moment).exists()


def open_noted() -> int:
    """Write the letters of noted events, the oldest first; return how many events were opened."""
    opened = 0
    for noted in NotedEvent.objects.due(now()).order_by("pk")[:_AT_ONCE]:
        try:
            opened += _open(noted)
        except Exception:
            # A letter that cannot be written must hold up neither the others nor the worker.
            logger.exception("The letters about event %s could not be written.", noted.event_uid)
            _put_off(noted)
    return opened


def post_turn() -> bool:
    """Send letters that are due, the oldest first; return whether the time for a turn ran out."""
    end = time.monotonic() + TURN
    if not Letter.objects.due(now()).exists():
        return False
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("The mail server cannot be reached (%s); letters wait.", type(error).__name__)
        return False
    try:
        while letter := take_up():
            _finish(letter, *_send(letter, connection))
            if time.monotonic() >= end:
                return True
        return False
    finally:
        connection.close()


def forget_old() -> int:
    """Remove letters and noted events that ended long ago; return how many. What they told stays in the audit log."""
    before, forgotten = now() - HISTORY, 0
    for rows in (Letter.objects.filter(finished_at__lt=before), NotedEvent.objects.filter(opened_at__lt=before)):
        while chunk := list(rows.values_list("pk", flat=True)[:_FORGET_AT_ONCE]):
            with transaction.atomic():
                forgotten += rows.model.objects.filter(pk__in=chunk).delete()[0]
    return forgotten


def take_up() -> Letter | None:
    """Lease the oldest letter that is due; None when there is none, or others were quicker."""
    moment = now()
    due = Letter.objects.due(moment)
    for pk, attempts in due.order_by("due_at", "pk").values_list("pk", "attempts")[:10]:
        with transaction.atomic():
            taken = due.filter(pk=pk, attempts=attempts).update(
                state=DeliveryState.DELIVERING, attempts=F("attempts") + 1, due_at=moment + LEASE
            )
        if taken:
            return Letter.objects.select_related("person").get(pk=pk)
    return None


def _open(noted: NotedEvent) -> bool:
    event = AuditEvent.objects.get(uid=noted.event_uid)
    moment = now()
    with transaction.atomic():
        taken = NotedEvent.objects.filter(pk=noted.pk, opened_at=None).update(opened_at=moment)
        if taken:
            letters = [letter for notice in notices_about(event) for letter in _letters(event, notice, moment)]
            Letter.objects.bulk_create(letters, ignore_conflicts=True)
    return bool(taken)


def _letters(event: AuditEvent, notice: Notice, moment: int) -> list[Letter]:
    off = dict(MailChoice.objects.filter(person__in=notice.people).values_list("person_id", "off"))
    return [
        Letter(
            person=person,
            event_uid=event.uid,
            key=notice.once or f"{event.uid} {notice.kind}",
            kind=notice.kind,
            subject=notice.subject,
            text=f"{notice.text}\nYou can switch off such mail: {settings.PUBLIC_URL}/profile/mail\n",
            created_at=moment,
            due_at=moment,
        )
        for person in notice.people
        if person.email and notice.kind not in off.get(person.pk, ())
    ]


def _put_off(noted: NotedEvent) -> None:
    """Try an event again later, and give it up after a day of trying."""
    attempts = noted.attempts + 1
    wait = rules.seconds_to_wait(attempts, "", datetime.now(UTC)) * 1000
    given_up = now() if attempts >= rules.MOST_ATTEMPTS else None
    with transaction.atomic():
        NotedEvent.objects.filter(pk=noted.pk, opened_at=None).update(
            attempts=attempts, due_at=now() + wait, opened_at=given_up
        )


def _send(letter: Letter, connection: Any) -> tuple[DeliveryState, str]:
    """Hand one letter over; say how it stands with it, and why."""
    if not letter.person.is_active or not letter.person.email:
        return DeliveryState.FAILED, "The account is switched off, or has no address any more."
    if letter.attempts > rules.MOST_ATTEMPTS:
        return DeliveryState.DEAD, "Every worker that tried to send this stopped before it was done."
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    mail = EmailMessage(
        letter.subject,
        letter.text,
        settings.DEFAULT_FROM_EMAIL,
        [letter.person.email],
        connection=connection,
        headers={"Message-ID": f"<{letter.uid}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        code = next((code for code, _ in refusal.recipients.values()), 0)
        state = DeliveryState.FAILED if code >= 500 else DeliveryState.PENDING
        return state, f"The mail server did not take the address ({code})."
    except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a header that no mail can have
        connection.close()  # the next letter gets a new one
        state = DeliveryState.DEAD if letter.attempts >= rules.MOST_ATTEMPTS else DeliveryState.PENDING
        return state, f"The mail server did not take it ({type(error).__name__})."
    return DeliveryState.DELIVERED, ""


def _finish(letter: Letter, state: DeliveryState, error: str) -> None:
    """Write how it went, unless the lease was lost meanwhile."""
    moment = now()
    wait = 0
    if state == DeliveryState.PENDING:
        wait = rules.seconds_to_wait(letter.attempts, "", datetime.now(UTC)) * 1000
    mine = Letter.objects.filter(pk=letter.pk, state=DeliveryState.DELIVERING, attempts=letter.attempts)
    with transaction.atomic():
        mine.update(
            state=state,
            due_at=moment + wait,
            finished_at=None if state == DeliveryState.PENDING else moment,
            error=error,
        )
