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
    label = serializers.CharField()
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
