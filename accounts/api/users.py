"""``/users``: people. Everybody signed in may find a colleague; platform admins make and close accounts."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations
from accounts.api.base import ReasonSerializer, Resource
from accounts.models import User, UserKind


class UserSerializer(serializers.ModelSerializer[User]):
    """A person. ``email`` is shown to themself and to platform admins."""

    email = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["uid", "username", "display_name", "email", "is_active", "created_at"]
        read_only_fields = fields

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, user: User) -> str | None:
        """The address, if the one who asks may know it."""
        principal = self.context["request"].auth
        return user.email if user == principal.user or principal.may_administer else None


class NewUserSerializer(serializers.Serializer[Any]):
    """What a new account needs."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)
    display_name = serializers.CharField(max_length=150, required=False, default="", allow_blank=True)
    email = serializers.EmailField(required=False, default="", allow_blank=True)


class UserChangeSerializer(serializers.Serializer[Any]):
    """What may be changed about a person."""

    display_name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)


class PasswordSerializer(serializers.Serializer[Any]):
    """A new password for somebody."""

    password = serializers.CharField(max_length=1024, trim_whitespace=False, write_only=True)


class EndedSessionsSerializer(serializers.Serializer[Any]):
    """What came of signing somebody out."""

    ended = serializers.IntegerField(help_text="In how many browsers they were signed in.")


class UserViewSet(ListModelMixin, RetrieveModelMixin, Resource[User]):
    """People."""

    serializer_class = UserSerializer
    lookup_field = "uid"
    lookup_value_regex = "[A-Za-z0-9_]+"
    filterset_fields = ["username", "is_active"]
    queryset = User.objects.filter(kind=UserKind.HUMAN)

    def get_queryset(self) -> QuerySet[User]:
        people: QuerySet[User] = User.objects.visible_to(self.principal).filter(kind=UserKind.HUMAN)
        return people

    @extend_schema(request=NewUserSerializer, responses={201: UserSerializer})
    def create(self, request: Request) -> Response:
        """Make a person's account (platform admins)."""
        return self.created(operations.create_user(self.principal, **self.checked(NewUserSerializer)))

    @extend_schema(request=UserChangeSerializer, responses=UserSerializer)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Change how a person is called or reached: oneself, or for platform admins anybody."""
        changes = self.checked(UserChangeSerializer)
        return self.answer(operations.update_user(self.principal, self.get_object(), **changes))

    @extend_schema(request=ReasonSerializer, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, uid: str) -> Response:
        """Shut somebody out at once: sessions, tokens and password stop working; what they made stays."""
        return self.answer(
            operations.deactivate_user(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        )

    @extend_schema(request=ReasonSerializer, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, uid: str) -> Response:
        """Let somebody in again."""
        return self.answer(
            operations.activate_user(self.principal, self.get_object(), **self.checked(ReasonSerializer))
        )

    @extend_schema(request=PasswordSerializer, responses=UserSerializer)
    @action(detail=True, methods=["post"], url_path="set-password")
    def set_password(self, request: Request, uid: str) -> Response:
        """Give somebody who lost their password a new one (platform admins)."""
        password = self.checked(PasswordSerializer)["password"]
        return self.answer(operations.set_password(self.principal, self.get_object(), password))

    @extend_schema(request=ReasonSerializer, responses=EndedSessionsSerializer)
    @action(detail=True, methods=["post"], url_path="end-sessions")
    def end_sessions(self, request: Request, uid: str) -> Response:
        """Sign somebody out of every browser (platform admins). Their tokens go on."""
        reason = self.checked(ReasonSerializer)
        ended = operations.end_all_sessions(self.principal, self.get_object(), **reason)
        return Response(EndedSessionsSerializer({"ended": ended}).data)
