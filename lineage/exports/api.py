"""``/lineage/export``: the lineage of nodes, all of it, in the format of whoever reads it next."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.base import SignedIn
from accounts.principals import Principal
from audit.exceptions import Hidden
from lineage import kinds
from lineage.exports.formats import FORMATS
from lineage.exports.gathering import Lineage, lineage_of

_DIRECTIONS = ["up", "down", "both"]
_MOST_KEYS = 100


class ExportQuerySerializer(serializers.Serializer[Any]):
    """What is exported, and how."""

    key = serializers.ListField(
        child=serializers.CharField(max_length=2000),
        max_length=_MOST_KEYS,
        help_text="The node: its key, or a name such as version=default/fraud/7 or run=<id>. May be repeated.",
    )
    format = serializers.ChoiceField(choices=sorted(FORMATS), default="ndjson")
    direction = serializers.ChoiceField(
        choices=_DIRECTIONS, required=False, help_text="Without it what the format is for: up or both."
    )
    depth = serializers.IntegerField(min_value=1, required=False, help_text="How many steps; without it all.")


class ExportView(SignedIn):
    """Lineage for others."""

    @extend_schema(
        operation_id="lineage_export",
        parameters=[ExportQuerySerializer],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Export all lineage of a node that you may see; what is hidden is shown as such, never left out silently."""
        query = ExportQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        lineage = _lineage(self.principal, asked)
        return streamed(asked["format"], lineage)


def streamed(name: str, lineage: Lineage) -> StreamingHttpResponse:
    """The answer, piece by piece; a refusal comes before the first."""
    form = FORMATS[name]
    pieces = form.write(lineage)
    first = next(pieces, "")
    response = StreamingHttpResponse(_encoded(itertools.chain([first], pieces)), content_type=form.media_type)
    response["Content-Disposition"] = f'attachment; filename="lineage-{_file_name(lineage.keys[0])}.{form.ending}"'
    response["X-Lineage-Total"] = str(lineage.total)
    return response


def _lineage(principal: Principal, asked: dict[str, Any]) -> Lineage:
    form = FORMATS[asked["format"]]
    found = kinds.resolve(principal, asked["key"])
    if missing := [name for name in asked["key"] if name not in found]:
        raise Hidden(f"There is no node “{missing[0][:200]}”, or you may not see it.")
    return lineage_of(
        principal,
        list(dict.fromkeys(found[name] for name in asked["key"])),
        direction=asked.get("direction", form.direction),
        depth=asked.get("depth"),
        structural=form.structural,
    )


def _encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    return (piece.encode() for piece in pieces)


def _file_name(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", key).strip("-")[-60:] or "graph"
