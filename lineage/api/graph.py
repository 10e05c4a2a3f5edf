"""Questions to the graph. Each may be asked by GET, or by POST when it is long; neither changes anything."""

from typing import Any, Final

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from audit.exceptions import TooLarge
from lineage.api.answers import NodeAnswerSerializer, WalkAnswerSerializer
from lineage.api.questions import OneStartSerializer, WalkSerializer
from lineage.api.rendering import framed, ndjson
from lineage.api.words import Starts, Words, asked_of
from lineage.queries import walking

#: A question is not larger than this.
LARGEST: Final = 4_000_000


class AnyAccept(BaseContentNegotiation):
    """Answers whatever is asked for: a view looks at ``Accept`` by itself."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The first one."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first one."""
        return renderers[0], renderers[0].media_type


class Question(SignedIn):
    """The base of all questions."""

    content_negotiation_class = AnyAccept

    def asked(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What is asked, checked. Raises ``ValidationError`` and `TooLarge`."""
        if int(self.request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
            raise TooLarge(f"A question has at most {LARGEST:,} bytes.")
        question = serializer()
        lists = [name for name, field in question.fields.items() if isinstance(field, Starts | Words)]
        question = serializer(data=asked_of(self.request, *lists))
        question.is_valid(raise_exception=True)
        checked: dict[str, Any] = question.validated_data
        return checked

    def wants(self, media_type: str) -> bool:
        """Whether the asker wants this form of answer, by ``Accept`` or ``format``."""
        word = media_type.rpartition("/")[2].removeprefix("x-")
        accepted = self.request.headers.get("Accept", "")
        return media_type in accepted or self.request.query_params.get("format") == word


class NodeView(Question):
    """One node."""

    @extend_schema(operation_id="lineage_node", parameters=[OneStartSerializer], responses=NodeAnswerSerializer)
    def get(self, request: Request) -> Response:
        """One node, and how many neighbours of each kind it has one step up and one step down."""
        return self._answer()

    @extend_schema(operation_id="lineage_node_ask", request=OneStartSerializer, responses=NodeAnswerSerializer)
    def post(self, request: Request) -> Response:
        """One node, asked for in the body."""
        return self._answer()

    def _answer(self) -> Response:
        asked = self.asked(OneStartSerializer)
        found = walking.node(self.principal, asked["key"], as_of=asked["as_of"])
        return Response(
            framed(found.frame, node=found.node, up=found.up, down=found.down, segments_beside=found.segments)
        )


class WalkView(Question):
    """Everything that can be reached from some nodes."""

    @extend_schema(
        operation_id="lineage_walk",
        parameters=[WalkSerializer],
        responses={(200, "application/json"): WalkAnswerSerializer, (200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """What some nodes were made of (up), or what was made of them (down), in pages with exact totals.

        With `Accept: application/x-ndjson` all of it comes at once, one JSON object a line: `answer` first, then every
        `node`, `edge` and `segment`.
        """
        return self._answer()

    @extend_schema(
        operation_id="lineage_walk_ask",
        request=WalkSerializer,
        responses={(200, "application/json"): WalkAnswerSerializer, (200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> Response | StreamingHttpResponse:
        """A walk, asked for in the body: as many as 1,000 starts."""
        return self._answer()

    def _answer(self) -> Response | StreamingHttpResponse:
        asked = WalkSerializer.walk(self.asked(WalkSerializer))
        if self.wants("application/x-ndjson"):
            return ndjson(walking.stream(self.principal, asked))
        found = walking.walk(self.principal, asked)
        return Response(framed(found.frame, nodes=found.nodes, edges=found.edges, segments=found.segments))
