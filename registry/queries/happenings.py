"""Everything that happened to a version, from the facts that all its readers see and the log that some may read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from accounts.names import names_of
from accounts.principals import Principal
from audit.event_types import EventType
from audit.models import AuditEvent
from audit.queries import EventView, named_in, touching, view_events, visible_events
from registry.models import AliasInterval, AliasKind, ModelVersion, RegisteredModel, StageInterval
from registry.queries.cards import revisions_of

#: How many of each kind are shown, the newest.
MOST: Final = 100
_MOST_VERSIONS: Final = 50
#: What the facts tell already.
_TOLD: Final = frozenset(
    {EventType.MODEL_VERSION_CREATED, EventType.MODEL_VERSION_TRANSITIONED, EventType.MODEL_VERSION_CARD_REVISED}
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of a version's life."""

    at: datetime
    actor: Any
    sentence: str
    detail: str = ""
    icon: str = "point"
    url: str = ""


def version_story(actor: Principal, version: ModelVersion) -> list[Happening]:
    """What happened to a version, the newest first: at most `MOST` steps, in six queries however many there are."""
    events = _events(actor, [(ModelVersion.audit_type, str(version.pk))])
    reasons = {str(view.event.uid): view.reason for view in events}
    told = [*_stays(version, reasons), *_aliases(version), *_card(version), *_logged(events)]
    return sorted(told, key=lambda step: step.at, reverse=True)[:MOST]


def model_events(actor: Principal, model: RegisteredModel) -> list[EventView]:
    """The newest events of a model and of its newest versions that ``actor`` may read; three queries."""
    newest = ModelVersion.objects.filter(model=model).order_by("-number").values_list("pk", flat=True)
    objects = [(RegisteredModel.audit_type, str(model.pk))]
    objects += [(ModelVersion.audit_type, str(pk)) for pk in newest[:_MOST_VERSIONS]]
    return _events(actor, objects)


def _stays(version: ModelVersion, reasons: Mapping[str, str]) -> Iterator[Happening]:
    stays = StageInterval.objects.filter(version=version).select_related("actor").order_by("-since", "-pk")
    for stay in stays[:MOST]:
        first = stay.since == version.created_at
        sentence = f"registered version {version.number}" if first else f"moved it to {stay.stage}"
        reason, icon = reasons.get(str(stay.event_uid), ""), "package" if first else "arrows-transfer-up"
        yield Happening(_moment(stay.since), stay.actor, sentence, reason, icon)


def _aliases(version: ModelVersion) -> Iterator[Happening]:
    """What people pointed here; what follows a stage is told by the stage."""
    free = AliasInterval.objects.filter(version=version, kind=AliasKind.FREE).select_related("actor")
    for stood in free.order_by("-since", "-pk")[:MOST]:
        yield Happening(_moment(stood.since), stood.actor, f"pointed the alias @{stood.alias} here", icon="at")
        if stood.until is not None:
            yield Happening(_moment(stood.until), None, f"The alias @{stood.alias} left", icon="at-off")


def _card(version: ModelVersion) -> Iterator[Happening]:
    for revision in revisions_of(version).defer("sections")[:MOST]:
        sentence = f"saved revision {revision.number} of the card"
        yield Happening(_moment(revision.created_at), revision.author, sentence, revision.comment, "file-text")


def _logged(events: Iterable[EventView]) -> Iterator[Happening]:
    for view in events:
        if view.event.action in _TOLD and view.event.outcome == "ok":
            continue
        yield Happening(view.event.ts, view.actor_name, view.summary, view.reason, "history")


def _events(actor: Principal, objects: list[tuple[str, str]]) -> list[EventView]:
    found = visible_events(actor).filter(touching(objects)).select_related("private")
    events: list[AuditEvent] = list(found[:MOST])
    return view_events(actor, events, names_of(named_in(events)))


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
