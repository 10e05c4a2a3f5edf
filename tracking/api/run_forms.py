"""What goes in and comes out of ``/runs``."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Moment, Text, TextMap, by_rule
from tracking.api.values import (
    LIFECYCLES,
    FilterField,
    MetricValueField,
    PointSerializer,
    as_map,
    check_params,
    check_tags,
)
from tracking.models import Lifecycle, RunStatus
from tracking.operations.many_runs import MOST_RUNS
from tracking.rows import Item, RunRow
from tracking.rules import check_key, read_experiment_id
from tracking.rules.batches import MOST_METRICS
from tracking.search.specs import RUNS


class DatasetSerializer(serializers.Serializer[Item]):
    """A dataset that a run read."""

    name = serializers.CharField(source="dataset.name")
    digest = serializers.CharField(source="dataset.digest")
    source_type = serializers.CharField(source="dataset.source_type")
    source = serializers.CharField(source="dataset.source")  # type: ignore[assignment]  # a field of that name
    schema = serializers.CharField(source="dataset.schema", default=None, allow_null=True)
    profile = serializers.CharField(source="dataset.profile", default=None, allow_null=True)
    tags = serializers.SerializerMethodField()

    def get_tags(self, item: Item) -> dict[str, str]:
        """What it was used for, and other remarks."""
        return as_map(item["tags"])


class OutputSerializer(serializers.Serializer[Item]):
    """A logged model that a run made."""

    logged_model = serializers.CharField(source="model_id", help_text="Its uid.")
    step = serializers.IntegerField()


class RunSerializer(serializers.Serializer[RunRow]):
    """A run with its metrics (the latest value of each), params and tags."""

    uid = serializers.CharField(source="head.uid")
    project = serializers.SerializerMethodField()
    experiment = serializers.IntegerField(source="head.experiment_id", help_text="The number of its experiment.")
    name = serializers.CharField(source="head.name")
    status = serializers.ChoiceField(source="head.status", choices=RunStatus.choices)
    lifecycle = serializers.ChoiceField(
        source="head.lifecycle_stage", choices=Lifecycle.choices, help_text="deleted also while its experiment is."
    )
    owner = serializers.SerializerMethodField(help_text="The user name of whoever made it.")
    started_at = Moment(source="head.start_time")
    ended_at = Moment(source="head.end_time", allow_null=True)
    artifact_uri = serializers.CharField(source="head.artifact_uri")
    metrics = PointSerializer(many=True)
    params = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()

    def get_project(self, run: RunRow) -> str:
        """The short name of its project."""
        return str(self.context["project"].slug)

    def get_owner(self, run: RunRow) -> str | None:
        """Nobody, when it came with the server."""
        return run.head.owner_name or None

    def get_params(self, run: RunRow) -> dict[str, str]:
        """What it was given, by key."""
        return as_map(run.params)

    def get_tags(self, run: RunRow) -> dict[str, str]:
        """Remarks by key."""
        return as_map(run.tags)


class RunDetailSerializer(RunSerializer):
    """A run with everything that was logged to it."""

    datasets = DatasetSerializer(source="dataset_inputs", many=True)
    model_inputs = serializers.SerializerMethodField(help_text="The uids of the logged models it used.")
    model_outputs = OutputSerializer(many=True)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_model_inputs(self, run: RunRow) -> list[str]:
        """The uids."""
        return [item["model_id"] for item in run.model_inputs]


class NewRunSerializer(serializers.Serializer[Any]):
    """What a new run needs."""

    experiment = serializers.IntegerField(min_value=0, help_text="The number of its experiment.")
    name = Text(required=False, default="", max_length=250, help_text="Left out: a made-up one.")
    started_at = Moment(required=False, help_text="Left out: now.")
    tags = TextMap(required=False, default=dict, validators=[by_rule(check_tags)])


class RunChangeSerializer(serializers.Serializer[Any]):
    """What may be changed about a run."""

    name = Text(required=False, allow_blank=False, max_length=250)
    status = serializers.ChoiceField(choices=RunStatus.choices, required=False)
    ended_at = Moment(required=False)


def _check_metric_key(key: str) -> None:
    check_key(key, "key")


class NewPointSerializer(serializers.Serializer[Any]):
    """A value of a metric."""

    key = Text(allow_blank=False, validators=[by_rule(_check_metric_key)])
    value = MetricValueField(help_text="A number, or the text NaN.")
    step = serializers.IntegerField(required=False, default=0, min_value=-(2**63), max_value=2**63 - 1)
    timestamp = serializers.IntegerField(
        required=False, min_value=0, max_value=2**63 - 1, help_text="In milliseconds since 1970; left out: now."
    )


class BatchSerializer(serializers.Serializer[Any]):
    """What is logged at once: all of it, or when something is refused, nothing."""

    metrics = serializers.ListField(child=NewPointSerializer(), required=False, default=list, max_length=MOST_METRICS)
    params = TextMap(required=False, default=dict, validators=[by_rule(check_params)])
    tags = TextMap(required=False, default=dict, validators=[by_rule(check_tags)])


class ManyRunsSerializer(serializers.Serializer[Any]):
    """Runs of one project."""

    runs = serializers.ListField(
        child=serializers.RegexField("^[0-9a-f]{32}$"), min_length=1, max_length=MOST_RUNS, help_text="Their uids."
    )


class TagRunsSerializer(ManyRunsSerializer):
    """Tags for runs of one project, and tags to take off."""

    tags = TextMap(required=False, default=dict, validators=[by_rule(check_tags)])
    remove = serializers.ListField(child=serializers.CharField(max_length=250), required=False, default=list)


class RunsChangedSerializer(serializers.Serializer[Any]):
    """What was done."""

    changed = serializers.IntegerField(help_text="How many runs.")


def _check_order(terms: list[str]) -> None:
    RUNS.orders(terms)


class RunQuerySerializer(serializers.Serializer[Any]):
    """Which runs: those of the named experiments, or of a whole project."""

    experiment = serializers.ListField(
        child=serializers.CharField(max_length=18, validators=[by_rule(read_experiment_id)]),
        required=False,
        help_text="The number of an experiment; may be repeated within one project.",
    )
    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    filter = FilterField(RUNS.conditions)
    order_by = serializers.ListField(
        child=serializers.CharField(max_length=500),
        required=False,
        default=list,
        validators=[by_rule(_check_order)],
        help_text="Such as metrics.rmse ASC; may be repeated. Left out: the newest first.",
    )
    lifecycle = serializers.ChoiceField(choices=LIFECYCLES, required=False, default=Lifecycle.ACTIVE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a search of everything."""
        if not attrs.get("experiment") and not attrs.get("project"):
            raise serializers.ValidationError({"experiment": "Name the experiments, or a project."})
        return attrs
