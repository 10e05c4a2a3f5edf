"""``/registered-models`` and ``/registered-models/<project>/<name>``."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ReasonSerializer, Resource
from accounts.api.fields import Moment, TagSerializer, Text, at_field, by_rule
from accounts.queries import find_project, find_user
from audit.exceptions import NotFound
from registry import operations
from registry.api.intervals import StayQuerySerializer, StaySerializer
from registry.api.reads import Address, count_versions, find_model, live_versions, shown_models
from registry.api.values import (
    KEY,
    LIFECYCLES,
    MODEL_ADDRESS,
    DescriptionField,
    DescriptionSerializer,
    DetailQuerySerializer,
    NewTagsField,
)
from registry.exceptions import InvalidOwner, NameTaken
from registry.models import Lifecycle, RegisteredModel, StageInterval
from registry.queries.key_metrics import MOST_KEYS, KeyMetrics, MeasuredVersion, key_metrics
from registry.rules import Stage, check_model_name
from registry.search import REGISTERED_MODELS
from tracking.api.values import FilterField, pairs_of

_KINDS = ["model", "prompt", "all"]


class RegisteredModelSerializer(serializers.ModelSerializer[RegisteredModel]):
    """A registered model, with how many versions are in each stage."""

    project = serializers.SlugRelatedField[RegisteredModel](slug_field="slug", read_only=True)
    owner = serializers.CharField(source="owner.username", help_text="Who made it.")
    created_at = Moment()
    updated_at = Moment()
    tags = serializers.SerializerMethodField()
    aliases = serializers.SerializerMethodField()
    version_counts = serializers.SerializerMethodField()

    class Meta:
        model = RegisteredModel
        fields = [
            "id",
            "project",
            "name",
            "description",
            "is_prompt",
            "owner",
            "inherit_access",
            "lifecycle",
            "created_at",
            "updated_at",
            "tags",
            "aliases",
            "version_counts",
        ]
        read_only_fields = fields

    def get_tags(self, model: RegisteredModel) -> dict[str, str]:
        """Remarks by key."""
        return pairs_of(model.tags.all())

    def get_aliases(self, model: Any) -> dict[str, int]:
        """The number of the version that each alias stands for."""
        return {alias.alias: alias.version.number for alias in sorted(model.shown_aliases, key=lambda row: row.key)}

    def get_version_counts(self, model: RegisteredModel) -> dict[str, int]:
        """How many versions are in each stage now."""
        counts: dict[str, int] = self.context["counts"].get(model.pk, {})
        return counts


class RegisteredModelDetailSerializer(RegisteredModelSerializer):
    """A registered model, with the numbers of its versions in Staging and Production."""

    stages = serializers.SerializerMethodField()
    at = Moment(source="shown_at", allow_null=True, default=None, help_text="The moment that was asked about.")

    class Meta(RegisteredModelSerializer.Meta):
        fields = [*RegisteredModelSerializer.Meta.fields, "stages", "at"]
        read_only_fields = fields

    def get_stages(self, model: RegisteredModel) -> dict[str, list[int]]:
        """The versions in Staging and Production."""
        stages: dict[str, list[int]] = self.context["stages"]
        return stages


class NewRegisteredModelSerializer(serializers.Serializer[Any]):
    """What a new model needs."""

    project = serializers.CharField(max_length=63, help_text="The short name of its project.")
    name = Text(allow_blank=False, validators=[by_rule(check_model_name)])
    description = DescriptionField(required=False, default="")
    tags = NewTagsField()


class ModelNameSerializer(serializers.Serializer[Any]):
    """What it is to be called."""

    name = Text(allow_blank=False, validators=[by_rule(check_model_name)])


class InheritanceSerializer(serializers.Serializer[Any]):
    """Whether the project's roles count on it."""

    inherit_access = serializers.BooleanField()


class OwnerSerializer(ReasonSerializer):
    """Who it is handed over to."""

    owner = serializers.CharField(max_length=150, help_text="A user name; they must be able to see the model.")


class RestoreModelSerializer(ReasonSerializer):
    """Which model, when several of this name are in the trash."""

    id = serializers.IntegerField(required=False, help_text="Left out: the one that went there last.")


class RegisteredModelQuerySerializer(serializers.Serializer[Any]):
    """Which models."""

    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    filter = FilterField(REGISTERED_MODELS.q)
    kind = serializers.ChoiceField(choices=_KINDS, required=False, default="model", help_text="Models or prompts.")
    lifecycle = serializers.ChoiceField(choices=LIFECYCLES, required=False, default=Lifecycle.ACTIVE)


def _shown(model: RegisteredModel, at: int | None = None) -> dict[str, Any]:
    """A model that `find_model` found, with what is asked of it alone."""
    context = {"counts": count_versions([model]), "stages": live_versions(model, at)}
    model.shown_at = at  # type: ignore[attr-defined]  # for the serializer
    return RegisteredModelDetailSerializer(model, context=context).data


class KeyMetricsQuerySerializer(serializers.Serializer[Any]):
    """Which metrics."""

    key = serializers.ListField(
        child=serializers.CharField(max_length=250),
        min_length=1,
        max_length=MOST_KEYS,
        help_text=f"The name of a metric; may be repeated up to {MOST_KEYS} times.",
    )


class MeasuredVersionSerializer(serializers.Serializer[MeasuredVersion]):
    """A version whose run may have logged them."""

    number = serializers.IntegerField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    created_at = Moment()
    run = serializers.CharField(allow_blank=True)


class SeriesSerializer(serializers.Serializer[Any]):
    """One metric, as the versions have it."""

    key = serializers.CharField()
    values = serializers.ListField(
        child=serializers.FloatField(allow_null=True), help_text="In the order of the versions; null: not measured."
    )


class KeyMetricsSerializer(serializers.Serializer[KeyMetrics]):
    """Metrics of the newest versions, the oldest of them first."""

    versions = MeasuredVersionSerializer(many=True)
    series = serializers.SerializerMethodField()

    @extend_schema_field(SeriesSerializer(many=True))
    def get_series(self, metrics: KeyMetrics) -> Any:
        """One for each metric that was asked for."""
        return [{"key": key, "values": values} for key, values in metrics.series.items()]


class RegisteredModelListViewSet(Resource[RegisteredModel]):
    """All registered models."""

    serializer_class = RegisteredModelSerializer
    filter_backends = ()
    queryset = RegisteredModel.objects.none()

    @extend_schema(parameters=[RegisteredModelQuerySerializer], responses=RegisteredModelSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the models that match, the newest first."""
        asked = self.asked(RegisteredModelQuerySerializer)
        models = shown_models(self.principal).filter(REGISTERED_MODELS.q(asked["filter"]))
        if "project" in asked:
            models = models.filter(project__slug=asked["project"])
        if asked["kind"] != "all":
            models = models.filter(is_prompt=asked["kind"] == "prompt")
        if asked["lifecycle"] != "all":
            models = models.filter(lifecycle=asked["lifecycle"])
        page = self.paginate_queryset(models) or []
        context = {"counts": count_versions(page) if page else {}}
        return self.get_paginated_response(RegisteredModelSerializer(page, many=True, context=context).data)

    @extend_schema(request=NewRegisteredModelSerializer, responses={201: RegisteredModelDetailSerializer})
    def create(self, request: Request) -> Response:
        """Make a model, or with the tag ``mlflow.prompt.is_prompt`` a prompt."""
        wanted = self.checked(NewRegisteredModelSerializer)
        project = find_project(self.principal, wanted.pop("project"))
        with at_field("name", NameTaken):
            model = operations.create_registered_model(self.principal, project, **wanted)
        address = Address(project.slug, model.name)
        return Response(_shown(find_model(self.principal, address)), status=status.HTTP_201_CREATED)


@extend_schema(parameters=MODEL_ADDRESS)
class RegisteredModelViewSet(Resource[RegisteredModel]):
    """One registered model."""

    serializer_class = RegisteredModelDetailSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/\x00]+"
    filter_backends = ()
    queryset = RegisteredModel.objects.none()

    @extend_schema(parameters=[DetailQuerySerializer])
    def retrieve(self, request: Request, project: str, name: str) -> Response:
        """Show a model: how it is, or with ``at`` which stages and aliases its versions had at that moment."""
        asked = self.asked(DetailQuerySerializer)
        model = find_model(self.principal, Address(project, name), **asked)
        return Response(_shown(model, asked.get("at")))

    @extend_schema(request=DescriptionSerializer, responses=RegisteredModelDetailSerializer)
    def partial_update(self, request: Request, project: str, name: str) -> Response:
        """Describe a model anew."""
        wanted = self.checked(DescriptionSerializer)
        return self._show(operations.update_registered_model(self.principal, self._model(project, name), **wanted))

    @extend_schema(request=ModelNameSerializer, responses=RegisteredModelDetailSerializer)
    @action(detail=True, methods=["post"])
    def rename(self, request: Request, project: str, name: str) -> Response:
        """Give a model another name, and with it another address; everything of it stays with it."""
        wanted, model = self.checked(ModelNameSerializer), self._model(project, name)
        with at_field("name", NameTaken):
            model = operations.rename_registered_model(self.principal, model, wanted["name"])
        return self._show(model)

    @extend_schema(request=InheritanceSerializer, responses=RegisteredModelDetailSerializer)
    @action(detail=True, methods=["post"], url_path="set-inheritance")
    def set_inheritance(self, request: Request, project: str, name: str) -> Response:
        """Say whether the project's roles count on the model, or only roles on the model itself (project admins)."""
        inherits = self.checked(InheritanceSerializer)["inherit_access"]
        model = operations.set_inheritance(self.principal, self._model(project, name), inherits=inherits)
        return self._show(model)

    @extend_schema(request=OwnerSerializer, responses=RegisteredModelDetailSerializer)
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, project: str, name: str) -> Response:
        """Hand a model over to another owner; roles stay as they are."""
        wanted, model = self.checked(OwnerSerializer), self._model(project, name)
        with at_field("owner", InvalidOwner, NotFound):
            owner = find_user(self.principal, wanted["owner"])
            model = operations.transfer_ownership(self.principal, model, owner, reason=wanted["reason"])
        return self._show(model)

    @extend_schema(request=ReasonSerializer, responses={204: None})
    def destroy(self, request: Request, project: str, name: str) -> Response:
        """Move a model with its versions to the trash."""
        reason = self.checked(ReasonSerializer)
        operations.delete_registered_model(self.principal, self._model(project, name), **reason)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=RestoreModelSerializer, responses=RegisteredModelDetailSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, project: str, name: str) -> Response:
        """Take a model out of the trash, with its versions and aliases as they were."""
        wanted = self.checked(RestoreModelSerializer)
        model = find_model(
            self.principal, Address(project, name), lifecycle=Lifecycle.TRASHED, model_id=wanted.get("id")
        )
        with at_field("name", NameTaken):
            model = operations.restore_registered_model(self.principal, model, reason=wanted["reason"])
        return self._show(model)

    @extend_schema(parameters=[KEY], request=TagSerializer, responses=RegisteredModelDetailSerializer)
    @action(detail=True, methods=["put"], url_path="tags/(?P<key>[^\x00]+)")
    def set_tag(self, request: Request, project: str, name: str, key: str) -> Response:
        """Set a tag."""
        value, model = self.checked(TagSerializer)["value"], self._model(project, name)
        operations.set_model_tag(self.principal, model, key, value)
        return self._show(model)

    @extend_schema(parameters=[KEY], responses={204: None})
    @set_tag.mapping.delete
    def delete_tag(self, request: Request, project: str, name: str, key: str) -> Response:
        """Take a tag off; one that is not there is no mistake."""
        operations.delete_model_tag(self.principal, self._model(project, name), key)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[StayQuerySerializer], responses=StaySerializer(many=True))
    @action(detail=True, methods=["get"])
    def stages(self, request: Request, project: str, name: str) -> Response:
        """List which version was in which stage, from when to when, the newest first; with ``at`` only then."""
        asked = self.asked(StayQuerySerializer)
        stays = StageInterval.objects.filter(model=self._model(project, name))
        if "at" in asked:
            stays = stays.at(asked["at"])
        if "stage" in asked:
            stays = stays.filter(stage=asked["stage"])
        return self.page_of(stays.select_related("version", "actor"), StaySerializer)

    @extend_schema(parameters=[KeyMetricsQuerySerializer], responses=KeyMetricsSerializer)
    @action(detail=True, methods=["get"])
    def metrics(self, request: Request, project: str, name: str) -> Response:
        """Show metrics over the newest versions, as the runs that made them logged them last."""
        asked = self.asked(KeyMetricsQuerySerializer)
        found = key_metrics(self.principal, self._model(project, name), asked["key"])
        return Response(KeyMetricsSerializer(found).data)

    def _model(self, project: str, name: str) -> RegisteredModel:
        return find_model(self.principal, Address(project, name))

    def _show(self, model: RegisteredModel) -> Response:
        """The model as it is after an operation, perhaps under another name."""
        return Response(_shown(find_model(self.principal, Address(self.kwargs["project"], model.name))))
