"""``/metric-curves``: metrics of runs as pictures need them, which is few points of however many there are."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from tracking.models import RunStatus
from tracking.queries.curves import MOST_CURVES, MOST_RUNS, Axis, Curve, Curves, metric_curves
from tracking.queries.curves.reading import MOST_BUCKETS

_PLACE = "A step, or milliseconds: since 1970 for time, since the start of the run for relative."


class CurveQuerySerializer(serializers.Serializer[Any]):
    """Which curves are wanted, along what, and how fine."""

    run = serializers.ListField(
        child=serializers.CharField(max_length=64), help_text=f"Ids of 1 to {MOST_RUNS} runs; repeat the parameter."
    )
    key = serializers.ListField(
        child=serializers.CharField(max_length=250),
        required=False,
        default=list,
        help_text=f"Keys of metrics; repeat the parameter. Without it all, up to {MOST_CURVES} curves.",
    )
    x = serializers.ChoiceField(choices=[str(axis) for axis in Axis], required=False, default=Axis.STEP.value)
    to = serializers.IntegerField(required=False, default=None, help_text=f"The last place. {_PLACE}")
    buckets = serializers.IntegerField(
        required=False, default=500, min_value=1, max_value=MOST_BUCKETS, help_text="At most so many per curve."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The fields, with one whose name is a word of Python."""
        first = serializers.IntegerField(required=False, default=None, help_text=f"The first place. {_PLACE}")
        return {**super().get_fields(), "from": first}


class CurveSerializer(serializers.Serializer[Curve]):
    """One metric of one run. ``columns`` are lists of equal length."""

    run = serializers.CharField()
    run_name = serializers.CharField()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    key = serializers.CharField()
    points = serializers.IntegerField(help_text="How many points lie in the asked part.")
    exact = serializers.BooleanField(
        help_text="True: columns x and value hold every point; a value may be the text NaN, Infinity or -Infinity. "
        "False: each row is a bucket with points, x, x_last, nan, infinite (how many), and of its finite values min, "
        "max, mean, first and last (by time), null without any."
    )
    columns = serializers.DictField(child=serializers.ListField())


class CurvesSerializer(serializers.Serializer[Curves]):
    """Curves by key, and within each key in the order in which the runs were named."""

    x = serializers.CharField(source="axis")
    live = serializers.BooleanField(help_text="Whether one of the runs is still at work.")
    left_out = serializers.IntegerField(help_text="How many more curves there are than an answer shows.")
    not_found = serializers.ListField(child=serializers.CharField(), help_text="Ids of runs that are not there.")
    curves = CurveSerializer(many=True)


class MetricCurvesView(SignedIn):
    """Curves of metrics."""

    @extend_schema(operation_id="metric_curves", parameters=[CurveQuerySerializer], responses=CurvesSerializer)
    def get(self, request: Request) -> Response:
        """Show curves of metrics, thinned by the server so that a million points can be drawn."""
        query = CurveQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        found = metric_curves(
            self.principal,
            asked["run"],
            asked["key"],
            axis=Axis(asked["x"]),
            first=asked["from"],
            last=asked["to"],
            buckets=asked["buckets"],
        )
        return Response(_as_json(found))


def _as_json(found: Curves) -> dict[str, Any]:
    """What `CurvesSerializer` describes, without looking at each of ten thousand numbers."""
    names = ("run", "run_name", "status", "key", "points", "exact", "columns")
    return {
        "x": found.axis,
        "live": found.live,
        "left_out": found.left_out,
        "not_found": found.not_found,
        "curves": [{name: getattr(curve, name) for name in names} for curve in found.curves],
    }
