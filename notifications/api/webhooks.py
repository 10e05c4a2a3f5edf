"""``/webhooks``: addresses that are told what happens to the models of a project, and how that went."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import Moment, Text, at_field, by_rule
from accounts.queries import find_project
from notifications import operations
from notifications.exceptions import UnsafeAddress
from notifications.models import Webhook, WebhookDelivery, WebhookStatus
from notifications.rules import check_description, check_events, check_name, check_secret
from notifications.vocabulary import EVENTS


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook. Its secret is never shown."""

    project = serializers.SlugRelatedField[Webhook](slug_field="slug", read_only=True)
    events = serializers.ListField(child=serializers.CharField(), read_only=True)
    is_signed = serializers.BooleanField(help_text="Whether its messages are signed with a secret.")
    creator = serializers.CharField(source="creator.username", help_text="Who made it.")
    created_at = Moment()
    updated_at = Moment()

    class Meta:
        model = Webhook
        fields = [
            "uid",
            "project",
            "name",
            "description",
            "url",
            "events",
            "is_signed",
            "status",
            "creator",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class WebhookChangeSerializer(serializers.Serializer[Any]):
    """What may be changed about a webhook."""

    name = Text(required=False, validators=[by_rule(check_name)])
    url = Text(required=False, max_length=2000)
    events = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        validators=[by_rule(check_events)],
        help_text="All events it is to be told of, such as model_version.transitioned.",
    )
    description = Text(required=False, validators=[by_rule(check_description)])
    secret = Text(
        required=False,
        write_only=True,
        validators=[by_rule(check_secret)],
        help_text="What messages are signed with; an empty one ends the signing.",
    )
    status = serializers.ChoiceField(choices=WebhookStatus.choices, required=False)


class NewWebhookSerializer(WebhookChangeSerializer):
    """What a new webhook needs."""

    project = serializers.CharField(max_length=63, help_text="The short name of its project.")
    name = Text(validators=[by_rule(check_name)])
    url = Text(allow_blank=False, max_length=2000)
    events = serializers.ListField(
        child=serializers.CharField(),
        validators=[by_rule(check_events)],
        help_text="What it is to be told of, such as model_version.transitioned.",
    )


class WebhookTestSerializer(serializers.Serializer[Any]):
    """What to send."""

    event = serializers.ChoiceField(choices=sorted(EVENTS), required=False, help_text="Left out: its first event.")


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """What a webhook was told or is owed, and how the last try went."""

    created_at = Moment()
    next_attempt_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "uid",
            "event",
            "is_test",
            "state",
            "attempts",
            "created_at",
            "next_attempt_at",
            "finished_at",
            "response_status",
            "error",
            "duration_ms",
        ]
        read_only_fields = fields


class WebhookQuerySerializer(serializers.Serializer[Any]):
    """Which webhooks."""

    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")


class WebhookViewSet(RetrieveModelMixin, Resource[Webhook]):
    """Webhooks of the projects one manages; to others they do not exist, for an address may be a secret."""

    serializer_class = WebhookSerializer
    lookup_field = "uid"
    lookup_value_regex = "[0-9a-f-]{36}"
    filter_backends = ()
    queryset = Webhook.objects.all()

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.visible_to(self.principal).select_related("project", "creator")

    @extend_schema(parameters=[WebhookQuerySerializer], responses=WebhookSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List webhooks, the newest first."""
        asked, webhooks = self.asked(WebhookQuerySerializer), self.get_queryset()
        if "project" in asked:
            webhooks = webhooks.filter(project__slug=asked["project"])
        return self.page_of(webhooks, WebhookSerializer)

    @extend_schema(request=NewWebhookSerializer, responses={201: WebhookSerializer})
    def create(self, request: Request) -> Response:
        """Let an address be told of events in a project (who manages it)."""
        wanted = self.checked(NewWebhookSerializer)
        project = find_project(self.principal, wanted.pop("project"))
        with at_field("url", UnsafeAddress):
            return self.created(operations.create_webhook(self.principal, project, **wanted))

    @extend_schema(request=WebhookChangeSerializer, responses=WebhookSerializer)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Change what is given; events are replaced as a whole."""
        wanted, webhook = self.checked(WebhookChangeSerializer), self.get_object()
        with at_field("url", UnsafeAddress):
            operations.update_webhook(self.principal, webhook, **wanted)
        return self.answer(self.get_object())

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Tell the webhook nothing any more."""
        operations.delete_webhook(self.principal, self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=WebhookTestSerializer, responses=DeliverySerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, uid: str) -> Response:
        """Send an example at once, and say how that went."""
        wanted = self.checked(WebhookTestSerializer)
        delivery = operations.try_webhook(self.principal, self.get_object(), wanted.get("event"))
        return Response(DeliverySerializer(delivery).data)

    @extend_schema(responses=DeliverySerializer(many=True))
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, uid: str) -> Response:
        """List what the webhook was told and is owed, the newest first."""
        deliveries = WebhookDelivery.objects.filter(webhook=self.get_object())
        return self.page_of(deliveries.defer("body"), DeliverySerializer)
