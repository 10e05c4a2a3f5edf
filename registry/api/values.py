"""What the resources of the registry have in common: how they are addressed, and how their parts look as JSON."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from accounts.api.fields import Moment, Text, TextMap, by_rule
from registry.models import Lifecycle
from registry.rules import DESCRIPTION_LENGTH, check_tag, check_text

PROJECT_PATTERN = "(?P<project>[a-z0-9-]+)"
NAME_PATTERN = "(?P<name>[^/\x00]+)"
LIFECYCLES = [*Lifecycle.values, "all"]


def part(name: str, description: str) -> OpenApiParameter:
    """A part of an address."""
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.PATH, description=description)


KEY = part("key", "The key of the tag.")
MODEL_ADDRESS = [part("project", "The short name of the project."), part("name", "The name of the model.")]
VERSION_ADDRESS = [
    *MODEL_ADDRESS,
    OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the version."),
]


def _check_description(text: str) -> None:
    check_text("The description", text, DESCRIPTION_LENGTH)


def _check_tags(tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        check_tag(key, value)


class DescriptionField(Text):
    """A free text about something."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"validators": [by_rule(_check_description)]} | options)


class NewTagsField(TextMap):
    """The first tags of something."""

    def __init__(self) -> None:
        super().__init__(required=False, default=dict, validators=[by_rule(_check_tags)])


class DescriptionSerializer(serializers.Serializer[Any]):
    """A new description."""

    description = DescriptionField()


class MomentQuerySerializer(serializers.Serializer[Any]):
    """At which moment."""

    at = Moment(required=False, help_text="How it was at this moment (ISO 8601); left out: how it is now.")


class DetailQuerySerializer(MomentQuerySerializer):
    """At which moment, and whether in the trash."""

    lifecycle = serializers.ChoiceField(
        choices=Lifecycle.choices, required=False, default=Lifecycle.ACTIVE, help_text="trashed: look in the trash."
    )
