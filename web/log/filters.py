"""What a request for events asks for, on the page and in the API alike."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.models import Project
from accounts.principals import Principal
from accounts.queries import find_project, find_user
from audit.event_types import EventType
from audit.exceptions import NotFound
from audit.models import Outcome
from audit.queries import EventFilter
from web.search.hits import Hit, Kind
from web.search.meaning import Meaning, read
from web.search.queries import search

_NOUNS = {event_type.partition(".")[0] for event_type in EventType}
#: What the log calls the kinds of things that a name can lead to.
_AUDIT_TYPES = {
    Kind.MODELS: "registered_model",
    Kind.VERSIONS: "model_version",
    Kind.EXPERIMENTS: "experiment",
    Kind.RUNS: "run",
    Kind.LOGGED_MODELS: "logged_model",
    Kind.TEAMS: "team",
    Kind.PEOPLE: "user",
}
#: At most so many objects of one kind are taken for one name, which may exist in several projects.
_SAME_NAME = 10


class EventFilterSerializer(serializers.Serializer[Any]):
    """Which events are asked for; all are optional, and all must hold."""

    actor = serializers.CharField(
        max_length=150, required=False, help_text="uid or user name of whoever acted; sys_… for the system."
    )
    type = serializers.CharField(
        max_length=80, required=False, help_text="A type of event, such as role_binding.granted, or only its noun."
    )
    object = serializers.CharField(
        max_length=300,
        required=False,
        help_text="What it was done to: its type, <type>/<id>, or what people call it: a model, “fraud/7”, a run id.",
    )
    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    request_id = serializers.CharField(max_length=64, required=False, help_text="The X-Request-ID of one request.")
    since = serializers.DateTimeField(required=False, help_text="Not before this moment.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment.")

    def validate_type(self, value: str) -> str:
        """Refuse a type of event that does not exist."""
        if value not in {*EventType, *_NOUNS}:
            raise serializers.ValidationError(f"There is no type of event “{value}”.")
        return value


def parse_filter(principal: Principal, wanted: dict[str, Any]) -> tuple[EventFilter, Project | None]:
    """The filter behind values that `EventFilterSerializer` accepts, and the project it names.

    Raises `NotFound` for a person, project or object that is not there.
    """
    project = find_project(principal, wanted["project"]) if wanted.get("project") else None
    asked = str(wanted.get("object", "")).strip()
    event_filter = EventFilter(
        actor=_actor(principal, wanted.get("actor", "")),
        type=wanted.get("type", ""),
        object_type=asked if asked in _NOUNS else "",
        objects=find_objects(principal, asked) if asked and asked not in _NOUNS else None,
        project_id=project.pk if project else None,
        outcome=wanted.get("outcome", ""),
        request_id=wanted.get("request_id", ""),
        since=wanted.get("since"),
        until=wanted.get("until"),
    )
    return event_filter, project


def find_objects(principal: Principal, asked: str) -> tuple[tuple[str, str], ...]:
    """The objects, as (type, id), behind ``<type>/<id>`` or a name that people use. Raises `NotFound`."""
    noun, _, uid = asked.partition("/")
    if noun in _NOUNS and uid:
        return ((noun, uid),)
    found = [
        (_AUDIT_TYPES[group.kind], hit.id)
        for group in search(principal, asked, kinds=_AUDIT_TYPES, limit=_SAME_NAME)
        for hit in group.hits
        if _is_meant(hit, read(asked))
    ]
    if not found:
        raise NotFound(
            f"You may see nothing called “{asked}”. Write a model, a version such as fraud/7, a run id, or type/id."
        )
    return tuple(found)


def _is_meant(hit: Hit, meaning: Meaning) -> bool:
    """Whether the text names the hit and does not merely sound like it."""
    if hit.kind is Kind.VERSIONS:
        return meaning.names_version and hit.title.rpartition(" v")[0].lower() == meaning.model.lower()
    if hit.kind is Kind.MODELS and meaning.exact:
        return not meaning.names_version
    return meaning.text.lower() in (hit.title.lower(), hit.id) or hit.id in (meaning.run, str(meaning.experiment))


def as_text(wanted: dict[str, Any]) -> dict[str, str]:
    """The filter as it is recorded of an export."""
    return {key: value.isoformat() if isinstance(value, datetime) else str(value) for key, value in wanted.items()}


def _actor(principal: Principal, name: str) -> str:
    # The system, and people of whom only the uid is left, are found by the uid alone.
    return name if not name or name.startswith(("usr_", "sys_")) else find_user(principal, name).uid
