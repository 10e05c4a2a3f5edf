"""Reading the log: which events somebody may read, filtered, and what an event says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.event_types import EventType
from audit.models import AuditEvent, AuditEventSubject, Outcome
from audit.sentences import Part, name_of_object, sentence_of


@dataclass(frozen=True)
class Reach:
    """How much of the log somebody may read.

    ``projects`` are those whose whole log they read, ``server`` the events that belong to no project, ``own`` is the
    uid under which they find what they did or what happened to their account. ``only_project`` narrows all of it.
    """

    everything: bool = False
    server: bool = False
    projects: frozenset[int] = frozenset()
    own: str = ""
    only_project: int | None = None

    def condition(self) -> Q:
        """The events within reach."""
        limit = Q() if self.only_project is None else Q(project_id=self.only_project)
        if self.everything:
            return limit
        within = Q(project_id__in=self.projects)
        if self.server:
            within |= Q(project_id__isnull=True)
        if self.own:
            within |= Q(actor_uid=self.own) | Q(object_type="user", object_id=self.own)
        return within & limit

    def covers_person_in(self, event: AuditEvent) -> bool:
        """Whether they may also read the address and browser of whoever acted."""
        return self.everything or event.actor_uid == self.own or (self.server and event.project_id is None)


class Reader(Protocol):
    """Somebody who reads the log."""

    def log_reach(self) -> Reach:
        """How much of it they may read."""


@dataclass(frozen=True)
class EventFilter:
    """Which events are asked for; what is empty does not count.

    ``type`` is a type of event or only its noun, ``actor`` a uid, ``objects`` are (type, id) of which one was touched;
    None asks for any. ``since`` is within, ``until`` is not.
    """

    actor: str = ""
    type: str = ""
    object_type: str = ""
    objects: tuple[tuple[str, str], ...] | None = None
    project_id: int | None = None
    outcome: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> Q:
        """The events that match."""
        wanted = {
            "actor_uid": self.actor,
            "project_id": self.project_id,
            "outcome": self.outcome,
            "request_id": self.request_id,
            "ts__gte": self.since,
            "ts__lt": self.until,
        }
        condition = Q(**{column: value for column, value in wanted.items() if value not in ("", None)})
        if self.type:
            condition &= Q(action__in=types_named(self.type))
        if self.outcome and self.outcome != Outcome.OK:
            condition &= Q(object_seq__isnull=True)  # as the index of refused attempts says
        return condition & self._touches()

    def _touches(self) -> Q:
        if self.objects is not None:
            return touching(self.objects)
        if not self.object_type:
            return Q()
        also = AuditEventSubject.objects.filter(event_id=OuterRef("pk"), object_type=self.object_type)
        return Q(object_type=self.object_type) | Q(Exists(also))


def touching(objects: Iterable[tuple[str, str]]) -> Q:
    """The events on any of the objects, or that changed one with another; the objects are (type, id).

    The events are looked up by the index of the objects, whatever else is asked: an object of few events must not cost
    a walk through the whole log.
    """
    named = Q(pk__in=())
    for object_type, object_id in objects:
        named |= Q(object_type=object_type, object_id=object_id)
    direct = AuditEvent.objects.filter(named).order_by().values_list("pk", flat=True)
    also = AuditEventSubject.objects.filter(named).order_by().values_list("event_id", flat=True)
    return Q(pk__in=direct.union(also, all=True))


@dataclass(frozen=True)
class EventView:
    """One event as pages and the API show it: its columns, and what its body says.

    ``person`` tells whether the address and browser of the actor may be shown, ``names`` what objects are called that
    it names by their uid alone, ``urls`` where the reader can see what it names; both by (kind, uid).
    """

    event: AuditEvent
    person: bool = False
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    urls: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The canonical body, parsed."""
        parsed: dict[str, Any] = orjson.loads(bytes(self.event.body))
        return parsed

    @property
    def before(self) -> dict[str, Any]:
        """What the object was like, as far as it changed."""
        return self.body["before"] or {}

    @property
    def after(self) -> dict[str, Any]:
        """What the object is like since."""
        return self.body["after"] or {}

    @property
    def also(self) -> list[dict[str, Any]]:
        """Further objects that changed with it."""
        also: list[dict[str, Any]] = self.body.get("also", [])
        return also

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Every key that was or became something: (key, before, after)."""
        keys = sorted({*self.before, *self.after})
        return [(key, self.before.get(key), self.after.get(key)) for key in keys]

    @cached_property
    def private(self) -> dict[str, str]:
        """The free text and, if it may be shown, the address and browser; what was erased is missing."""
        row = getattr(self.event, "private", None)
        values = row.values if row else {}
        shown = {"reason", "address", "user_agent"} if self.person else {"reason"}
        return {name: kept["value"] for name, kept in values.items() if name in shown and "value" in kept}

    @property
    def reason(self) -> str:
        """Why it was done, in the actor's words."""
        return self.private.get("reason", "")

    @cached_property
    def sentence(self) -> list[Part]:
        """What happened, without its subject, in parts of which some can be links."""
        return sentence_of(self)

    @property
    def summary(self) -> str:
        """What happened, as a sentence without its subject: “moved fraud v7 from Staging to Production”."""
        return "".join(part.text for part in self.sentence)

    @property
    def actor_name(self) -> str:
        """How the one who acted is called."""
        return self.names.get(("user", self.event.actor_uid)) or self.event.actor_uid

    @property
    def actor_url(self) -> str:
        """Where to see the one who acted; empty when the reader cannot."""
        return self.urls.get(("user", self.event.actor_uid), "")

    @property
    def url(self) -> str:
        """Where to see the object; empty when there is no such page for the reader."""
        return self.urls.get((self.event.object_type, self.event.object_id), "")

    @property
    def project_name(self) -> str:
        """The project it belongs to; empty when it belongs to none."""
        number = self.event.project_id
        return "" if number is None else self.names.get(("project", str(number)), str(number))

    def mention(self, kind: str, uid: str, label: str = "") -> Part:
        """An object as a part of a sentence: by its label, else by a name that was looked up, else by its id."""
        text = name_of_object(kind, uid, label) or self.names.get((kind, uid)) or f"{kind.replace('_', ' ')} {uid}"
        return Part(text, kind, uid, self.urls.get((kind, uid), ""))


def visible_events(reader: Reader) -> QuerySet[AuditEvent]:
    """Every event that ``reader`` may read, newest first."""
    return AuditEvent.objects.filter(reader.log_reach().condition()).order_by("-pk")


def find_events(reader: Reader, wanted: EventFilter) -> QuerySet[AuditEvent]:
    """The events that match and that ``reader`` may read, newest first."""
    return visible_events(reader).filter(wanted.condition())


def view_events(
    reader: Reader, events: list[AuditEvent], names: Mapping[tuple[str, str], str] | None = None
) -> list[EventView]:
    """The events as they may be shown to ``reader``; ``names`` says how (kind, uid) are called."""
    reach = reader.log_reach()
    return [EventView(event, reach.covers_person_in(event), names or {}) for event in events]


def named_in(events: list[AuditEvent]) -> set[tuple[str, str]]:
    """Every (kind, uid) that a page about these events would name: actors, projects, objects, holders, members."""
    named = set()
    for view in (EventView(event) for event in events):
        event = view.event
        named |= {("user", event.actor_uid), ("project", str(event.project_id))}
        if not event.object_label:
            named.add((event.object_type, event.object_id))
        for state in (view.before, view.after):
            named |= _named_by(state)
    return named


def mentioned_in(views: Iterable[EventView]) -> set[tuple[str, str]]:
    """Every (kind, uid) that the sentences of these events name, and who acted: what could be links."""
    mentioned = set()
    for view in views:
        mentioned |= {(part.kind, part.uid) for part in view.sentence if part.kind}
        mentioned |= {("user", view.event.actor_uid), (view.event.object_type, view.event.object_id)}
    return mentioned


def _named_by(state: dict[str, Any]) -> set[tuple[str, str]]:
    named = {("user", str(state[key])) for key in ("member", "owner") if state.get(key)}
    if state.get("holder"):
        named.add((str(state.get("holder_type", "user")), str(state["holder"])))
    if state.get("scope_id") and state.get("scope"):
        named.add((str(state["scope"]), str(state["scope_id"])))
    return named


def types_named(text: str) -> list[str]:
    """The types of events meant by a type or by its noun alone; none for a word that is neither."""
    return [str(known) for known in EventType if text in (known, known.partition(".")[0])]
