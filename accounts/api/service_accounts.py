"""``/service-accounts``: accounts of machines, kept by the admins of their project."""

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
from accounts.models import User, UserKind
from accounts.queries import find_project


class ServiceAccountSerializer(serializers.ModelSerializer[User]):
    """A service account."""

    project = serializers.SlugRelatedField[User](slug_field="slug", read_only=True)

    class Meta:
        model = User
        fields = ["uid", "username", "display_name", "project", "is_active", "created_at"]
        read_only_fields = fields


class NewServiceAccountSerializer(serializers.Serializer[Any]):
    """What a new service account needs."""

    username = serializers.CharField(max_length=150)
    project = serializers.CharField(max_length=63, help_text="Short name of the project whose admins keep it.")
    display_name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)


class ServiceAccountFilter(django_filters.FilterSet):  # type: ignore[misc]  # has no types
    """Which service accounts are asked for."""

    username = django_filters.CharFilter(lookup_expr="iexact")
    project = django_filters.CharFilter(field_name="project__slug", label="The short name of its project.")

    class Meta:
        model = User
        fields = ["username", "project", "is_active"]


class ServiceAccountViewSet(ListModelMixin, RetrieveModelMixin, Resource[User]):
    """Service accounts."""

    serializer_class = ServiceAccountSerializer
    lookup_field = "uid"
    lookup_value_regex = "[A-Za-z0-9_]+"
    filterset_class = ServiceAccountFilter
    queryset = User.objects.filter(kind=UserKind.SERVICE)

    def get_queryset(self) -> QuerySet[User]:
        accounts: QuerySet[User] = User.objects.visible_to(self.principal).filter(kind=UserKind.SERVICE)
        return accounts.select_related("project")

    @extend_schema(request=NewServiceAccountSerializer, responses={201: ServiceAccountSerializer})
    def create(self, request: Request) -> Response:
        """Make an account for a machine (admins of its project). Issue it a token next: ``POST /tokens``."""
        wanted = self.checked(NewServiceAccountSerializer)
        project = find_project(self.principal, wanted.pop("project"))
        return self.created(operations.create_service_account(self.principal, project=project, **wanted))

    @extend_schema(request=ReasonSerializer, responses=ServiceAccountSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, uid: str) -> Response:
        """Shut it out at once: its tokens stop working."""
        return self.answer(
            operations.deactivate_user(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        )

    @extend_schema(request=ReasonSerializer, responses=ServiceAccountSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, uid: str) -> Response:
        """Let it in again."""
        return self.answer(
            operations.activate_user(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        )
