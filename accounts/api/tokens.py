"""``/tokens``: one's own tokens, and those of service accounts one keeps. A secret is shown once, when issued."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations
from accounts.api.base import ReasonSerializer, Resource
from accounts.labels import SCOPE_CHOICES
from accounts.models import Token
from accounts.queries import find_project, find_user


class TokenSerializer(serializers.ModelSerializer[Token]):
    """A token, without its secret."""

    owner = serializers.SlugRelatedField[Token](slug_field="uid", read_only=True)
    project = serializers.SlugRelatedField[Token](slug_field="slug", read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)
    last_used_at = serializers.DateTimeField(source="use.at", read_only=True, default=None, allow_null=True)
    is_usable = serializers.BooleanField(read_only=True)

    class Meta:
        model = Token
        fields = [
            "uid",
            "owner",
            "name",
            "hint",
            "scopes",
            "project",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "is_usable",
        ]
        read_only_fields = fields


class IssuedTokenSerializer(TokenSerializer):
    """A token at the one moment when its secret is known."""

    secret = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class NewTokenSerializer(serializers.Serializer[Any]):
    """What a new token is for."""

    name = serializers.CharField(max_length=120)
    owner = serializers.CharField(
        max_length=150, required=False, help_text="uid or user name of a service account; left out: oneself."
    )
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPE_CHOICES),
        required=False,
        default=list,
        help_text="What it may do; empty: everything its owner may.",
    )
    project = serializers.CharField(
        max_length=63, required=False, allow_null=True, default=None, help_text="The one project it may be used in."
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Within 365 days; left out: in 90 days."
    )


class TokenFilter(django_filters.FilterSet):  # type: ignore[misc]  # has no types
    """Which tokens are asked for."""

    owner = django_filters.CharFilter(field_name="owner__uid", label="The uid of their owner.")
    project = django_filters.CharFilter(field_name="project__slug", label="The one project they may be used in.")

    class Meta:
        model = Token
        fields = ["owner", "project"]


class TokenViewSet(ListModelMixin, RetrieveModelMixin, Resource[Token]):
    """Tokens."""

    serializer_class = TokenSerializer
    lookup_field = "uid"
    lookup_value_regex = "[A-Za-z0-9_]+"
    filterset_class = TokenFilter
    queryset = Token.objects.all()

    def get_queryset(self) -> QuerySet[Token]:
        visible = Token.objects.visible_to(self.principal)
        return visible.select_related("owner", "owner__project", "project", "use")

    @extend_schema(request=NewTokenSerializer, responses={201: IssuedTokenSerializer})
    def create(self, request: Request) -> Response:
        """Issue a token for oneself (signed in by password, for no token makes tokens) or for a service account.

        The answer holds the secret, is never kept for replay, and is the only time the secret is shown.
        """
        wanted = self.checked(NewTokenSerializer)
        owner, slug = wanted.pop("owner", None), wanted.pop("project")
        project = find_project(self.principal, slug) if slug else None
        if owner is None:
            token, secret = operations.issue_token(self.principal, project=project, **wanted)
        else:
            account = find_user(self.principal, owner)
            token, secret = operations.issue_token_for(self.principal, account, project=project, **wanted)
        body = TokenSerializer(token).data | {"secret": secret}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(request=ReasonSerializer, responses=TokenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, uid: str) -> Response:
        """Make a token useless from the next request on."""
        operations.revoke_token(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        return self.answer(self.get_object())
