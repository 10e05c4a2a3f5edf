"""``/deployments``: who let what run where and when, and what became of it."""

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import Moment
from accounts.api.paging import TokenPages
from deployments import operations
from deployments.api.shapes import (
    REPORTED_STATES,
    AlertSerializer,
    DeploymentSerializer,
    PermitSerializer,
    PermittedDeploymentSerializer,
)
from deployments.models import Alert, AlertState, Deployment, DeploymentState
from deployments.queries import (
    Asked,
    alert_views,
    alerts_page,
    deployments_page,
    find_alert,
    find_deployment,
    find_environment,
    newest_permit,
    show_deployment,
)
from registry.api.reads import Address, find_version
from registry.api.values import MomentQuerySerializer

_NUMBER = OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the deployment.")
_ALERT = OpenApiParameter("pk", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the alert.")


class DeploymentFilterSerializer(serializers.Serializer[Any]):
    """Which deployments; what is left out does not count."""

    environment_project = serializers.CharField(required=False, max_length=63, help_text="The environment's project.")
    environment = serializers.CharField(required=False, max_length=63)
    target = serializers.CharField(required=False, max_length=200)
    project = serializers.CharField(required=False, max_length=63, help_text="The model's project.")
    model = serializers.CharField(required=False, max_length=256)
    version = serializers.IntegerField(required=False, min_value=1, max_value=999_999_999)
    person = serializers.CharField(required=False, max_length=150, help_text="Who asked for it.")
    state = serializers.ChoiceField(required=False, choices=[*DeploymentState.choices, ("open", "open")])
    at = Moment(required=False, help_text="What ran at this moment (ISO 8601), and how it was then.")

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which is no name in Python."""
        begins = Moment(required=False, help_text="What was open at some moment from then on (ISO 8601).")
        ends = Moment(required=False, help_text="What was open at some moment before then.")
        return {**super().get_fields(), "from": begins, "to": ends}


class NewDeploymentSerializer(serializers.Serializer[Any]):
    """Which version may run where."""

    project = serializers.CharField(max_length=63, required=False, default="default", help_text="The model's.")
    model = serializers.CharField(max_length=256)
    version = serializers.IntegerField(min_value=1, max_value=999_999_999)
    environment = serializers.CharField(max_length=63)
    environment_project = serializers.CharField(
        max_length=63, required=False, default="", allow_blank=True, help_text="Left out: the model's."
    )
    target = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Left out: the model's name, where all see it.",
    )
    image_digest = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)
    config_digest = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)
    identity_issuer = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=500, help_text="Of the CI job; kept as it is said."
    )
    identity_subject = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)


class ReportSerializer(serializers.Serializer[Any]):
    """What became of a deployment."""

    state = serializers.ChoiceField(choices=REPORTED_STATES)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)


class RollBackSerializer(serializers.Serializer[Any]):
    """Why, and perhaps to which version of the model."""

    reason = serializers.CharField(max_length=1000)
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=999_999_999, help_text="Left out: what ran there before."
    )


class DeploymentViewSet(Resource[Deployment]):
    """Deployments of the models that the caller may see."""

    serializer_class = DeploymentSerializer
    queryset = Deployment.objects.none()
    pagination_class = TokenPages
    filter_backends = ()
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[DeploymentFilterSerializer])
    def list(self, request: Request) -> Response:
        """List deployments, the newest first: who let what run where and when; with `at`, what ran at that moment."""
        asked = self.asked(DeploymentFilterSerializer)
        pages = TokenPages()
        size, token = pages.asked(request)
        page = deployments_page(self.principal, _asked(asked), token=token, size=size)
        return pages.respond(request, DeploymentSerializer(page.rows, many=True).data, page.next_page_token)

    @extend_schema(request=NewDeploymentSerializer, responses={201: PermittedDeploymentSerializer})
    def create(self, request: Request) -> Response:
        """Ask that a version may run somewhere; answers with a permit, or refuses in one sentence.

        Asking again for what is on its way or runs already finds that deployment.
        """
        wanted = self.checked(NewDeploymentSerializer)
        project, place = wanted.pop("project"), wanted.pop("environment_project")
        version = find_version(self.principal, Address(project, wanted.pop("model")), wanted.pop("version"))
        environment = find_environment(self.principal, place or project, wanted.pop("environment"))
        made = operations.request_deployment(self.principal, version, environment, **wanted)
        return self._permitted(made, 201)

    @extend_schema(parameters=[_NUMBER, MomentQuerySerializer])
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show a deployment with its states, now or as it was."""
        at = self.asked(MomentQuerySerializer).get("at")
        return Response(DeploymentSerializer(show_deployment(self.principal, int(pk), at)).data)

    @extend_schema(parameters=[_NUMBER], request=ReportSerializer)
    @action(detail=True, methods=["post"])
    def state(self, request: Request, pk: str) -> Response:
        """Report what became of it: deploying, active, failed or stopped. The same report again is harmless."""
        found = find_deployment(self.principal, int(pk))
        operations.report_state(self.principal, found, **self.checked(ReportSerializer))
        return Response(DeploymentSerializer(show_deployment(self.principal, int(pk))).data)

    @extend_schema(parameters=[_NUMBER], request=RollBackSerializer, responses={201: PermittedDeploymentSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, pk: str) -> Response:
        """Let its target go back to what ran there before: a new deployment with a permit of its own."""
        found = find_deployment(self.principal, int(pk))
        wanted = self.checked(RollBackSerializer)
        to = None
        if "version" in wanted:
            address = Address(found.version.model.project.slug, found.model.name)
            to = find_version(self.principal, address, wanted["version"])
        return self._permitted(operations.roll_back(self.principal, found, to=to, reason=wanted["reason"]), 201)

    @extend_schema(parameters=[_NUMBER], responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get"])
    def permit(self, request: Request, pk: str) -> Response:
        """Show the envelope of the newest permit, just as it is to be saved for `stagekeeper verify-permit`."""
        return Response(json.loads(newest_permit(find_deployment(self.principal, int(pk))).envelope))

    @extend_schema(parameters=[_NUMBER], request=None, responses={201: PermitSerializer})
    @permit.mapping.post
    def issue_permit(self, request: Request, pk: str) -> Response:
        """Issue a new permit for what is on its way or runs, when nothing stands against it now."""
        permit = operations.issue_permit(self.principal, find_deployment(self.principal, int(pk)))
        return Response(PermitSerializer(permit).data, status=201)

    def _permitted(self, made: Deployment, code: int) -> Response:
        context = {**self.get_serializer_context(), "permit": newest_permit(made)}
        shown = show_deployment(self.principal, made.pk)
        return Response(PermittedDeploymentSerializer(shown, context=context).data, status=code)


def _asked(query: dict[str, Any]) -> Asked:
    return Asked(
        project=query.get("environment_project", ""),
        environment=query.get("environment", ""),
        target=query.get("target", ""),
        model=query.get("model", ""),
        model_project=query.get("project", ""),
        version=query.get("version"),
        person=query.get("person", ""),
        state=query.get("state", ""),
        begins=query.get("from"),
        ends=query.get("to"),
        at=query.get("at"),
    )


class AlertFilterSerializer(serializers.Serializer[Any]):
    """Which alerts."""

    project = serializers.CharField(required=False, default="", max_length=63)
    environment = serializers.CharField(required=False, default="", max_length=63)
    state = serializers.ChoiceField(
        required=False, default="", choices=[*AlertState.choices, ("unresolved", "unresolved")]
    )


class AlertNoteSerializer(serializers.Serializer[Any]):
    """A remark."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)


class AlertFindingSerializer(serializers.Serializer[Any]):
    """What was found."""

    finding = serializers.CharField(max_length=1000)


class AlertViewSet(Resource[Alert]):
    """Alerts of the projects that the caller may see."""

    serializer_class = AlertSerializer
    queryset = Alert.objects.none()
    pagination_class = TokenPages
    filter_backends = ()
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[AlertFilterSerializer])
    def list(self, request: Request) -> Response:
        """List what runs unapproved, the newest first."""
        pages = TokenPages()
        size, token = pages.asked(request)
        page = alerts_page(self.principal, **self.asked(AlertFilterSerializer), token=token, size=size)
        return pages.respond(request, AlertSerializer(page.rows, many=True).data, page.next_page_token)

    @extend_schema(parameters=[_ALERT])
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show an alert."""
        return self._show(find_alert(self.principal, int(pk)))

    @extend_schema(parameters=[_ALERT], request=AlertNoteSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that one looks into it."""
        alert = find_alert(self.principal, int(pk))
        return self._show(operations.acknowledge_alert(self.principal, alert, **self.checked(AlertNoteSerializer)))

    @extend_schema(parameters=[_ALERT], request=AlertFindingSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Close it, saying what was found."""
        alert = find_alert(self.principal, int(pk))
        return self._show(operations.resolve_alert(self.principal, alert, **self.checked(AlertFindingSerializer)))

    def _show(self, alert: Alert) -> Response:
        return Response(AlertSerializer(alert_views(self.principal, [alert])[0]).data)
