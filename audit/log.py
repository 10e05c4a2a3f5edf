"""Writes events: makes the canonical body, moves the chains of the objects, keeps private values apart.

Used by ``audit.operation`` only. The shape of a body is documented in ``docs/audit-log.md``.
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from audit import rows
from audit.actors import Actor
from audit.canonical import canonical_bytes, commitment, leaf_hash, next_head
from audit.context import RequestContext, current_request
from audit.event_types import EventType
from audit.exceptions import Conflict, Refusal
from audit.models import Audited, AuditEvent, AuditEventSubject, AuditPrivate, Outcome, RefusedAttempt

State = Mapping[str, Any] | None
Private = dict[str, dict[str, str]]


def append(
    actor: Actor,
    event_type: EventType,
    obj: Audited,
    *,
    before: State,
    after: State,
    reason: str,
    also: Sequence[tuple[Audited, State, State]],
) -> AuditEvent:
    """Record that ``actor`` changed ``obj`` (and the objects in ``also``), and move their chains.

    Raises `Conflict` when another transaction recorded an event for one of the objects meanwhile.
    """
    body = _body(actor, event_type, Outcome.OK, before, after)
    body["object"] = _place(obj)
    if also:
        body["also"] = [_place(other) | _states(was, now) for other, was, now in also]
    event, private = _event(actor, body, reason, obj.audit_project_id)
    for touched in [obj, *(other for other, _, _ in also)]:
        _move_chain(touched, event.leaf)
    _insert(event, private)
    if also:
        AuditEventSubject.objects.bulk_create(
            AuditEventSubject(
                event=event, object_type=other.audit_type, object_id=other.audit_id, object_seq=other.audit_seq
            )
            for other, _, _ in also
        )
    return event


def append_refused(actor: Actor, operation: str, refusal: Refusal, obj: Audited | None, action: str) -> None:
    """Record a refused attempt; repeats within the minute are counted instead (see `flush_refused`)."""
    minute = timezone.now().replace(second=0, microsecond=0)
    key: dict[str, Any] = {"actor_uid": actor.uid, "operation": operation, "outcome": refusal.outcome, "minute": minute}
    attempt, is_first = RefusedAttempt.objects.get_or_create(**key)
    if is_first:
        _store_refused(actor, operation, refusal.outcome, obj, action)
    else:
        RefusedAttempt.objects.filter(pk=attempt.pk).update(repeats=F("repeats") + 1)


class _Log:
    """The log itself, as the one who counts."""

    uid = "sys_log"
    kind = "system"
    auth = "task"
    token_uid = ""


def flush_refused() -> int:
    """Record the counts of attempts that were repeated within a minute now over; return how many events."""
    over = RefusedAttempt.objects.filter(minute__lt=timezone.now() - timedelta(minutes=1)).order_by("pk")
    attempts = list(over.select_for_update())
    repeated = [attempt for attempt in attempts if attempt.repeats]
    for attempt in repeated:
        after = {"operation": attempt.operation, "repeats": attempt.repeats, "minute": _iso(attempt.minute)}
        body = _body(_Log(), _refused_type(attempt.outcome), Outcome(attempt.outcome), None, after)
        body["object"] = {"type": "principal", "id": attempt.actor_uid}
        _insert(*_event(_Log(), body, "", None))
    RefusedAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).delete()
    return len(repeated)


def _store_refused(actor: Actor, operation: str, outcome: str, obj: Audited | None, action: str) -> AuditEvent:
    after = {"operation": operation, "action": action}
    body = _body(actor, _refused_type(outcome), Outcome(outcome), None, after)
    body["object"] = {"type": "operation", "id": operation}
    if obj is not None and obj.pk is not None:
        body["object"] = {"type": obj.audit_type, "id": obj.audit_id, "label": obj.audit_label[:200]}
    return _insert(*_event(actor, body, "", obj.audit_project_id if obj is not None else None))


def _refused_type(outcome: str) -> EventType:
    return EventType.OPERATION_DENIED if outcome == Outcome.DENIED else EventType.OPERATION_FAILED


def _body(actor: Actor, event_type: EventType, outcome: Outcome, before: State, after: State) -> dict[str, Any]:
    context = current_request()
    who = {"id": actor.uid, "kind": actor.kind, "auth": actor.auth, "token": actor.token_uid}
    return {
        "v": 1,
        "id": str(uuid.uuid4()),
        "ts": _iso(timezone.now()),
        "actor": who,
        "action": str(event_type),
        "outcome": str(outcome),
        **_states(before, after),
        "request": {"id": context.request_id, "route": context.route, "idem": context.idempotency_key}
        if context
        else {"id": "", "route": "", "idem": ""},
    }


def _states(before: State, after: State) -> dict[str, Any]:
    return {"before": dict(before) if before else None, "after": dict(after) if after else None}


def _place(obj: Audited) -> dict[str, Any]:
    return {
        "type": obj.audit_type,
        "id": obj.audit_id,
        "label": obj.audit_label[:200],
        "seq": obj.audit_seq + 1,
        "prev": obj.audit_head,
    }


def _insert(event: AuditEvent, private: Private) -> AuditEvent:
    event.pk = rows.insert(event)
    if private:
        rows.insert(AuditPrivate(event_id=event.pk, values=private))
    return event


def _event(actor: Actor, body: dict[str, Any], reason: str, project_id: int | None) -> tuple[AuditEvent, Private]:
    body["project"] = project_id
    private = _private_values(reason, current_request())
    body["private"] = {
        field: commitment(bytes.fromhex(kept["salt"]), field, kept["value"]) for field, kept in private.items()
    }
    stored = canonical_bytes(body)
    subject = body["object"]
    event = AuditEvent(
        uid=body["id"],
        ts=datetime.fromisoformat(body["ts"]),
        action=body["action"],
        outcome=body["outcome"],
        actor_uid=actor.uid,
        actor_kind=actor.kind,
        object_type=subject["type"],
        object_id=subject["id"],
        object_label=subject.get("label", ""),
        object_seq=subject.get("seq"),
        project_id=project_id,
        request_id=body["request"]["id"],
        prev=subject.get("prev", ""),
        leaf=leaf_hash(stored),
        body=stored,
    )
    return event, private


def _private_values(reason: str, context: RequestContext | None) -> Private:
    values = {"reason": reason}
    if context:
        values |= {"address": context.address, "user_agent": context.user_agent}
    return {field: {"salt": secrets.token_hex(32), "value": value} for field, value in values.items() if value}


def _move_chain(obj: Audited, leaf: str) -> None:
    """Put the event at the end of the object's chain, unless the object has moved on meanwhile."""
    seq, head = obj.audit_seq + 1, next_head(obj.audit_head, leaf)
    if not rows.move_chain(obj, seq, head):
        raise Conflict(f"This {obj.audit_type.replace('_', ' ')} was changed by somebody else just now. Try again.")
    obj.audit_seq, obj.audit_head = seq, head


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
