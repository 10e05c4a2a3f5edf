"""``/logged-models``: models that runs saved, before anybody registered them."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import Moment, by_rule
from tracking import operations
from tracking.api.values import METRIC_VALUE, FilterField, pairs_of
from tracking.models import Lifecycle, LoggedModel, LoggedModelMetric, LoggedModelStatus
from tracking.rules import read_experiment_id
from tracking.search.specs import LOGGED_MODELS


class ModelPointSerializer(serializers.ModelSerializer[LoggedModelMetric]):
    """A value that a run measured of a logged model, perhaps on a dataset."""

    value = serializers.SerializerMethodField(method_name="get_measured")
    run = serializers.SlugRelatedField[LoggedModelMetric](slug_field="uid", read_only=True)

    class Meta:
        model = LoggedModelMetric
        fields = ["key", "value", "step", "timestamp", "run", "dataset_name", "dataset_digest"]
        read_only_fields = fields

    @extend_schema_field(METRIC_VALUE)
    def get_measured(self, point: LoggedModelMetric) -> Any:
        """The number, or NaN as a text."""
        return "NaN" if point.is_nan else point.value


class LoggedModelSerializer(serializers.ModelSerializer[LoggedModel]):
    """A logged model with its params, tags and metrics."""

    project = serializers.CharField(source="experiment.project.slug")
    status = serializers.ChoiceField(choices=LoggedModelStatus.choices)
    source_run = serializers.SlugRelatedField[LoggedModel](slug_field="uid", read_only=True)
    owner = serializers.CharField(source="owner.username", allow_null=True, default=None, help_text="Who made it.")
    created_at = Moment(source="creation_time")
    updated_at = Moment(source="last_update_time")
    params = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    metrics = ModelPointSerializer(many=True, read_only=True)

    class Meta:
        model = LoggedModel
        fields = [
            "uid",
            "project",
            "experiment",
            "name",
            "status",
            "status_message",
            "model_type",
            "source_run",
            "owner",
            "artifact_uri",
            "created_at",
            "updated_at",
            "params",
            "tags",
            "metrics",
        ]
        read_only_fields = fields

    def get_params(self, model: LoggedModel) -> dict[str, str]:
        """What it was made with, by key."""
        return pairs_of(model.params.all())

    def get_tags(self, model: LoggedModel) -> dict[str, str]:
        """Remarks by key."""
        return pairs_of(model.tags.all())


class LoggedModelQuerySerializer(serializers.Serializer[Any]):
    """Which logged models."""

    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    experiment = serializers.CharField(
        max_length=18,
        required=False,
        validators=[by_rule(read_experiment_id)],
        help_text="The number of an experiment.",
    )
    filter = FilterField(LOGGED_MODELS.q)


class LoggedModelViewSet(RetrieveModelMixin, Resource[LoggedModel]):
    """Logged models."""

    serializer_class = LoggedModelSerializer
    lookup_field = "uid"
    lookup_value_regex = "m-[0-9a-f]{32}"
    filter_backends = ()
    queryset = LoggedModel.objects.all()

    def get_queryset(self) -> QuerySet[LoggedModel]:
        visible = LoggedModel.objects.visible_to(self.principal).filter(lifecycle_stage=Lifecycle.ACTIVE)
        return visible.select_related("experiment__project", "source_run", "owner").prefetch_related(
            "params", "tags", Prefetch("metrics", LoggedModelMetric.objects.select_related("run").order_by("pk"))
        )

    @extend_schema(parameters=[LoggedModelQuerySerializer], responses=LoggedModelSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the logged models that match, the newest first."""
        asked = self.asked(LoggedModelQuerySerializer)
        models = self.get_queryset().filter(LOGGED_MODELS.q(asked["filter"]))
        if "project" in asked:
            models = models.filter(experiment__project__slug=asked["project"])
        if "experiment" in asked:
            models = models.filter(experiment=int(asked["experiment"]))
        return self.page_of(models, LoggedModelSerializer)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Delete a logged model; its row stays as provenance."""
        operations.delete_logged_model(self.principal, self.get_object().experiment.project, uid)
        return Response(status=status.HTTP_204_NO_CONTENT)
