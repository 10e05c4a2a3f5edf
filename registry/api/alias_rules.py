"""``/projects/<project>/governed-aliases``: for which stages aliases may stand, and who may set them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ReasonSerializer, Resource
from accounts.api.fields import Moment, Text
from accounts.queries import find_project
from audit.exceptions import NotFound
from registry import operations
from registry.api.values import part
from registry.models import AliasRule
from registry.rules import ALIAS_LENGTH, ALIAS_RIGHTS, Stage

_PROJECT = part("project", "The short name of the project.")
_RULE = [
    _PROJECT,
    OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the rule."),
]


class AliasRuleSerializer(serializers.ModelSerializer[AliasRule]):
    """Which aliases are governed."""

    stages = serializers.ListField(child=serializers.CharField(), read_only=True)
    right = serializers.CharField(source="action", read_only=True, help_text="What setting and removing them takes.")
    actor = serializers.CharField(source="actor.username", read_only=True, help_text="Who made the rule.")
    since = Moment(read_only=True)
    until = Moment(read_only=True, allow_null=True, help_text="null while it counts.")

    class Meta:
        model = AliasRule
        fields = ["id", "pattern", "stages", "right", "reason", "actor", "since", "until"]
        read_only_fields = fields


class NewAliasRuleSerializer(serializers.Serializer[Any]):
    """What a rule says."""

    pattern = Text(max_length=ALIAS_LENGTH, help_text="An alias; * in it stands for any letters.")
    stages = serializers.ListField(child=serializers.ChoiceField(choices=Stage.choices), min_length=1)
    right = serializers.ChoiceField(
        choices=[(str(action), who) for action, who in ALIAS_RIGHTS.items()], source="action"
    )
    reason = Text(max_length=1000, required=False, default="")


class AliasRuleViewSet(Resource[AliasRule]):
    """Rules about the aliases of a project's models; people who are signed in make and end them."""

    serializer_class = AliasRuleSerializer
    queryset = AliasRule.objects.none()
    filter_backends = ()

    @extend_schema(parameters=[_PROJECT], responses=AliasRuleSerializer(many=True))
    def list(self, request: Request, project: str) -> Response:
        """List the rules that count or counted, the newest first."""
        return self.page_of(self._rules(project), AliasRuleSerializer)

    @extend_schema(parameters=[_PROJECT], request=NewAliasRuleSerializer, responses={201: AliasRuleSerializer})
    def create(self, request: Request, project: str) -> Response:
        """Govern aliases (a signed-in project admin); those whose version is in another stage let go of it."""
        wanted = self.checked(NewAliasRuleSerializer)
        found = find_project(self.principal, project)
        made = operations.govern_alias(self.principal, found, wanted.pop("pattern"), **wanted)
        return self.created(self._find(project, made.pk))

    @extend_schema(parameters=_RULE, request=ReasonSerializer, responses=AliasRuleSerializer)
    def free(self, request: Request, project: str, pk: str) -> Response:
        """Let a rule count no longer (a signed-in project admin)."""
        operations.free_alias(self.principal, self._find(project, int(pk)), **self.checked(ReasonSerializer))
        return self.answer(self._find(project, int(pk)), status.HTTP_200_OK)

    def _rules(self, project: str) -> Any:
        found = find_project(self.principal, project)
        return AliasRule.objects.filter(project=found).select_related("project", "actor")

    def _find(self, project: str, pk: int) -> AliasRule:
        found: AliasRule | None = self._rules(project).filter(pk=pk).first()
        if found is None:
            raise NotFound(f"There is no rule {pk} in this project.")
        return found
