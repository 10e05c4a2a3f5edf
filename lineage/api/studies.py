"""Questions that put several walks together: impact, paths, difference, view, heat map, recipe, coverage."""

import csv
from collections.abc import Iterator
from typing import Any, Final

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from lineage.api.answers import (
    CoverageAnswerSerializer,
    HeatmapAnswerSerializer,
    ImpactAnswerSerializer,
    LineageDifferenceSerializer,
    PictureSerializer,
    RecipeSerializer,
    WaysAnswerSerializer,
)
from lineage.api.graph import Question
from lineage.api.questions import (
    CoverageSerializer,
    DiffSerializer,
    HeatmapSerializer,
    ImpactSerializer,
    PathsSerializer,
    ReproduceSerializer,
    ViewSerializer,
)
from lineage.api.rendering import framed
from lineage.queries.answers import NodeView
from lineage.queries.coverage import coverage
from lineage.queries.differences import difference
from lineage.queries.heat import heatmap
from lineage.queries.impact import Impact, impact, impact_lines, whole_impact
from lineage.queries.pictures import picture
from lineage.queries.recipes import Recipe, checked_recipe
from lineage.queries.ways import ways
from lineage.views.recalls import safe_cell

_COLUMNS: Final = ("kind", "label", "depth", "stage", "state", "project", "owner", "pinned", "recalled", "key")
_FORMS: Final = {(200, "application/json"): ImpactAnswerSerializer, (200, "text/csv"): OpenApiTypes.STR}


class ImpactView(Question):
    """Everything downstream."""

    @extend_schema(operation_id="lineage_impact", parameters=[ImpactSerializer], responses=_FORMS)
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """What would be concerned if some nodes were bad: counts, what is in use first, and pages of all of it.

        With `format=csv` all of it comes as one file.
        """
        return self._answer()

    @extend_schema(operation_id="lineage_impact_ask", request=ImpactSerializer, responses=_FORMS)
    def post(self, request: Request) -> Response | StreamingHttpResponse:
        """An impact, asked for in the body."""
        return self._answer()

    def _answer(self) -> Response | StreamingHttpResponse:
        asked = self.asked(ImpactSerializer)
        if self.wants("text/csv"):
            return nodes_csv(impact_lines(self.principal, asked["start"], as_of=asked["as_of"]), "impact.csv")
        start = asked.pop("start")
        return Response(shown_impact(impact(self.principal, start, **asked)))


class GlassSerializer(serializers.Serializer[Any]):
    """Why everything has to be seen."""

    key = serializers.CharField(max_length=2_000, help_text="A key or a name.")
    reason = serializers.CharField(max_length=4_000, help_text="What the emergency is, in at least 30 characters.")


class WholeImpactView(Question):
    """Everything downstream, past every wall."""

    @extend_schema(operation_id="lineage_impact_whole", request=GlassSerializer, responses=ImpactAnswerSerializer)
    def post(self, request: Request) -> Response:
        """The whole impact of one node, in an emergency: for signed-in incident responders, with a reason.

        It is recorded in every project that is concerned, and their admins are told.
        """
        asked = self.asked(GlassSerializer)
        return Response(shown_impact(whole_impact(self.principal, asked["key"], reason=asked["reason"])))


class PathsView(Question):
    """The ways between two nodes."""

    @extend_schema(operation_id="lineage_paths", parameters=[PathsSerializer], responses=WaysAnswerSerializer)
    def get(self, request: Request) -> Response:
        """Every node on any way down from `source` to `target`, and the k shortest ways."""
        return self._answer()

    @extend_schema(operation_id="lineage_paths_ask", request=PathsSerializer, responses=WaysAnswerSerializer)
    def post(self, request: Request) -> Response:
        """Paths, asked for in the body."""
        return self._answer()

    def _answer(self) -> Response:
        asked = self.asked(PathsSerializer)
        found = ways(self.principal, asked["source"], asked["target"], count=asked["k"], as_of=asked["as_of"])
        parts = {"nodes": found.nodes, "edges": found.edges, "segments": found.segments, "shortest": found.shortest}
        return Response(framed(found.frame, **parts))


class DiffView(Question):
    """What two things were made of."""

    @extend_schema(operation_id="lineage_diff", parameters=[DiffSerializer], responses=LineageDifferenceSerializer)
    def get(self, request: Request) -> Response:
        """What only `a` or only `b` was made of, what changed between them, and how their params and metrics differ."""
        return self._answer()

    @extend_schema(operation_id="lineage_diff_ask", request=DiffSerializer, responses=LineageDifferenceSerializer)
    def post(self, request: Request) -> Response:
        """A difference, asked for in the body."""
        return self._answer()

    def _answer(self) -> Response:
        found = difference(self.principal, **self.asked(DiffSerializer))
        names = ("a", "b", "only_a", "only_b", "both", "changed", "params", "metrics")
        return Response(framed(found.frame, **{name: getattr(found, name) for name in names}))


class ViewView(Question):
    """A picture."""

    @extend_schema(operation_id="lineage_view", parameters=[ViewSerializer], responses=PictureSerializer)
    def get(self, request: Request) -> Response:
        """What a page draws around `focus`: nodes and counted groups within a budget, with their places."""
        return self._answer()

    @extend_schema(operation_id="lineage_view_ask", request=ViewSerializer, responses=PictureSerializer)
    def post(self, request: Request) -> Response:
        """A picture, asked for in the body."""
        return self._answer()

    def _answer(self) -> Response:
        found = picture(self.principal, **self.asked(ViewSerializer))
        parts = {name: getattr(found, name) for name in ("focus", "things", "bundles", "segments")}
        return Response(framed(found.frame, **parts))


class HeatmapView(Question):
    """Data against what was made of it."""

    @extend_schema(operation_id="lineage_heatmap", parameters=[HeatmapSerializer], responses=HeatmapAnswerSerializer)
    def get(self, request: Request) -> Response:
        """Versions of datasets against models, stages or projects: how much was made directly of each, and the best."""
        return self._answer()

    @extend_schema(operation_id="lineage_heatmap_ask", request=HeatmapSerializer, responses=HeatmapAnswerSerializer)
    def post(self, request: Request) -> Response:
        """A heat map, asked for in the body."""
        return self._answer()

    def _answer(self) -> Response:
        asked = self.asked(HeatmapSerializer)
        found = heatmap(self.principal, asked.pop("start"), **asked)
        names = ("rows", "rows_total", "columns", "columns_total", "cells")
        return Response(framed(found.frame, **{name: getattr(found, name) for name in names}))


class ReproduceView(Question):
    """A recipe."""

    @extend_schema(operation_id="lineage_reproduce", parameters=[ReproduceSerializer], responses=RecipeSerializer)
    def get(self, request: Request) -> Response:
        """Everything it takes to make a run or a model version again; 409 with the list when something is missing."""
        found = checked_recipe(self.principal, self.asked(ReproduceSerializer)["key"], shown_recipe)
        return Response(shown_recipe(found))


class CoverageView(Question):
    """How much is pinned."""

    @extend_schema(operation_id="lineage_coverage", parameters=[CoverageSerializer], responses=CoverageAnswerSerializer)
    def get(self, request: Request) -> Response:
        """How many runs or versions of a project say exactly what they were made of, over time, and which do not."""
        asked = self.asked(CoverageSerializer)
        found = coverage(self.principal, asked.pop("project"), **asked)
        names = ("pinned", "without_inputs", "over_time", "unpinned")
        parts = {name: getattr(found, name) for name in names}
        return Response(framed(found.frame, every=found.total, **parts))


def shown_impact(found: Impact) -> dict[str, Any]:
    """An impact as JSON."""
    names = ("counts", "groups", "live", "live_total", "nodes")
    return framed(found.frame, **{name: getattr(found, name) for name in names})


def shown_recipe(found: Recipe) -> dict[str, Any]:
    """A recipe as JSON."""
    names = (
        "made",
        "run",
        "code",
        "image",
        "environment",
        "data",
        "others",
        "command",
        "seed",
        "params",
        "metrics",
        "missing",
    )
    return framed(found.frame, **{name: getattr(found, name) for name in names})


def nodes_csv(nodes: Iterator[NodeView], name: str) -> StreamingHttpResponse:
    """Nodes as a file; cells cannot be taken for formulas."""
    response = StreamingHttpResponse(_lines(nodes), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Line:
    def write(self, line: str) -> str:
        return line


def _lines(nodes: Iterator[NodeView]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(_COLUMNS)
    for node in nodes:
        yield writer.writerow([safe_cell(str(getattr(node, column))) for column in _COLUMNS])
