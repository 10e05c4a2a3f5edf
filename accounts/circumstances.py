"""What else than roles decided at some moment: whether a model took over its project's roles, whether viewers could
download, who was shut out. What is set today is in the rows, what was set before in the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import QuerySet

from accounts.models import Project, User
from accounts.scopes import Scoped
from audit.event_types import EventType
from audit.models import AuditEvent, Outcome


@dataclass(frozen=True)
class Circumstances:
    """How things stood around an object at a moment; ``at`` is None for now."""

    at: datetime | None
    existed: bool
    inherits: bool
    viewers_may_download: bool


def circumstances(obj: Scoped, at: datetime | None) -> Circumstances:
    """How things stood around ``obj``: one query for now, up to three for the past."""
    path = obj.access_path()
    project = obj if isinstance(obj, Project) else Project.objects.filter(pk=path.project_id or 0).first()
    inherits, downloads = path.inherits, project is not None and project.viewers_may_download
    if at is None:
        return Circumstances(None, existed=True, inherits=inherits, viewers_may_download=downloads)
    if hasattr(obj, "inherit_access"):
        inherits = _then(obj, EventType.REGISTERED_MODEL_UPDATED, "inherit_access", at, inherits)
    if project is not None:
        downloads = _then(project, EventType.PROJECT_UPDATED, "viewers_may_download", at, downloads)
    existed = (_made_at(obj) or at) <= at
    return Circumstances(at, existed=existed, inherits=inherits, viewers_may_download=downloads)


def shut_out(users: Iterable[User], at: datetime | None) -> set[int]:
    """The keys of those whose account was switched off at the moment."""
    people = {user.uid: user for user in users}
    out = {uid for uid, user in people.items() if not user.is_active}
    if at is not None:
        switches = _events([*people], "user", [EventType.USER_ACTIVATED, EventType.USER_DEACTIVATED], at)
        for uid, action in reversed(list(switches.values_list("object_id", "action"))):
            # The first switch after the moment tells how things stood before it.
            (out.add if action == EventType.USER_ACTIVATED else out.discard)(uid)
    return {people[uid].pk for uid in out}


def _then(obj: Any, event_type: EventType, key: str, at: datetime, value: bool) -> bool:
    """The value that ``key`` had: what the first later change says was before."""
    for event in _events([obj.audit_id], obj.audit_type, [event_type], at).only("body").iterator(chunk_size=100):
        before = orjson.loads(bytes(event.body))["before"] or {}
        if key in before:
            return bool(before[key])
    return value


def _events(uids: list[str], kind: str, types: list[EventType], after: datetime) -> QuerySet[AuditEvent]:
    rows = AuditEvent.objects.filter(object_type=kind, object_id__in=uids, action__in=types, ts__gt=after)
    return rows.filter(outcome=Outcome.OK).order_by("object_seq", "pk")


def _made_at(obj: Any) -> datetime | None:
    made = getattr(obj, "created_at", None) or getattr(obj, "creation_time", None)
    return datetime.fromtimestamp(made / 1000, tz=UTC) if isinstance(made, int) else made
