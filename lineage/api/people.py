"""What people say about the graph by API: recalls, and asking to see what is hidden."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from audit.exceptions import NotFound
from lineage import operations
from lineage.api.answers import LineageNodeSerializer
from lineage.api.questions import WalkSerializer
from lineage.api.rendering import moment_shown, shown
from lineage.models import AccessQuestion
from lineage.queries.asking import requests_of, scopes_behind, views_of_requests
from lineage.queries.looking import find_node
from lineage.queries.recalled import RecallView as Seen, find_recall, list_recalls, read_recall

_PAGE: Final = 50


class NewRecallSerializer(serializers.Serializer[Any]):
    """What is bad, and why."""

    key = serializers.CharField(max_length=2_000, help_text="A key, or a name such as version=default/fraud/7.")
    reason = serializers.CharField(max_length=4_000)


class RecallFindingSerializer(serializers.Serializer[Any]):
    """Why it is not bad."""

    finding = serializers.CharField(max_length=4_000)


class StaySerializer(serializers.Serializer[Any]):
    """What may stay in use, and why."""

    key = serializers.CharField(max_length=2_000)
    reason = serializers.CharField(max_length=4_000)


class AffectedSerializer(serializers.Serializer[Any]):
    """A version or deployment made of something recalled."""

    node = LineageNodeSerializer()
    state = serializers.ChoiceField(["live", "waived", "out"])


class RecallSerializer(serializers.Serializer[Any]):
    """A recall as its reader sees it."""

    number = serializers.IntegerField()
    node = LineageNodeSerializer(allow_null=True)
    reason = serializers.CharField()
    finding = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    actor = serializers.CharField(allow_null=True)
    cleared_by = serializers.CharField(allow_null=True)
    open = serializers.BooleanField()
    total = serializers.IntegerField()
    live = serializers.IntegerField()
    contained = serializers.IntegerField()
    hidden = serializers.IntegerField(allow_null=True)
    affected = AffectedSerializer(many=True, required=False)


class RecallListSerializer(serializers.Serializer[Any]):
    """A page of recalls."""

    next = serializers.CharField(allow_null=True)
    results = RecallSerializer(many=True)


class RecallQuerySerializer(serializers.Serializer[Any]):
    """Which recalls."""

    state = serializers.ChoiceField(["open", "cleared"], required=False, default="open")
    before = serializers.IntegerField(
        required=False, default=None, allow_null=True, help_text="The page after this one."
    )


class RecallsView(SignedIn):
    """Recalls."""

    @extend_schema(operation_id="recalls", parameters=[RecallQuerySerializer], responses=RecallListSerializer)
    def get(self, request: Request) -> Response:
        """The newest recalls that touch what I may see."""
        asked = RecallQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        is_open, before = asked.validated_data["state"] == "open", asked.validated_data["before"]
        rows = list_recalls(self.principal, is_open=is_open, limit=_PAGE + 1, before=before)
        following = None
        if len(rows) > _PAGE:
            state = asked.validated_data["state"]
            following = request.build_absolute_uri(f"?state={state}&before={rows[_PAGE - 1].number}")
        return Response({"next": following, "results": [_recall(row, whole=False) for row in rows[:_PAGE]]})

    @extend_schema(operation_id="recall_create", request=NewRecallSerializer, responses={201: RecallSerializer})
    def post(self, request: Request) -> Response:
        """Say that something is bad: everything made of it shows it, and is not promoted until waived."""
        asked = _checked(NewRecallSerializer, request)
        recall = operations.recall_node(self.principal, find_node(self.principal, asked["key"]), reason=asked["reason"])
        return Response(_recall(read_recall(self.principal, recall)), status=201)


class RecallView(SignedIn):
    """One recall."""

    @extend_schema(operation_id="recall", responses=RecallSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A recall with everything that was made of it, what is in use first."""
        return Response(_recall(read_recall(self.principal, find_recall(self.principal, pk))))


class ClearRecallView(SignedIn):
    """The end of a recall."""

    @extend_schema(operation_id="recall_clear", request=RecallFindingSerializer, responses=RecallSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say that what was recalled is not bad (another person than who recalled it, signed in)."""
        finding = _checked(RecallFindingSerializer, request)["finding"]
        recall = operations.clear_recall(self.principal, find_recall(self.principal, pk), finding=finding)
        return Response(_recall(read_recall(self.principal, recall)))


class RecallWaiversView(SignedIn):
    """What may stay in use."""

    @extend_schema(operation_id="recall_waive", request=StaySerializer, responses={201: RecallSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Let something stay in use although what it was made of is recalled (approvers, signed in)."""
        asked = _checked(StaySerializer, request)
        recall = find_recall(self.principal, pk)
        operations.waive_recall(self.principal, recall, find_node(self.principal, asked["key"]), reason=asked["reason"])
        return Response(_recall(read_recall(self.principal, recall)), status=201)


class AskSerializer(WalkSerializer):
    """Which segment of which walk, and why."""

    segment = serializers.CharField(max_length=64, help_text="The id of a segment that this very walk answered.")
    reason = serializers.CharField(max_length=4_000)


class AskedSerializer(serializers.Serializer[Any]):
    """What I asked to see."""

    id = serializers.CharField()
    segment = serializers.CharField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(["open", "answered"])


class AccessRequestsView(SignedIn):
    """Asking to see what is hidden."""

    @extend_schema(operation_id="access_requests", responses=AskedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What I asked to see, the newest first."""
        return Response([shown(each) for each in requests_of(self.principal)])

    @extend_schema(operation_id="access_request_create", request=AskSerializer, responses={201: AskedSerializer})
    def post(self, request: Request) -> Response:
        """Ask whoever answers for a hidden segment to let me see it. Nobody tells me whom that reaches."""
        asked = _checked(AskSerializer, request)
        start, scopes = scopes_behind(self.principal, WalkSerializer.walk(asked), asked["segment"])
        made = operations.ask_for_access(self.principal, start, asked["segment"], scopes, reason=asked["reason"])
        waiting = {made.pk} if made.questions.open().exists() else set()
        return Response(shown(views_of_requests([made], waiting)[0]), status=201)


class QuestionSerializer(serializers.Serializer[Any]):
    """Somebody asks to see what is hidden."""

    id = serializers.IntegerField(source="pk")
    asker = serializers.CharField(source="request.asker.username")
    reason = serializers.CharField(source="request.reason")
    project = serializers.CharField(source="project.slug")
    scope = serializers.CharField(source="scope.kind")
    scope_id = serializers.IntegerField(source="scope.object_id")
    state = serializers.CharField()
    answer = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    """Let them look, or decline."""

    grant = serializers.BooleanField()
    answer = serializers.CharField(required=False, default="", allow_blank=True, max_length=1_000)


class AccessQuestionsView(SignedIn):
    """Questions to me."""

    @extend_schema(operation_id="access_questions", responses=QuestionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The newest questions that I may answer: who asks to see lineage where I give roles."""
        return Response(QuestionSerializer(_questions(self.principal).order_by("-pk")[:200], many=True).data)


class AccessQuestionView(SignedIn):
    """One question to me."""

    @extend_schema(operation_id="access_question_answer", request=AnswerSerializer, responses=QuestionSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Let the asker look, as viewer, or decline."""
        asked = _checked(AnswerSerializer, request)
        question = _questions(self.principal).filter(pk=pk).first()
        if question is None:
            raise NotFound("There is no such question, or it is not yours to answer.")
        operations.answer_question(self.principal, question, **asked)
        return Response(QuestionSerializer(_questions(self.principal).get(pk=pk)).data)


def _questions(principal: Any) -> Any:
    rows = AccessQuestion.objects.answerable_by(principal)
    return rows.select_related("request__asker", "scope__project", "project")


def _checked(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    checked: dict[str, Any] = body.validated_data
    return checked


def _recall(view: Seen, *, whole: bool = True) -> dict[str, Any]:
    """A recall as JSON; ``whole`` with everything made of it."""
    said = {name: getattr(view, name) for name in ("number", "node", "reason", "finding", "total", "live", "contained")}
    moments = {name: moment_shown(getattr(view, name)) for name in ("since", "until")}
    people = {name: str(person) if (person := getattr(view, name)) else None for name in ("actor", "cleared_by")}
    rest = {"open": view.is_open, "hidden": view.hidden, **({"affected": shown(view.rows)} if whole else {})}
    return {**{name: shown(value) for name, value in said.items()}, **moments, **people, **rest}
