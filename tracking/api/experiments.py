"""``/experiments``: series of runs that belong together."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import Moment, TagSerializer, Text, TextMap, at_field, by_rule
from accounts.queries import find_project
from audit.exceptions import AlreadyExists, BadRequest
from tracking import operations
from tracking.api.values import LIFECYCLES, FilterField, as_items, check_tags, pairs_of
from tracking.models import Experiment, Lifecycle
from tracking.queries import find_visible_experiment
from tracking.queries.keys import Keys, keys_of_experiment, values_in_experiment
from tracking.rules import read_experiment_name, read_location
from tracking.search.specs import EXPERIMENTS

KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The key of the tag.")


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    """An experiment."""

    project = serializers.SlugRelatedField[Experiment](slug_field="slug", read_only=True)
    owner = serializers.CharField(source="owner.username", allow_null=True, default=None, help_text="Who made it.")
    lifecycle = serializers.ChoiceField(source="lifecycle_stage", choices=Lifecycle.choices)
    created_at = Moment(source="creation_time")
    updated_at = Moment(source="last_update_time")
    tags = serializers.SerializerMethodField()

    class Meta:
        model = Experiment
        fields = [
            "id",
            "project",
            "name",
            "artifact_location",
            "lifecycle",
            "owner",
            "created_at",
            "updated_at",
            "tags",
        ]
        read_only_fields = fields

    def get_tags(self, experiment: Experiment) -> dict[str, str]:
        """Remarks by key."""
        return pairs_of(experiment.tags.all())


class NewExperimentSerializer(serializers.Serializer[Any]):
    """What a new experiment needs."""

    project = serializers.CharField(max_length=63, help_text="The short name of its project.")
    name = Text(allow_blank=False, validators=[by_rule(read_experiment_name)])
    artifact_location = Text(
        required=False,
        default="",
        validators=[by_rule(read_location)],
        help_text="An object store that clients reach by themselves; left out: kept by this server.",
    )
    tags = TextMap(required=False, default=dict, validators=[by_rule(check_tags)])


class ExperimentNameSerializer(serializers.Serializer[Any]):
    """What it is to be called."""

    name = Text(allow_blank=False, validators=[by_rule(read_experiment_name)])


class ExperimentQuerySerializer(serializers.Serializer[Any]):
    """Which experiments."""

    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    filter = FilterField(EXPERIMENTS.q)
    lifecycle = serializers.ChoiceField(choices=LIFECYCLES, required=False, default=Lifecycle.ACTIVE)


class KeysQuerySerializer(serializers.Serializer[Any]):
    """Which keys."""

    contains = Text(required=False, default="", max_length=250, help_text="A part of the key, in whatever case.")


class KeysSerializer(serializers.Serializer[Keys]):
    """The keys that the runs of an experiment have; at most a thousand of each kind."""

    metrics = serializers.ListField(child=serializers.CharField())
    params = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())


class ValuesQuerySerializer(serializers.Serializer[Any]):
    """Of which param or tag."""

    kind = serializers.ChoiceField(choices=["param", "tag"])
    key = Text(max_length=250)


class ValuesSerializer(serializers.Serializer[Any]):
    """The different values of a param or tag, the beginning of long ones; at most two hundred."""

    values = serializers.ListField(child=serializers.CharField())


class ExperimentViewSet(RetrieveModelMixin, Resource[Experiment]):
    """Experiments."""

    serializer_class = ExperimentSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    queryset = Experiment.objects.all()

    def get_queryset(self) -> QuerySet[Experiment]:
        visible = Experiment.objects.visible_to(self.principal)
        return visible.select_related("project", "owner").prefetch_related("tags")

    @extend_schema(parameters=[ExperimentQuerySerializer], responses=ExperimentSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the experiments that match, the newest first."""
        asked = self.asked(ExperimentQuerySerializer)
        experiments = self.get_queryset().filter(EXPERIMENTS.q(asked["filter"]))
        if "project" in asked:
            experiments = experiments.filter(project__slug=asked["project"])
        if asked["lifecycle"] != "all":
            experiments = experiments.filter(lifecycle_stage=asked["lifecycle"])
        return self.page_of(experiments, ExperimentSerializer)

    @extend_schema(request=NewExperimentSerializer, responses={201: ExperimentSerializer})
    def create(self, request: Request) -> Response:
        """Make an experiment."""
        wanted = self.checked(NewExperimentSerializer)
        project = find_project(self.principal, wanted.pop("project"))
        with at_field("name", AlreadyExists):
            experiment = operations.create_experiment(
                self.principal, project, **wanted | {"tags": as_items(wanted["tags"])}
            )
        return self.created(experiment)

    @extend_schema(request=ExperimentNameSerializer, responses=ExperimentSerializer)
    @action(detail=True, methods=["post"])
    def rename(self, request: Request, pk: str) -> Response:
        """Give an experiment another name (its maker, or a maintainer)."""
        wanted, experiment = self.checked(ExperimentNameSerializer), self.get_object()
        with at_field("name", BadRequest):
            operations.rename_experiment(self.principal, experiment.project, pk, **wanted)
        return self.answer(self.get_object())

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an experiment, and with it all its runs, until it is restored."""
        operations.delete_experiment(self.principal, self.get_object().project, pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=ExperimentSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Restore an experiment and all its runs."""
        operations.restore_experiment(self.principal, self.get_object().project, pk)
        return self.answer(self.get_object())

    @extend_schema(parameters=[KeysQuerySerializer], responses=KeysSerializer)
    @action(detail=True, methods=["get"])
    def keys(self, request: Request, pk: str) -> Response:
        """Say which metrics, params and tags the runs of an experiment have."""
        asked, experiment = self.asked(KeysQuerySerializer), find_visible_experiment(self.principal, int(pk))
        return Response(KeysSerializer(keys_of_experiment(experiment.pk).containing(asked["contains"])).data)

    @extend_schema(parameters=[ValuesQuerySerializer], responses=ValuesSerializer)
    @action(detail=True, methods=["get"])
    def values(self, request: Request, pk: str) -> Response:
        """Say which values a param or tag has among the runs of an experiment."""
        asked, experiment = self.asked(ValuesQuerySerializer), find_visible_experiment(self.principal, int(pk))
        return Response({"values": values_in_experiment(experiment.pk, asked["kind"], asked["key"])})

    @extend_schema(parameters=[KEY], request=TagSerializer, responses=ExperimentSerializer)
    @action(detail=True, methods=["put"], url_path="tags/(?P<key>[^\x00]+)")
    def set_tag(self, request: Request, pk: str, key: str) -> Response:
        """Set a tag."""
        value = self.checked(TagSerializer)["value"]
        operations.set_experiment_tag(self.principal, self.get_object().project, pk, key=key, value=value)
        return self.answer(self.get_object())

    @extend_schema(parameters=[KEY], responses={204: None})
    @set_tag.mapping.delete
    def delete_tag(self, request: Request, pk: str, key: str) -> Response:
        """Take a tag off."""
        operations.delete_experiment_tag(self.principal, self.get_object().project, pk, key=key)
        return Response(status=status.HTTP_204_NO_CONTENT)
