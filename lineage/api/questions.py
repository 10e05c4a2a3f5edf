"""Questions as they come in: checked, and made into what `lineage.queries` takes."""

from typing import Any, Final

from rest_framework import serializers

from accounts.api.fields import Moment
from lineage.api.words import Conditions, Properties, Starts, Words
from lineage.queries.asked import EDGE_WORDS, MOST_PER_PAGE, NODE_WORDS, PER_PAGE, Walk, Wanted

_DEEPEST: Final = 1_000_000
_LONGEST_CURSOR: Final = 2_000


class StartSerializer(serializers.Serializer[Any]):
    """Where to begin."""

    start = Starts(help_text="Keys, or names such as version=default/fraud/7, run=<id>; 1 to 1,000 of them.")


class OneStartSerializer(serializers.Serializer[Any]):
    """One node."""

    key = serializers.CharField(max_length=2_000, help_text="A key, or a name such as version=default/fraud/7.")
    as_of = Moment(required=False, default=None, allow_null=True, help_text="The graph as it was known then.")


class FilterSerializer(serializers.Serializer[Any]):
    """Which nodes an answer keeps."""

    kind = Words(NODE_WORDS, required=False, default=(), help_text=f"Kinds: {', '.join(NODE_WORDS)}.")
    project = Words(required=False, default=(), help_text="Short names of projects.")
    stage = Words(required=False, default=(), help_text="Stages of model versions, such as Production.")
    owner = Words(required=False, default=(), help_text="User names.")
    label = serializers.CharField(  # type: ignore[assignment]  # a field of that name, as DRF allows
        required=False, default="", max_length=500, help_text="Part of a name."
    )
    pinned = serializers.BooleanField(required=False, default=None, allow_null=True)
    created_from = Moment(required=False, default=None, allow_null=True)
    created_to = Moment(required=False, default=None, allow_null=True)
    metric = Conditions(required=False, default=(), help_text="Comparisons such as auc>=0.9.")
    property = Properties(required=False, default=(), help_text="Such as framework=sklearn.")
    match = serializers.ChoiceField(["all", "any"], required=False, default="all")

    @staticmethod
    def wanted(checked: dict[str, Any]) -> Wanted:
        """The filter of a checked question."""
        return Wanted(
            kinds=checked["kind"],
            projects=checked["project"],
            stages=checked["stage"],
            owners=checked["owner"],
            label=checked["label"],
            pinned=checked["pinned"],
            created_from=checked["created_from"],
            created_to=checked["created_to"],
            metrics=checked["metric"],
            properties=checked["property"],
            match=checked["match"],
        )


class WalkSerializer(StartSerializer, FilterSerializer):
    """A walk."""

    direction = serializers.ChoiceField(["up", "down", "both"], required=False, default="both")
    depth = serializers.IntegerField(required=False, default=None, allow_null=True, min_value=0, max_value=_DEEPEST)
    edge_kind = Words(EDGE_WORDS, required=False, default=None, allow_null=True, help_text=", ".join(EDGE_WORDS))
    structural = serializers.BooleanField(required=False, default=False)
    filter_mode = serializers.ChoiceField(["result", "prune"], required=False, default="result")
    as_of = Moment(required=False, default=None, allow_null=True, help_text="The graph as it was known then.")
    include = Words({"retracted": "retracted"}, required=False, default=(), help_text="Such as retracted.")
    edges = serializers.BooleanField(required=False, default=True)
    order = serializers.ChoiceField(["depth", "time"], required=False, default="depth")
    limit = serializers.IntegerField(required=False, default=PER_PAGE, min_value=1, max_value=MOST_PER_PAGE)
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=_LONGEST_CURSOR)

    @classmethod
    def walk(cls, checked: dict[str, Any]) -> Walk:
        """The question that was checked."""
        return Walk(
            start=checked["start"],
            direction=checked["direction"],
            depth=checked["depth"],
            edge_kinds=checked["edge_kind"],
            structural=checked["structural"],
            wanted=cls.wanted(checked),
            filter_mode=checked["filter_mode"],
            as_of=checked["as_of"],
            include_retracted="retracted" in checked["include"],
            edges=checked["edges"],
            order=checked["order"],
            limit=checked["limit"],
            cursor=checked["cursor"],
        )


class ImpactSerializer(StartSerializer):
    """What would be concerned if something were bad."""

    at_risk_since = Moment(
        required=False, default=None, allow_null=True, help_text="Only what was made at or after this moment."
    )
    as_of = Moment(required=False, default=None, allow_null=True)
    limit = serializers.IntegerField(required=False, default=PER_PAGE, min_value=1, max_value=MOST_PER_PAGE)
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=_LONGEST_CURSOR)


class PathsSerializer(serializers.Serializer[Any]):
    """The ways from one node to another."""

    source = serializers.CharField(  # type: ignore[assignment]  # likewise
        max_length=2_000, help_text="Upstream: a key or a name."
    )
    target = serializers.CharField(max_length=2_000, help_text="Downstream: a key or a name.")
    k = serializers.IntegerField(required=False, default=5, min_value=1, max_value=50, help_text="So many shortest.")
    as_of = Moment(required=False, default=None, allow_null=True)


class DiffSerializer(serializers.Serializer[Any]):
    """What two versions, runs or moments were made of."""

    a = serializers.CharField(max_length=2_000, help_text="A key or a name.")
    b = serializers.CharField(max_length=2_000, help_text="A key or a name; the same as `a` to compare two moments.")
    a_as_of = Moment(required=False, default=None, allow_null=True)
    b_as_of = Moment(required=False, default=None, allow_null=True)


class ViewSerializer(serializers.Serializer[Any]):
    """What a page draws."""

    focus = serializers.CharField(max_length=2_000, help_text="A key or a name.")
    up = serializers.IntegerField(required=False, default=2, min_value=0, max_value=_DEEPEST)
    down = serializers.IntegerField(required=False, default=2, min_value=0, max_value=_DEEPEST)
    budget = serializers.IntegerField(required=False, default=300, min_value=20, max_value=2_000)
    expand = Words(required=False, default=(), help_text="Ids of groups to open.")
    collapse = Words(required=False, default=(), help_text="Keys of nodes to put into their group.")
    as_of = Moment(required=False, default=None, allow_null=True)


class HeatmapSerializer(serializers.Serializer[Any]):
    """Versions of datasets against what was made of them."""

    start = Starts(help_text="Datasets or versions of datasets: keys or names.")
    by = serializers.ChoiceField(["model", "project", "stage"], required=False, default="model")
    metric = serializers.CharField(required=False, default="", allow_blank=True, max_length=250)
    rows = serializers.IntegerField(required=False, default=60, min_value=1, max_value=200)
    columns = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)


class ReproduceSerializer(serializers.Serializer[Any]):
    """What it takes to make something again."""

    key = serializers.CharField(max_length=2_000, help_text="A run or a model version: a key or a name.")


class CoverageSerializer(serializers.Serializer[Any]):
    """How much is pinned."""

    project = serializers.CharField(max_length=63, help_text="The short name of a project.")
    kind = serializers.ChoiceField(["run", "model_version"], required=False, default="run")
    bucket = serializers.ChoiceField(["day", "week", "month"], required=False, default="week")
    limit = serializers.IntegerField(required=False, default=PER_PAGE, min_value=1, max_value=MOST_PER_PAGE)
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=_LONGEST_CURSOR)
