"""``/role-bindings``: who holds which role where, granted by whom and until when."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations
from accounts.api.base import ReasonSerializer, Resource
from accounts.models import RoleBinding, Team, User
from accounts.queries import find_scope, find_team, find_user, reference_to
from accounts.roles import Role


class RoleBindingSerializer(serializers.ModelSerializer[RoleBinding]):
    """A role of a person or a team in one scope. It stays after it has ended."""

    user = serializers.SlugRelatedField[RoleBinding](slug_field="uid", read_only=True)
    team = serializers.PrimaryKeyRelatedField[RoleBinding](read_only=True)
    scope = serializers.SerializerMethodField()
    project = serializers.SlugRelatedField[RoleBinding](slug_field="slug", read_only=True)
    granted_by = serializers.SlugRelatedField[RoleBinding](slug_field="uid", read_only=True)

    class Meta:
        model = RoleBinding
        fields = [
            "id",
            "user",
            "team",
            "role",
            "scope",
            "project",
            "source",
            "reason",
            "granted_by",
            "granted_at",
            "expires_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_scope(self, binding: RoleBinding) -> str:
        """``project/<short name>``, ``model/<number>``, ``experiment/<number>`` or ``server``."""
        return reference_to(binding)


class GrantSerializer(serializers.Serializer[Any]):
    """Whom to give which role where: exactly one of ``user`` and ``team``."""

    user = serializers.CharField(max_length=150, required=False, help_text="The uid or user name.")
    team = serializers.IntegerField(required=False)
    role = serializers.ChoiceField(choices=[str(role) for role in Role])
    scope = serializers.CharField(
        max_length=100, help_text="project/<short name>, model/<number>, experiment/<number> or server."
    )
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none or two holders."""
        if ("user" in attrs) == ("team" in attrs):
            raise serializers.ValidationError("Name either a user or a team.")
        return attrs


class RoleBindingFilter(django_filters.FilterSet):  # type: ignore[misc]  # has no types
    """Which bindings are asked for."""

    user = django_filters.CharFilter(field_name="user__uid", label="The uid of the person who holds it.")
    team = django_filters.NumberFilter(field_name="team_id", label="The number of the team that holds it.")
    project = django_filters.CharFilter(field_name="project__slug", label="The short name of its project.")
    role = django_filters.ChoiceFilter(choices=[(str(role), str(role)) for role in Role])
    active = django_filters.BooleanFilter(method="filter_active", label="Whether it counts now.")

    class Meta:
        model = RoleBinding
        fields = ["user", "team", "project", "role", "active"]

    def filter_active(self, rows: QuerySet[RoleBinding], name: str, value: bool) -> QuerySet[RoleBinding]:
        """Keep what counts now, or what has ended or expired."""
        active = RoleBinding.objects.active()
        return rows.filter(pk__in=active) if value else rows.exclude(pk__in=active)


class RoleBindingViewSet(ListModelMixin, RetrieveModelMixin, Resource[RoleBinding]):
    """Role bindings."""

    serializer_class = RoleBindingSerializer
    lookup_value_regex = "[0-9]+"
    filterset_class = RoleBindingFilter
    queryset = RoleBinding.objects.all()

    def get_queryset(self) -> QuerySet[RoleBinding]:
        visible = RoleBinding.objects.visible_to(self.principal)
        return visible.select_related("user", "team", "project", "granted_by")

    @extend_schema(request=GrantSerializer, responses={201: RoleBindingSerializer})
    def create(self, request: Request) -> Response:
        """Give somebody else a role. It counts from the next request on, in every process."""
        wanted = self.checked(GrantSerializer)
        holder: User | Team = (
            find_user(self.principal, wanted["user"]) if "user" in wanted else find_team(self.principal, wanted["team"])
        )
        binding = operations.grant_role(
            self.principal,
            holder,
            Role(wanted["role"]),
            find_scope(self.principal, wanted["scope"]),
            reason=wanted["reason"],
            expires_at=wanted["expires_at"],
        )
        return self.created(binding)

    @extend_schema(request=ReasonSerializer, responses=RoleBindingSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Take the role away, with effect on the next request. One may give up one's own role."""
        operations.revoke_role(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        return self.answer(self.get_object())
