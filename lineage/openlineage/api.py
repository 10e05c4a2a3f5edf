"""``POST /api/v1/lineage``: where clients of OpenLineage send their events without knowing that this is no Marquez."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from audit.exceptions import InvalidInput, Refusal, TooLarge
from lineage.bulk.openlineage import ingest_event
from lineage.exchange.projects import PROJECT, WORKSPACE, project_of
from lineage.exchange.reading import body_of, json_of

_MOST_EVENTS = 1_000
_EVENT = OpenApiTypes.OBJECT


class TakenSerializer(serializers.Serializer[Any]):
    """What became of an event."""

    new = serializers.BooleanField(help_text="False when the same event had been sent before.")


class BatchSummarySerializer(serializers.Serializer[Any]):
    """How many events were taken."""

    received = serializers.IntegerField()
    successful = serializers.IntegerField()
    failed = serializers.IntegerField()
    retriable = serializers.IntegerField()
    non_retriable = serializers.IntegerField()


class FailedEventSerializer(serializers.Serializer[Any]):
    """An event that was not taken."""

    index = serializers.IntegerField(help_text="Which one, from 0.")
    reason = serializers.CharField()
    retriable = serializers.BooleanField()


class BatchTakenSerializer(serializers.Serializer[Any]):
    """What became of many events."""

    status = serializers.ChoiceField(choices=["success", "partial_success", "failure"])
    summary = BatchSummarySerializer()
    failed_events = FailedEventSerializer(many=True)


class EventBatchView(SignedIn):
    """Many events at once."""

    @extend_schema(
        operation_id="lineage_events_batch",
        parameters=[PROJECT, WORKSPACE],
        request={"application/json": {"type": "array", "items": {"type": "object"}}},
        responses={200: BatchTakenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Take in a list of OpenLineage events; those that cannot be taken are named, the others are kept."""
        project = project_of(self.principal, request)
        sent = json_of(body_of(request._request))
        events = sent.get("events") if isinstance(sent, dict) else sent
        if not isinstance(events, list):
            raise InvalidInput("Send a list of events.")
        if len(events) > _MOST_EVENTS:
            raise TooLarge(f"Send at most {_MOST_EVENTS} events at once.")
        failed = []
        for index, event in enumerate(events):
            try:
                ingest_event(self.principal, project, event)
            except Refusal as refusal:
                failed.append({"index": index, "reason": str(refusal), "retriable": refusal.status >= 500})
        return Response(_summary(len(events), failed))


def take_event(view: SignedIn, request: Request) -> Response:
    """Take in one event: 201 when it is new, 200 when the same was sent before."""
    project = project_of(view.principal, request)
    new = ingest_event(view.principal, project, json_of(body_of(request._request)))
    return Response({"new": new}, status=201 if new else 200)


def _summary(received: int, failed: list[dict[str, Any]]) -> dict[str, Any]:
    retriable = sum(event["retriable"] for event in failed)
    status = "success" if not failed else "failure" if len(failed) == received else "partial_success"
    return {
        "status": status,
        "summary": {
            "received": received,
            "successful": received - len(failed),
            "failed": len(failed),
            "retriable": retriable,
            "non_retriable": len(failed) - retriable,
        },
        "failed_events": failed,
    }
