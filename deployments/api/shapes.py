"""How deployments look as JSON."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Moment
from deployments.links import deployment_url
from deployments.models import AlertKind, AlertState, DeploymentState, Environment, EnvironmentKind, Permit
from deployments.operations.reports import REPORTED
from deployments.queries import AlertView, DeploymentView, SightingView
from registry.models import ModelVersion
from registry.rules import Stage

#: What an agent may report.
REPORTED_STATES = [(str(state), state.label) for state in REPORTED]


class EnvironmentSerializer(serializers.ModelSerializer[Environment]):
    """A place where versions run, and what it asks of them."""

    project = serializers.SlugRelatedField[Environment](slug_field="slug", read_only=True)
    change_window = serializers.JSONField(help_text="days, from and to (UTC); null: always.")
    created_at = Moment()
    updated_at = Moment()
    archived_at = Moment(allow_null=True)

    class Meta:
        model = Environment
        fields = [
            "project",
            "name",
            "kind",
            "description",
            "required_stage",
            "change_window",
            "needs_image",
            "needs_ratified",
            "permit_minutes",
            "created_at",
            "updated_at",
            "archived_at",
        ]
        read_only_fields = fields


class EnvironmentFields(serializers.Serializer[Any]):
    """What an environment asks of versions; what is left out stays as it is."""

    kind = serializers.ChoiceField(choices=EnvironmentKind.choices, required=False)
    required_stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=100_000)
    change_window = serializers.DictField(
        required=False, help_text="days (Mon to Sun), from and to (UTC); {}: always open."
    )
    needs_image = serializers.BooleanField(required=False)
    needs_ratified = serializers.BooleanField(required=False)
    permit_minutes = serializers.IntegerField(required=False)


class NewEnvironmentSerializer(EnvironmentFields):
    """An environment to be made."""

    project = serializers.CharField(max_length=63, required=False, default="default")
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=EnvironmentKind.choices)
    required_stage = serializers.ChoiceField(choices=Stage.choices, required=False, default=str(Stage.PRODUCTION))


class EnvironmentFilterSerializer(serializers.Serializer[Any]):
    """Which environments."""

    project = serializers.CharField(max_length=63, required=False)
    archived = serializers.BooleanField(required=False, default=False, help_text="true: also archived ones.")


class StateSerializer(serializers.Serializer[Any]):
    """A time in which a deployment was in a state."""

    state = serializers.ChoiceField(choices=DeploymentState.choices)
    since = Moment()
    until = Moment(allow_null=True, help_text="null while it lasts.")
    actor = serializers.CharField(source="actor.username", default=None, allow_null=True, help_text="null: the server.")
    note = serializers.CharField()
    event = serializers.UUIDField(source="event_uid", help_text="The uid of the audit event that began it.")


class PermitSummarySerializer(serializers.Serializer[Any]):
    """A permit without its envelope."""

    permit = serializers.UUIDField(source="uid")
    key = serializers.CharField(source="kid")
    issued_at = Moment()
    expires_at = Moment()
    digest = serializers.CharField(help_text="SHA-256 of the envelope.")


class PermitSerializer(serializers.Serializer[Any]):
    """A permit. ``envelope`` is what hooks verify."""

    permit = serializers.UUIDField(source="uid")
    key = serializers.CharField(source="key.kid")
    issued_at = Moment()
    expires_at = Moment()
    digest = serializers.CharField(help_text="SHA-256 of the envelope.")
    envelope = serializers.SerializerMethodField()

    def get_envelope(self, permit: Permit) -> dict[str, Any]:
        """A DSSE envelope; save it as a file for `stagekeeper verify-permit`."""
        envelope: dict[str, Any] = json.loads(permit.envelope)
        return envelope


class DeploymentSerializer(serializers.Serializer[Any]):
    """Who let what run where, when, and by what right."""

    id = serializers.IntegerField(source="pk")
    environment_project = serializers.CharField(source="environment.project.slug")
    environment = serializers.CharField(source="environment.name")
    kind = serializers.CharField(source="environment.kind")
    target = serializers.CharField(source="row.target")
    project = serializers.CharField(source="version.model.project.slug", help_text="The model's.")
    model = serializers.CharField(source="version.model.name")
    version = serializers.IntegerField(source="version.number")
    state = serializers.ChoiceField(choices=DeploymentState.choices)
    content_digest = serializers.CharField(source="row.content_digest")
    image_digest = serializers.CharField(source="row.image_digest")
    config_digest = serializers.CharField(source="row.config_digest")
    actor = serializers.CharField(source="row.actor.username", help_text="Who asked for it.")
    identity_issuer = serializers.CharField(source="row.identity_issuer", help_text="As the caller said it.")
    identity_subject = serializers.CharField(source="row.identity_subject", help_text="As the caller said it.")
    reason = serializers.CharField(source="row.reason")
    created_at = Moment(source="row.created_at")
    closed_at = Moment(source="row.closed_at", allow_null=True)
    active_since = Moment(allow_null=True)
    active_until = Moment(allow_null=True)
    promotion_request = serializers.IntegerField(
        source="row.request_id", allow_null=True, help_text="By which the version had come into its stage."
    )
    previous = serializers.IntegerField(source="row.previous_id", allow_null=True, help_text="What ran there before.")
    rolls_back = serializers.IntegerField(source="row.rolls_back_id", allow_null=True)
    states = StateSerializer(many=True)
    permit = PermitSummarySerializer(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, view: DeploymentView) -> str:
        """Where people see it."""
        return deployment_url(view.pk)


class PermittedDeploymentSerializer(DeploymentSerializer):
    """A deployment with its permit to hand on."""

    permit = serializers.SerializerMethodField()  # type: ignore[assignment]  # the same place, with more in it

    @extend_schema_field(PermitSerializer)
    def get_permit(self, view: DeploymentView) -> dict[str, Any]:
        """The newest permit, with its envelope."""
        return dict(PermitSerializer(self.context["permit"]).data)


def version_named(version: ModelVersion | None) -> dict[str, Any] | None:
    """The version, for whoever may know it."""
    if version is None:
        return None
    return {"project": version.model.project.slug, "model": version.model.name, "version": version.number}


class NamedVersionSerializer(serializers.Serializer[Any]):
    """A version by its names."""

    project = serializers.CharField()
    model = serializers.CharField()
    version = serializers.IntegerField()


class AlertSerializer(serializers.Serializer[Any]):
    """Something that runs and that nobody let run there."""

    id = serializers.IntegerField(source="row.pk")
    project = serializers.CharField(source="row.environment.project.slug")
    environment = serializers.CharField(source="row.environment.name")
    target = serializers.CharField(source="row.target")
    kind = serializers.ChoiceField(choices=AlertKind.choices, source="row.kind")
    state = serializers.ChoiceField(choices=AlertState.choices, source="row.state")
    message = serializers.CharField(source="sentence")
    content_digest = serializers.CharField(source="row.content_digest")
    image_digest = serializers.CharField(source="row.image_digest")
    version = serializers.SerializerMethodField()
    deployment = serializers.IntegerField(
        source="row.deployment_id", allow_null=True, help_text="What should run there."
    )
    opened_at = Moment(source="row.created_at")
    acknowledged_at = Moment(source="row.acknowledged_at", allow_null=True)
    acknowledged_by = serializers.CharField(source="row.acknowledged_by.username", default=None, allow_null=True)
    resolved_at = Moment(source="row.resolved_at", allow_null=True)
    resolved_by = serializers.CharField(source="row.resolved_by.username", default=None, allow_null=True)
    finding = serializers.CharField(source="row.finding")

    @extend_schema_field(NamedVersionSerializer(allow_null=True))
    def get_version(self, view: AlertView) -> dict[str, Any] | None:
        """What was seen; null when it is unknown, or you may not see its model."""
        return version_named(view.version)


class SightingSerializer(serializers.Serializer[Any]):
    """What an agent saw."""

    target = serializers.CharField(source="row.target")
    content_digest = serializers.CharField(source="row.content_digest")
    image_digest = serializers.CharField(source="row.image_digest")
    version = serializers.SerializerMethodField()
    first_seen = Moment(source="row.first_seen")
    last_seen = Moment(source="row.last_seen")
    count = serializers.IntegerField(source="row.count")
    agent = serializers.CharField(source="row.agent.username")
    deployment = serializers.IntegerField(source="row.deployment_id", allow_null=True)
    alert = serializers.IntegerField(source="row.alert_id", allow_null=True)

    @extend_schema_field(NamedVersionSerializer(allow_null=True))
    def get_version(self, view: SightingView) -> dict[str, Any] | None:
        """What was seen; null when it is unknown, or you may not see its model."""
        return version_named(view.version)
