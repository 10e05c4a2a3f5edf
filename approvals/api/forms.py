"""How promotions look as JSON, and what is asked of whoever writes them."""

from typing import Any

from rest_framework import serializers

from approvals.links import request_url
from approvals.masking import HIDDEN, Mask
from approvals.models import Decision, GateResult, PromotionRequest, RequestComment, RequestState
from registry.rules import Stage

STAGES = [(str(stage), str(stage)) for stage in (Stage.STAGING, Stage.PRODUCTION)]


class GateSerializer(serializers.ModelSerializer[GateResult]):
    """What a gate said."""

    class Meta:
        model = GateResult
        fields = ["name", "type", "hard", "outcome", "sentence", "observed", "expected", "evaluator", "evaluated_at"]
        read_only_fields = fields


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """What somebody decided, by what right, and whether it still counts."""

    person = serializers.SlugRelatedField[Decision](slug_field="username", read_only=True)
    revision = serializers.IntegerField(source="revision.number", read_only=True)

    class Meta:
        model = Decision
        fields = [
            "person",
            "verdict",
            "comment",
            "revision",
            "subject_digest",
            "by_right",
            "at",
            "voided_at",
            "void_reason",
        ]
        read_only_fields = fields


class CommentSerializer(serializers.ModelSerializer[RequestComment]):
    """A remark in the thread."""

    author = serializers.SlugRelatedField[RequestComment](slug_field="username", read_only=True)

    class Meta:
        model = RequestComment
        fields = ["author", "text", "at"]
        read_only_fields = ["author", "at"]


class PromotionRequestSerializer(serializers.ModelSerializer[PromotionRequest]):
    """A request in a list."""

    project = serializers.SlugRelatedField[PromotionRequest](slug_field="slug", read_only=True)
    model = serializers.SlugRelatedField[PromotionRequest](slug_field="name", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    requester = serializers.SlugRelatedField[PromotionRequest](slug_field="username", read_only=True)
    ratified_by = serializers.SlugRelatedField[PromotionRequest](slug_field="username", read_only=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = PromotionRequest
        fields = [
            "id",
            "project",
            "model",
            "version",
            "to_stage",
            "kind",
            "state",
            "requester",
            "reason",
            "incident",
            "revision",
            "outcome",
            "created_at",
            "updated_at",
            "expires_at",
            "closed_at",
            "ratify_by",
            "ratified_at",
            "ratified_by",
            "url",
        ]
        read_only_fields = fields

    def get_url(self, request: PromotionRequest) -> str:
        """Where people see and decide it."""
        return request_url(request)


class PromotionRequestDetailSerializer(PromotionRequestSerializer):
    """A request with what is decided on, its gates and its decisions."""

    subject = serializers.SerializerMethodField()
    subject_digest = serializers.SerializerMethodField()
    gates = serializers.SerializerMethodField()
    decisions = serializers.SerializerMethodField()
    comments = CommentSerializer(many=True, read_only=True)

    class Meta(PromotionRequestSerializer.Meta):
        fields = [
            *PromotionRequestSerializer.Meta.fields,
            "subject",
            "subject_digest",
            "gates",
            "decisions",
            "comments",
        ]
        read_only_fields = fields

    def get_subject(self, request: PromotionRequest) -> dict[str, Any] | None:
        """The nine members that people decide on; null while gates are being evaluated."""
        mask: Mask = self.context["mask"]
        subject = mask.subject(self.context["revision"].subject)
        return None if subject is None else dict(subject)

    def get_subject_digest(self, request: PromotionRequest) -> str:
        """The SHA-256 of the subject's canonical form."""
        return str(self.context["revision"].subject_digest)

    def get_gates(self, request: PromotionRequest) -> list[dict[str, Any]]:
        """The gates of the newest revision."""
        mask: Mask = self.context["mask"]
        gates = list(self.context["revision"].gates.all())
        for gate in gates:
            if gate.sentence and mask.hides(gate.type):
                gate.sentence, gate.observed = HIDDEN, ""
        return list(GateSerializer(gates, many=True).data)

    def get_decisions(self, request: PromotionRequest) -> list[dict[str, Any]]:
        """Every decision on every revision, in order."""
        return list(DecisionSerializer(self.context["decisions"], many=True).data)


class RequestFilterSerializer(serializers.Serializer[Any]):
    """Which requests are asked for."""

    project = serializers.CharField(max_length=63, required=False, help_text="The short name of a project.")
    state = serializers.ChoiceField(choices=[*RequestState.choices, ("open", "open")], required=False)


class NewRequestSerializer(serializers.Serializer[Any]):
    """Which version may enter which stage, and why."""

    project = serializers.CharField(max_length=63, required=False, default="default")
    model = serializers.CharField(max_length=256)
    version = serializers.IntegerField(min_value=1)
    to_stage = serializers.ChoiceField(choices=STAGES)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=100_000)


class CheckQuerySerializer(serializers.Serializer[Any]):
    """For which stage."""

    to = serializers.ChoiceField(choices=STAGES, required=False, default=str(Stage.PRODUCTION))


class CheckedGateSerializer(serializers.Serializer[Any]):
    """What a gate says now."""

    name = serializers.CharField()
    type = serializers.CharField()
    hard = serializers.BooleanField()
    outcome = serializers.CharField()
    sentence = serializers.CharField()
    observed = serializers.CharField()
    expected = serializers.CharField()


class CheckSerializer(serializers.Serializer[Any]):
    """Whether a version could enter a stage now."""

    result = serializers.ChoiceField(choices=["pass", "fail", "needs_approval"], source="readiness")
    message = serializers.CharField(source="sentence")
    policy = serializers.CharField()
    tier = serializers.CharField()
    approvals = serializers.IntegerField()
    missing_approvals = serializers.IntegerField()
    gates = CheckedGateSerializer(many=True)
    request = serializers.SerializerMethodField()
    request_url = serializers.SerializerMethodField()

    def get_request(self, check: Any) -> int | None:
        """The number of the open request, if there is one."""
        return check.request.pk if check.request else None

    def get_request_url(self, check: Any) -> str | None:
        """Where people see and decide it."""
        return request_url(check.request) if check.request else None


class CheckResultSerializer(serializers.Serializer[Any]):
    """What an outside system found about the content of a version."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=["check", "scan"], required=False, default="check")
    passed = serializers.BooleanField()
    summary = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    url = serializers.URLField(required=False, default="", allow_blank=True, max_length=500)
    content_digest = serializers.CharField(read_only=True)
    at = serializers.DateTimeField(read_only=True)


class TextSerializer(serializers.Serializer[Any]):
    """A remark."""

    text = serializers.CharField(max_length=100_000)
