"""The base of every resource of the native API, in this app and those above; `web.api` says how to write one."""

from typing import Any, TypeVar, cast

from django.db.models import Model
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.principals import Principal

M = TypeVar("M", bound=Model)


class SignedIn(APIView):
    """A view that only principals reach; what they may do is asked by querysets and operations."""

    access = "signed_in"

    @property
    def principal(self) -> Principal:
        """Whoever asks: the actor of every operation."""
        return cast("Principal", self.request.auth)


class Resource(SignedIn, GenericViewSet[M]):
    """Objects of one kind."""

    def checked(self, serializer: type[serializers.Serializer[Any]], **options: Any) -> dict[str, Any]:
        """The request's body as ``serializer`` understands it. Raises ``ValidationError``."""
        body = serializer(data=self.request.data, context=self.get_serializer_context(), **options)
        body.is_valid(raise_exception=True)
        checked: dict[str, Any] = body.validated_data
        return checked

    def asked(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The request's query as ``serializer`` understands it. Raises ``ValidationError``."""
        query = serializer(data=self.request.query_params, context=self.get_serializer_context())
        query.is_valid(raise_exception=True)
        asked: dict[str, Any] = query.validated_data
        return asked

    def answer(self, row: M, code: int = status.HTTP_200_OK) -> Response:
        """The row as this resource shows it."""
        return Response(self.get_serializer(row).data, status=code)

    def page_of(self, rows: Any, serializer: Any, **context: Any) -> Response:
        """A page of ``rows``, a queryset of whatever belongs to this resource, each as ``serializer`` shows it."""
        page = self.paginate_queryset(rows)
        shown = serializer(page, many=True, context={**self.get_serializer_context(), **context})
        return self.get_paginated_response(shown.data)

    def created(self, row: M) -> Response:
        """The row that was just made."""
        return self.answer(row, status.HTTP_201_CREATED)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why something is done; kept in the audit log where it can be erased."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
