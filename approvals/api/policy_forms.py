"""How policies look as JSON, and what is asked of whoever writes them."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import Text
from approvals.models import PolicyAssignment, PolicyVersion
from approvals.policy import TEXT_LENGTH
from approvals.rehearsal import Rehearsal


class HeldPolicySerializer(serializers.Serializer[Any]):
    """The policy that holds in a project."""

    policy = serializers.CharField(help_text="Its name and number.")
    sha256 = serializers.CharField(help_text="The digest of its text.")
    text = serializers.CharField(help_text="YAML.")
    since = serializers.DateTimeField(allow_null=True, help_text="null where nobody has given the project a policy.")
    proposed = serializers.CharField(allow_null=True, help_text="One that waits for a second person.")


class PolicySerializer(serializers.ModelSerializer[PolicyVersion]):
    """A published policy."""

    summary = serializers.SerializerMethodField()
    sha256 = serializers.CharField(source="digest", help_text="The digest of its text.")
    author = serializers.CharField(
        source="author.username", default=None, allow_null=True, help_text="null: it comes with the server."
    )

    class Meta:
        model = PolicyVersion
        fields = ["name", "number", "summary", "sha256", "comment", "author", "published_at"]
        read_only_fields = fields

    def get_summary(self, policy: PolicyVersion) -> str:
        """What it says of itself."""
        return str(policy.document.get("summary", ""))


class WrittenPolicySerializer(PolicySerializer):
    """A published policy with its text."""

    class Meta(PolicySerializer.Meta):
        fields = [*PolicySerializer.Meta.fields, "text"]
        read_only_fields = fields


class PolicyTextSerializer(serializers.Serializer[Any]):
    """The text of a policy."""

    text = Text(max_length=TEXT_LENGTH, help_text="YAML.")


class NewPolicySerializer(PolicyTextSerializer):
    """What is published."""

    comment = Text(max_length=500, required=False, default="", help_text="What is new.")


class MistakeSerializer(serializers.Serializer[Any]):
    """A mistake in the text of a policy."""

    line = serializers.IntegerField()
    message = serializers.CharField(source="sentence")


class ComparisonSerializer(serializers.Serializer[Any]):
    """How a policy differs from the one that holds."""

    asks_less = serializers.ListField(
        source="less", child=serializers.CharField(), help_text="If there is any, a second person has to agree."
    )
    asks_more = serializers.ListField(source="more", child=serializers.CharField())
    diff = serializers.ListField(source="lines", child=serializers.CharField(), help_text="Lines of a unified diff.")


class DifferenceSerializer(ComparisonSerializer):
    """The same, with what it is compared to."""

    held = serializers.CharField(help_text="The policy that holds in the project.")


class ValidationSerializer(serializers.Serializer[Any]):
    """Whether a text is a policy."""

    # Fields are taken off the class, so that these two hide nothing.
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    errors = MistakeSerializer(many=True)  # type: ignore[assignment]
    name = serializers.CharField(default=None, allow_null=True)
    held = serializers.CharField(default=None, allow_null=True, help_text="The policy that holds in the project.")
    difference = ComparisonSerializer(default=None, allow_null=True)


class BlockedSerializer(serializers.Serializer[Any]):
    """A step of the past that would have been blocked."""

    model = serializers.CharField(source="version.model.name")
    version = serializers.IntegerField(source="version.number")
    to_stage = serializers.CharField()
    is_live = serializers.BooleanField(help_text="Whether the version is in that stage now.")
    reasons = serializers.ListField(child=serializers.CharField())


class RehearsalSerializer(serializers.Serializer[Any]):
    """What a policy would have meant for the newest steps of a project."""

    message = serializers.CharField(source="sentence")
    judged = serializers.IntegerField()
    would_block = serializers.IntegerField()
    live = serializers.IntegerField()
    blocked = BlockedSerializer(many=True, help_text="Those of models that the reader may see.")


class NewAssignmentSerializer(serializers.Serializer[Any]):
    """Which policy shall hold, and why."""

    policy = serializers.CharField(max_length=63, help_text="Its name.")
    number = serializers.IntegerField(min_value=1)
    model = serializers.CharField(
        max_length=256, required=False, default="", help_text="A model on which it holds in addition to the project's."
    )
    reason = Text(max_length=1000, required=False, default="")


class AssignmentSerializer(serializers.ModelSerializer[PolicyAssignment]):
    """From when until when a policy holds. ``since`` is null while it waits for a second person."""

    policy = serializers.CharField(source="policy.name", read_only=True)
    number = serializers.IntegerField(source="policy.number", read_only=True)
    model = serializers.CharField(source="model.name", default=None, allow_null=True, read_only=True)
    proposed_by = serializers.CharField(source="proposed_by.username", default=None, allow_null=True, read_only=True)
    agreed_by = serializers.CharField(source="agreed_by.username", default=None, allow_null=True, read_only=True)

    class Meta:
        model = PolicyAssignment
        fields = [
            "id",
            "policy",
            "number",
            "model",
            "reason",
            "proposed_by",
            "proposed_at",
            "agreed_by",
            "since",
            "until",
        ]
        read_only_fields = fields


def shown_rehearsal(said: Rehearsal) -> dict[str, Any]:
    """A rehearsal as JSON, naming only versions that the reader may see."""
    shown = {
        "sentence": said.sentence,
        "judged": said.judged,
        "would_block": len(said.blocked),
        "live": said.live,
        "blocked": said.seen,
    }
    return dict(RehearsalSerializer(shown).data)
