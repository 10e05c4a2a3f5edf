"""What answers look like, for the description of the API; they are rendered by `lineage.api.rendering`."""

from typing import Any

from rest_framework import serializers


class HiddenSerializer(serializers.Serializer[Any]):
    """What is there and not shown."""

    nodes = serializers.IntegerField(allow_null=True, help_text="null for those who may not count what is hidden")
    segments = serializers.IntegerField(allow_null=True)


class FrameSerializer(serializers.Serializer[Any]):
    """What every answer carries."""

    graph_version = serializers.CharField(help_text="Which writes the answer has seen.")
    total = serializers.IntegerField(help_text="How many there are, exactly.")
    returned = serializers.IntegerField()
    hidden = HiddenSerializer()
    complete = serializers.BooleanField(help_text="false: there is more, and cursor leads on.")
    cursor = serializers.CharField()
    took_ms = serializers.FloatField()


class LineageNodeSerializer(serializers.Serializer[Any]):
    """A node."""

    key = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, as DRF allows
    at = serializers.DateTimeField(help_text="When it was made.")
    recorded_at = serializers.DateTimeField(help_text="When we heard of it.")
    pinned = serializers.BooleanField(help_text="Whether it names one content for ever.")
    project = serializers.CharField()
    depth = serializers.IntegerField()
    digest = serializers.CharField()
    state = serializers.CharField(help_text="live, ended or purged.")
    recalled = serializers.BooleanField()
    url = serializers.CharField()
    stage = serializers.CharField()
    status = serializers.CharField()
    owner = serializers.CharField()
    metric = serializers.ListField(allow_null=True, help_text="A name and a figure.")
    properties = serializers.DictField()


class LineageEdgeSerializer(serializers.Serializer[Any]):
    """An edge."""

    src = serializers.CharField()
    dst = serializers.CharField()
    kind = serializers.CharField()
    role = serializers.CharField()
    basis = serializers.CharField()
    at = serializers.DateTimeField()
    retracted = serializers.BooleanField()


class SegmentSerializer(serializers.Serializer[Any]):
    """Something hidden between readable nodes; its id is the asker's alone."""

    id = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    targets = serializers.ListField(child=serializers.CharField())


class WalkAnswerSerializer(FrameSerializer):
    """A page of a walk."""

    nodes = LineageNodeSerializer(many=True)
    edges = LineageEdgeSerializer(many=True)
    segments = SegmentSerializer(many=True)


class NodeAnswerSerializer(FrameSerializer):
    """A node and its neighbours counted."""

    node = LineageNodeSerializer()
    up = serializers.DictField(child=serializers.IntegerField())
    down = serializers.DictField(child=serializers.IntegerField())
    segments_beside = serializers.IntegerField()


class ImpactGroupSerializer(serializers.Serializer[Any]):
    """So many nodes of a kind."""

    kind = serializers.CharField()
    project = serializers.CharField()
    stage = serializers.CharField()
    owner = serializers.CharField()
    count = serializers.IntegerField()


class ImpactAnswerSerializer(FrameSerializer):
    """Everything downstream."""

    counts = serializers.DictField(child=serializers.IntegerField())
    groups = ImpactGroupSerializer(many=True)
    live = LineageNodeSerializer(many=True, allow_null=True)
    live_total = serializers.IntegerField(allow_null=True)
    nodes = LineageNodeSerializer(many=True)


class WaysAnswerSerializer(WalkAnswerSerializer):
    """Everything between two nodes."""

    shortest = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class ChangedSerializer(serializers.Serializer[Any]):
    """The same thing in two versions."""

    collection = serializers.CharField()
    a = LineageNodeSerializer()
    b = LineageNodeSerializer()


class DeltaSerializer(serializers.Serializer[Any]):
    """A param or metric that differs."""

    name = serializers.CharField()
    a = serializers.CharField(allow_null=True)
    b = serializers.CharField(allow_null=True)


class LineageDifferenceSerializer(FrameSerializer):
    """What two things were made of."""

    a = LineageNodeSerializer()
    b = LineageNodeSerializer()
    only_a = LineageNodeSerializer(many=True)
    only_b = LineageNodeSerializer(many=True)
    both = serializers.IntegerField()
    changed = ChangedSerializer(many=True)
    params = DeltaSerializer(many=True)
    metrics = DeltaSerializer(many=True)


class ThingSerializer(serializers.Serializer[Any]):
    """A node or a counted group in a picture."""

    id = serializers.CharField()
    rule = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, as DRF allows
    count = serializers.IntegerField()
    depth = serializers.IntegerField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    node = LineageNodeSerializer(allow_null=True)


class BundleSerializer(serializers.Serializer[Any]):
    """Edges between two things."""

    src = serializers.CharField()
    dst = serializers.CharField()
    count = serializers.IntegerField()


class PictureSerializer(FrameSerializer):
    """A picture."""

    focus = serializers.CharField()
    things = ThingSerializer(many=True)
    bundles = BundleSerializer(many=True)
    segments = SegmentSerializer(many=True)


class CellSerializer(serializers.Serializer[Any]):
    """A row against a column."""

    row = serializers.IntegerField()
    column = serializers.IntegerField()
    count = serializers.IntegerField()
    best = serializers.FloatField(allow_null=True)


class HeatmapAnswerSerializer(FrameSerializer):
    """Versions of datasets against what was made of them."""

    rows = LineageNodeSerializer(many=True)
    rows_total = serializers.IntegerField()
    columns = serializers.ListField(child=serializers.CharField())
    columns_total = serializers.IntegerField()
    cells = CellSerializer(many=True)


class InputSerializer(serializers.Serializer[Any]):
    """Something that a run read."""

    role = serializers.CharField()
    node = LineageNodeSerializer()


class RecipeSerializer(FrameSerializer):
    """How something was made."""

    made = LineageNodeSerializer()
    run = LineageNodeSerializer(allow_null=True)
    code = InputSerializer(many=True)
    image = InputSerializer(many=True)
    environment = InputSerializer(many=True)
    data = InputSerializer(many=True)  # type: ignore[assignment]  # likewise
    others = InputSerializer(many=True)
    command = serializers.CharField()
    seed = serializers.CharField()
    params = serializers.DictField(child=serializers.CharField())
    metrics = serializers.DictField(child=serializers.FloatField())
    missing = serializers.ListField(child=serializers.CharField())


class StretchSerializer(serializers.Serializer[Any]):
    """A stretch of time."""

    at = serializers.DateTimeField()
    total = serializers.IntegerField()
    pinned = serializers.IntegerField()


class CoverageAnswerSerializer(FrameSerializer):
    """How much is pinned; the frame is that of the list of what is not."""

    every = serializers.IntegerField()
    pinned = serializers.IntegerField()
    without_inputs = serializers.IntegerField()
    over_time = StretchSerializer(many=True)
    unpinned = LineageNodeSerializer(many=True)
