"""What a request for events asks for, on the page and in the API alike."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.models import Project
from accounts.principals import Principal
from accounts.queries import find_project, find_user
from audit.event_types import EventType
from audit.models import Outcome
from audit.queries import EventFilter

_NOUNS = {event_type.partition(".")[0] for event_type in EventType}


class EventFilterSerializer(serializers.Serializer[Any]):
    """Which events are asked for; all are optional, and all must hold."""

    actor = serializers.CharField(
        max_length=150, required=False, help_text="uid or user name of whoever acted; sys_… for the system."
    )
    type = serializers.CharField(
        max_length=80, required=False, help_text="A type of event, such as role_binding.granted, or only its noun."
    )
    object = serializers.CharField(
        max_length=110, required=False, help_text="What it was done to: its type, or <type>/<id>."
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

    Raises `NotFound` for a person or project that is not there.
    """
    project = find_project(principal, wanted["project"]) if wanted.get("project") else None
    object_type, _, object_id = str(wanted.get("object", "")).partition("/")
    event_filter = EventFilter(
        actor=_actor(principal, wanted.get("actor", "")),
        type=wanted.get("type", ""),
        object_type=object_type,
        object_id=object_id,
        project_id=project.pk if project else None,
        outcome=wanted.get("outcome", ""),
        request_id=wanted.get("request_id", ""),
        since=wanted.get("since"),
        until=wanted.get("until"),
    )
    return event_filter, project


def as_text(wanted: dict[str, Any]) -> dict[str, str]:
    """The filter as it is recorded of an export."""
    return {key: value.isoformat() if isinstance(value, datetime) else str(value) for key, value in wanted.items()}


def _actor(principal: Principal, name: str) -> str:
    # The system, and people of whom only the uid is left, are found by the uid alone.
    return name if not name or name.startswith(("usr_", "sys_")) else find_user(principal, name).uid
