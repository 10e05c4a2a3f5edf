"""Stays in stages and aliases, as they are and as they were."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import Moment
from registry.api.values import MomentQuerySerializer
from registry.models import AliasInterval, StageInterval
from registry.rules import Stage


class StaySerializer(serializers.ModelSerializer[StageInterval]):
    """A version's stay in a stage."""

    version = serializers.IntegerField(source="version.number")
    since = Moment()
    until = Moment(allow_null=True, help_text="null while it lasts.")
    actor = serializers.CharField(source="actor.username", help_text="Who moved it there.")
    event = serializers.UUIDField(source="event_uid", help_text="The uid of the audit event that began it.")

    class Meta:
        model = StageInterval
        fields = ["version", "stage", "since", "until", "actor", "event"]
        read_only_fields = fields


class StayQuerySerializer(MomentQuerySerializer):
    """Which stays; without ``at`` all of them."""

    stage = serializers.ChoiceField(choices=Stage.choices, required=False)


class AliasSerializer(serializers.ModelSerializer[AliasInterval]):
    """An alias, and the version it stands or stood for."""

    version = serializers.IntegerField(source="version.number")
    since = Moment()
    until = Moment(allow_null=True, help_text="null while it lasts.")
    actor = serializers.CharField(source="actor.username", help_text="Who set it, or moved the stage it follows.")

    class Meta:
        model = AliasInterval
        fields = ["alias", "version", "kind", "since", "until", "actor"]
        read_only_fields = fields


class AliasQuerySerializer(MomentQuerySerializer):
    """Which aliases."""

    history = serializers.BooleanField(
        required=False, default=False, help_text="true: also what aliases stood for before."
    )


class AliasTargetSerializer(serializers.Serializer[Any]):
    """The version that an alias is to stand for."""

    version = serializers.IntegerField(min_value=1, max_value=999_999_999, help_text="Its number.")
