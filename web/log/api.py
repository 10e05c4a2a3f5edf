"""``/audit/events`` and ``/audit/export``: reading the log, within what each may read."""

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from accounts.models import Project
from accounts.names import names_of
from audit.exceptions import NotFound
from audit.export import CONTENT_TYPES, ExportFormat, export_events
from audit.models import AuditEvent
from audit.queries import EventView, find_events, named_in, view_events, visible_events
from web.log.filters import EventFilterSerializer, as_text, parse_filter
from web.operations import note_log_reading, record_log_export

_FILTERS = [EventFilterSerializer]


class ActorSerializer(serializers.Serializer[Any]):
    """Who acted, and how they showed who they are."""

    id = serializers.CharField()
    kind = serializers.CharField()
    auth = serializers.CharField()
    token = serializers.CharField()


class SubjectSerializer(serializers.Serializer[Any]):
    """What something was done to. ``seq`` counts its events; an attempt that changed nothing has none."""

    type = serializers.CharField()
    id = serializers.CharField()
    label = serializers.CharField(default="")  # type: ignore[assignment]  # the name is also an option of fields
    seq = serializers.IntegerField(allow_null=True, default=None)


class EventSerializer(serializers.Serializer[EventView]):
    """One event in a list."""

    uid = serializers.UUIDField(source="event.uid")
    ts = serializers.DateTimeField(source="event.ts")
    type = serializers.CharField(source="event.action")
    outcome = serializers.CharField(source="event.outcome")
    actor = ActorSerializer(source="body.actor")
    object = SubjectSerializer(source="body.object")
    project = serializers.CharField(source="project_name", help_text="The short name of its project; empty: none.")
    request_id = serializers.CharField(source="event.request_id")
    summary = serializers.CharField(help_text="What happened, as a sentence without its subject.")


class EventDetailSerializer(EventSerializer):
    """One event with everything that the one who asks may know."""

    before = serializers.DictField(help_text="What the object was like, as far as it changed.")
    after = serializers.DictField(help_text="What it is like since.")
    also = serializers.ListField(child=serializers.DictField(), help_text="Further objects that changed with it.")
    private = serializers.DictField(
        child=serializers.CharField(), help_text="reason; address and user_agent for those who may know them."
    )
    prev = serializers.CharField(source="event.prev", help_text="The head of the object's chain before this event.")
    leaf = serializers.CharField(source="event.leaf", help_text="SHA-256 of a zero byte and the canonical body.")
    canonical = serializers.SerializerMethodField(help_text="The canonical body as text, byte for byte.")

    def get_canonical(self, view: EventView) -> str:
        """What was hashed."""
        return bytes(view.event.body).decode()


class EventListView(SignedIn, GenericAPIView[AuditEvent]):
    """Events."""

    serializer_class = EventSerializer  # type: ignore[assignment]  # it shows views of the events
    filter_backends = ()
    queryset = AuditEvent.objects.none()
    project: Project | None = None

    def get_queryset(self) -> QuerySet[AuditEvent]:
        wanted = _checked(EventFilterSerializer, self.request)
        event_filter, self.project = parse_filter(self.principal, wanted)
        return find_events(self.principal, event_filter)

    @extend_schema(parameters=_FILTERS, responses=EventSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the events one may read, the newest first. An auditor's reading is recorded, once a minute."""
        events = list(self.paginate_queryset(self.get_queryset()) or [])
        views: Any = view_events(self.principal, events, names_of(named_in(events)))
        if events:
            note_log_reading(self.principal, self.project)
        return self.get_paginated_response(EventSerializer(views, many=True).data)


class EventDetailView(SignedIn):
    """One event."""

    @extend_schema(
        parameters=[OpenApiParameter("uid", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        responses=EventDetailSerializer,
    )
    def get(self, request: Request, uid: str) -> Response:
        """Show one event with what changed."""
        event = visible_events(self.principal).select_related("private").filter(uid=uid).first()
        if event is None:
            raise NotFound("There is no event with this uid, or you may not read it.")
        (view,) = view_events(self.principal, [event], names_of(named_in([event])))
        note_log_reading(self.principal, None)
        return Response(EventDetailSerializer(view).data)


class ExportQuerySerializer(EventFilterSerializer):
    """Which events, and as which kind of file."""

    format = serializers.ChoiceField(choices=[str(kind) for kind in ExportFormat], required=False, default="ndjson")


class ExportView(SignedIn):
    """The log as a file."""

    @extend_schema(
        parameters=[ExportQuerySerializer],
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream the events one may read, the oldest first. NDJSON lines hold the canonical bodies. It is recorded."""
        wanted = _checked(ExportQuerySerializer, request)
        export_format = ExportFormat(wanted.pop("format"))
        principal = self.principal
        event_filter, project = parse_filter(principal, wanted)
        record_log_export(principal, project, export_format=str(export_format), filters=as_text(wanted))
        response = StreamingHttpResponse(
            export_events(find_events(principal, event_filter), export_format),
            content_type=CONTENT_TYPES[export_format],
        )
        name = f"audit-{timezone.now():%Y%m%d-%H%M%S}.{export_format}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _checked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    # An empty field of a form asks for nothing.
    given = {key: value for key, value in request.query_params.items() if value != ""}
    query = serializer(data=given)
    query.is_valid(raise_exception=True)
    wanted: dict[str, Any] = query.validated_data
    return wanted
