"""``/teams``: people who hold roles together, and who is in them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations
from accounts.api.base import ReasonSerializer, Resource
from accounts.models import Team, TeamMembership
from accounts.queries import find_project, find_user


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team; without a project it belongs to the server."""

    project = serializers.SlugRelatedField[Team](slug_field="slug", read_only=True)

    class Meta:
        model = Team
        fields = ["id", "slug", "description", "project", "created_at"]
        read_only_fields = fields


class NewTeamSerializer(serializers.Serializer[Any]):
    """What a new team needs."""

    slug = serializers.CharField(max_length=100, help_text="Its name.")
    project = serializers.CharField(
        max_length=63, required=False, allow_null=True, default=None, help_text="Short name; left out: the server's."
    )
    description = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class TeamChangeSerializer(serializers.Serializer[Any]):
    """What may be changed about a team."""

    slug = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class MemberSerializer(serializers.ModelSerializer[TeamMembership]):
    """One person in a team."""

    user = serializers.SlugRelatedField[TeamMembership](slug_field="uid", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)

    class Meta:
        model = TeamMembership
        fields = ["user", "username", "since"]
        read_only_fields = fields


class NewMemberSerializer(serializers.Serializer[Any]):
    """Whom to put into the team."""

    user = serializers.CharField(max_length=150, help_text="The uid or user name.")


class TeamFilter(django_filters.FilterSet):  # type: ignore[misc]  # has no types
    """Which teams are asked for."""

    project = django_filters.CharFilter(field_name="project__slug", label="The short name of their project.")

    class Meta:
        model = Team
        fields = ["slug", "project"]


class TeamViewSet(ListModelMixin, RetrieveModelMixin, Resource[Team]):
    """Teams."""

    serializer_class = TeamSerializer
    lookup_value_regex = "[0-9]+"
    filterset_class = TeamFilter
    queryset = Team.objects.active()

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.active().visible_to(self.principal).select_related("project")

    @extend_schema(request=NewTeamSerializer, responses={201: TeamSerializer})
    def create(self, request: Request) -> Response:
        """Make a team of a project (its admins) or of the server (platform admins)."""
        wanted = self.checked(NewTeamSerializer)
        slug = wanted.pop("project")
        project = find_project(self.principal, slug) if slug else None
        return self.created(operations.create_team(self.principal, project=project, **wanted))

    @extend_schema(request=TeamChangeSerializer, responses=TeamSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename or describe a team."""
        changes = self.checked(TeamChangeSerializer)
        return self.answer(operations.update_team(self.principal, self.get_object(), **changes))

    @extend_schema(request=ReasonSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def dissolve(self, request: Request, pk: str) -> Response:
        """End the team: its roles end and its members leave at once; its history stays."""
        operations.delete_team(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=MemberSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filterset_class=None)
    def members(self, request: Request, pk: str) -> Response:
        """Who is in the team, the newest first."""
        members = TeamMembership.objects.filter(group_id=self.get_object().pk).select_related("user")
        page: Any = self.paginate_queryset(members)  # type: ignore[arg-type]  # another model than the resource's
        return self.get_paginated_response(MemberSerializer(page, many=True).data)

    @extend_schema(request=NewMemberSerializer, responses={201: MemberSerializer})
    @members.mapping.post
    def add_member(self, request: Request, pk: str) -> Response:
        """Put somebody else into the team."""
        user = find_user(self.principal, self.checked(NewMemberSerializer)["user"])
        membership = operations.add_member(self.principal, self.get_object(), user)
        return Response(MemberSerializer(membership).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[OpenApiParameter("user", OpenApiTypes.STR, OpenApiParameter.PATH, description="Their uid.")],
        responses={204: None},
    )
    @action(detail=True, methods=["delete"], url_path="members/(?P<user>[A-Za-z0-9_]+)")
    def remove_member(self, request: Request, pk: str, user: str) -> Response:
        """Take somebody out of the team; everybody may leave by themself."""
        operations.remove_member(self.principal, self.get_object(), find_user(self.principal, user))
        return Response(status=status.HTTP_204_NO_CONTENT)
