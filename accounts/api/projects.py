"""``/projects``: what MLflow calls workspaces."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations
from accounts.api.base import Resource
from accounts.models import Project
from accounts.principals import Principal
from accounts.queries import roles_in


class ProjectSerializer(serializers.ModelSerializer[Project]):
    """A project, with the roles on it of whoever asks."""

    my_roles = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = [
            "slug",
            "name",
            "description",
            "viewers_may_download",
            "lineage_passes",
            "created_at",
            "my_roles",
        ]
        read_only_fields = fields

    def get_my_roles(self, project: Project) -> list[str]:
        """The roles they hold on all of it."""
        return roles_in(self.context["request"].auth, project)


class NewProjectSerializer(serializers.Serializer[Any]):
    """What a new project needs."""

    slug = serializers.CharField(max_length=63, help_text="Its short name: what MLflow clients call the workspace.")
    name = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    description = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class ProjectChangeSerializer(serializers.Serializer[Any]):
    """What may be changed about a project."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    viewers_may_download = serializers.BooleanField(required=False)
    lineage_passes = serializers.BooleanField(
        required=False, help_text="Whether lineage of others may pass through it, its own things hidden."
    )


class ProjectViewSet(ListModelMixin, RetrieveModelMixin, Resource[Project]):
    """Projects."""

    serializer_class = ProjectSerializer
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9-]+"
    filterset_fields = ["slug"]
    queryset = Project.objects.all()

    def get_queryset(self) -> QuerySet[Project]:
        return Project.objects.visible_to(self.principal)

    @extend_schema(request=NewProjectSerializer, responses={201: ProjectSerializer})
    def create(self, request: Request) -> Response:
        """Make a project (platform admins); who makes it is its first project admin and maintainer."""
        project = operations.create_project(self.principal, **self.checked(NewProjectSerializer))
        # The grants that came with the project are not among those that were read before.
        request.auth = Principal(self.principal.user, auth=self.principal.auth, token=self.principal.token)
        return self.created(project)

    @extend_schema(request=ProjectChangeSerializer, responses=ProjectSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change a project's name, description, what its viewers may download, or whether lineage passes through it."""
        changes = self.checked(ProjectChangeSerializer)
        return self.answer(operations.update_project(self.principal, self.get_object(), **changes))
