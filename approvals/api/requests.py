"""``/promotion-requests``: who asks that which version may enter which stage, and what became of it."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ReasonSerializer, Resource, SignedIn
from approvals import operations
from approvals.api.forms import (
    CheckQuerySerializer,
    CheckResultSerializer,
    CheckSerializer,
    NewRequestSerializer,
    PromotionRequestDetailSerializer,
    PromotionRequestSerializer,
    RequestFilterSerializer,
    TextSerializer,
)
from approvals.masking import Mask
from approvals.models import Decision, PromotionRequest
from approvals.queries import newest_revision, whole_requests
from approvals.readiness import check_version
from audit.exceptions import NotFound
from registry.api.reads import Address, find_version
from registry.api.values import VERSION_ADDRESS
from registry.rules import Stage

_NUMBER = OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the request.")


class PromotionRequestViewSet(Resource[PromotionRequest]):
    """Requests about models that the caller may see. Decisions are made by people, on the page of the request."""

    serializer_class = PromotionRequestSerializer
    queryset = PromotionRequest.objects.none()
    filter_backends = ()
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[RequestFilterSerializer])
    def list(self, request: Request) -> Response:
        """List requests, the newest first."""
        asked = self.asked(RequestFilterSerializer)
        found = whole_requests().visible_to(self.principal)
        if asked.get("project"):
            found = found.filter(project__slug=asked["project"])
        if asked.get("state") == "open":
            found = found.open()
        elif asked.get("state"):
            found = found.filter(state=asked["state"])
        return self.page_of(found, PromotionRequestSerializer)

    @extend_schema(request=NewRequestSerializer, responses={201: PromotionRequestDetailSerializer})
    def create(self, request: Request) -> Response:
        """Ask that a version may enter a stage; the open request for the same step is answered as it is."""
        wanted = self.checked(NewRequestSerializer)
        address = Address(wanted["project"], wanted["model"])
        version = find_version(self.principal, address, wanted["version"])
        made = operations.open_request(self.principal, version, Stage(wanted["to_stage"]), reason=wanted["reason"])
        return self._show(made.pk, 201)

    @extend_schema(parameters=[_NUMBER], responses=PromotionRequestDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show a request with its subject, gates, decisions and comments."""
        return self._show(int(pk))

    @extend_schema(parameters=[_NUMBER], request=ReasonSerializer, responses=PromotionRequestDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take a request back."""
        operations.cancel_request(self.principal, self._find(int(pk)), **self.checked(ReasonSerializer))
        return self._show(int(pk))

    @extend_schema(parameters=[_NUMBER], request=TextSerializer, responses=PromotionRequestDetailSerializer)
    @action(detail=True, methods=["post"])
    def comments(self, request: Request, pk: str) -> Response:
        """Say something in the thread."""
        operations.add_comment(self.principal, self._find(int(pk)), self.checked(TextSerializer)["text"])
        return self._show(int(pk))

    def _find(self, pk: int) -> PromotionRequest:
        found = whole_requests().visible_to(self.principal).filter(pk=pk).first()
        if found is None:
            raise NotFound(f"There is no request {pk}, or you may not see it.")
        return found

    def _show(self, pk: int, code: int = 200) -> Response:
        found = whole_requests().visible_to(self.principal).prefetch_related("comments__author").filter(pk=pk).first()
        if found is None:
            raise NotFound(f"There is no request {pk}, or you may not see it.")
        decisions = Decision.objects.filter(revision__request=found).select_related("person", "revision")
        revision = newest_revision(found)
        context: dict[str, Any] = {
            **self.get_serializer_context(),
            "revision": revision,
            "mask": Mask(self.principal, found.version, revision.incumbent),
            "decisions": decisions.order_by("at", "pk"),
        }
        return Response(PromotionRequestDetailSerializer(found, context=context).data, status=code)


class CheckView(SignedIn):
    """``/registered-models/<project>/<name>/versions/<number>/check``."""

    @extend_schema(parameters=[*VERSION_ADDRESS, CheckQuerySerializer], responses=CheckSerializer)
    def get(self, request: Request, project: str, name: str, number: str) -> Response:
        """Say whether a version could enter a stage now, with every gate; changes nothing."""
        query = CheckQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        version = find_version(self.principal, Address(project, name), int(number))
        return Response(CheckSerializer(check_version(self.principal, version, Stage(query.validated_data["to"]))).data)


class CheckResultView(SignedIn):
    """``/registered-models/<project>/<name>/versions/<number>/check-results``."""

    @extend_schema(parameters=VERSION_ADDRESS, request=CheckResultSerializer, responses={201: CheckResultSerializer})
    def post(self, request: Request, project: str, name: str, number: str) -> Response:
        """Post what a CI job or scanner found about a version; the newest result of a name counts."""
        body = CheckResultSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        version = find_version(self.principal, Address(project, name), int(number))
        result = operations.post_check_result(self.principal, version, **body.validated_data)
        return Response(CheckResultSerializer(result).data, status=201)
