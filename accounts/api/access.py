"""``/whoami`` and ``/access/explain``: what somebody may do, and why."""

from datetime import UTC
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import SignedIn
from accounts.api.role_bindings import RoleBindingSerializer
from accounts.api.users import UserSerializer
from accounts.queries import SERVER, explain_access, find_scope, find_user, my_projects
from accounts.roles import Action


class ProjectRolesSerializer(serializers.Serializer[Any]):
    """The roles held on one project."""

    project = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())


class WhoAmISerializer(serializers.Serializer[Any]):
    """Who signs the call, and what they hold."""

    user = UserSerializer()
    kind = serializers.CharField()
    auth = serializers.CharField(help_text="token, basic or session.")
    token = serializers.CharField(allow_null=True, help_text="The uid of the token that signed the call.")
    roles_everywhere = serializers.ListField(child=serializers.CharField())
    projects = ProjectRolesSerializer(many=True)


class WhoAmIView(SignedIn):
    """The principal behind the call."""

    @extend_schema(responses=WhoAmISerializer)
    def get(self, request: Request) -> Response:
        """Say who signs this call, and which roles they hold."""
        principal = self.principal
        facts = {
            "user": principal.user,
            "kind": principal.kind,
            "auth": principal.auth,
            "token": principal.token_uid or None,
            "roles_everywhere": sorted(principal.grants.everywhere),
            "projects": [{"project": project.slug, "roles": roles} for project, roles in my_projects(principal)],
        }
        return Response(WhoAmISerializer(facts, context={"request": request}).data)


class QuestionSerializer(serializers.Serializer[Any]):
    """What is asked."""

    principal = serializers.CharField(required=False, default="")
    action = serializers.ChoiceField(choices=[str(action) for action in Action])
    object = serializers.CharField(max_length=100, required=False, default=SERVER)
    at = serializers.DateTimeField(required=False, default=None, default_timezone=UTC)


class ExplanationSerializer(serializers.Serializer[Any]):
    """Whether they may, why, and by which roles."""

    allowed = serializers.BooleanField()
    sentence = serializers.CharField()
    bindings = RoleBindingSerializer(many=True)


class ExplainView(SignedIn):
    """Who may what, and why."""

    @extend_schema(
        parameters=[
            OpenApiParameter("principal", str, description="uid or user name; left out: oneself."),
            OpenApiParameter("action", str, required=True, enum=[str(action) for action in Action]),
            OpenApiParameter(
                "object", str, description="project/<short name>, model/<number>, experiment/<number> or server."
            ),
            OpenApiParameter("at", OpenApiTypes.DATETIME, description="A moment in the past; left out: now."),
        ],
        responses=ExplanationSerializer,
    )
    def get(self, request: Request) -> Response:
        """Say whether somebody may (or could, at a moment) do something, and which bindings give the right."""
        question = QuestionSerializer(data=request.query_params)
        question.is_valid(raise_exception=True)
        asked, asker = question.validated_data, self.principal
        who = find_user(asker, asked["principal"]) if asked["principal"] else asker.user
        scope = find_scope(asker, asked["object"])
        explanation = explain_access(asker, who, Action(asked["action"]), scope, asked["at"])
        return Response(ExplanationSerializer(explanation, context={"request": request}).data)
