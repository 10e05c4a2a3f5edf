"""``/environments``: where versions may run, and what agents see there."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ReasonSerializer, Resource
from accounts.principals import Principal
from accounts.queries import find_project
from deployments import operations
from deployments.api.shapes import (
    AlertSerializer,
    EnvironmentFields,
    EnvironmentFilterSerializer,
    EnvironmentSerializer,
    NewEnvironmentSerializer,
    SightingSerializer,
)
from deployments.exceptions import InvalidDeployment
from deployments.models import Environment
from deployments.operations.sightings import Observation
from deployments.queries import alert_views, find_environment, sightings_of, versions_by_name
from deployments.rules import MOST_SIGHTINGS
from registry.api.values import part

ADDRESS = [part("project", "The short name of the project."), part("environment", "The name of the environment.")]
ENVIRONMENT_PATTERN = "(?P<environment>[a-z0-9][a-z0-9._-]*)"


class ObservationSerializer(serializers.Serializer[Any]):
    """What runs at a target: the digest of its files, or a version by its names where its files lie elsewhere."""

    target = serializers.CharField(max_length=200)
    content_digest = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)
    project = serializers.CharField(required=False, default="default", max_length=63, help_text="The model's.")
    model = serializers.CharField(required=False, default="", allow_blank=True, max_length=256)
    version = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=1, max_value=999_999_999
    )
    image_digest = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)


class SightingsSerializer(serializers.Serializer[Any]):
    """What an agent sees, up to 1 000 at once."""

    sightings = serializers.ListField(child=ObservationSerializer(), max_length=MOST_SIGHTINGS)


class JudgedSerializer(serializers.Serializer[Any]):
    """What became of it."""

    approved = serializers.IntegerField(help_text="How many are as they should be.")
    opened = serializers.IntegerField(help_text="How many alerts are new.")
    alerts = AlertSerializer(many=True, help_text="Those that are not resolved.")


class SeenSerializer(serializers.Serializer[Any]):
    """The last sightings."""

    results = SightingSerializer(many=True)


class EnvironmentViewSet(Resource[Environment]):
    """Environments of the projects that the caller may see."""

    serializer_class = EnvironmentSerializer
    queryset = Environment.objects.none()
    filter_backends = ()
    lookup_field = "environment"

    @extend_schema(parameters=[EnvironmentFilterSerializer])
    def list(self, request: Request) -> Response:
        """List environments, the newest first."""
        asked = self.asked(EnvironmentFilterSerializer)
        found = Environment.objects.visible_to(self.principal).select_related("project")
        if asked.get("project"):
            found = found.filter(project__slug=asked["project"])
        return self.page_of(found if asked["archived"] else found.in_use(), EnvironmentSerializer)

    @extend_schema(request=NewEnvironmentSerializer, responses={201: EnvironmentSerializer})
    def create(self, request: Request) -> Response:
        """Make an environment."""
        wanted = self.checked(NewEnvironmentSerializer)
        project = find_project(self.principal, wanted.pop("project"))
        return self.created(operations.create_environment(self.principal, project, wanted.pop("name"), **wanted))

    @extend_schema(parameters=ADDRESS)
    def retrieve(self, request: Request, project: str, environment: str) -> Response:
        """Show an environment."""
        return self.answer(find_environment(self.principal, project, environment))

    @extend_schema(parameters=ADDRESS, request=EnvironmentFields)
    def partial_update(self, request: Request, project: str, environment: str) -> Response:
        """Change what an environment asks of versions; what runs goes on running."""
        found = find_environment(self.principal, project, environment)
        return self.answer(operations.update_environment(self.principal, found, **self.checked(EnvironmentFields)))

    @extend_schema(parameters=ADDRESS, request=ReasonSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, project: str, environment: str) -> Response:
        """Let nothing be deployed there any more."""
        found = find_environment(self.principal, project, environment)
        return self.answer(operations.archive_environment(self.principal, found, **self.checked(ReasonSerializer)))

    @extend_schema(parameters=ADDRESS, responses=SeenSerializer)
    @action(detail=True, methods=["get"])
    def sightings(self, request: Request, project: str, environment: str) -> Response:
        """Show what agents saw, the last seen first."""
        found = find_environment(self.principal, project, environment)
        seen = sightings_of(self.principal, found)
        return Response({"results": SightingSerializer(seen, many=True).data})

    @extend_schema(parameters=ADDRESS, request=SightingsSerializer, responses=JudgedSerializer)
    @sightings.mapping.post
    def record_sightings(self, request: Request, project: str, environment: str) -> Response:
        """Say what runs; what nobody let run there becomes an alert. Saying it again is harmless."""
        found = find_environment(self.principal, project, environment)
        sent = self.checked(SightingsSerializer)["sightings"]
        judged = operations.record_sightings(self.principal, found, _observations(self.principal, sent))
        alerts = alert_views(self.principal, judged.alerts)
        shown = {
            "approved": judged.approved,
            "opened": judged.opened,
            "alerts": AlertSerializer(alerts, many=True).data,
        }
        return Response(shown)


def _observations(principal: Principal, sent: list[dict[str, Any]]) -> list[Observation]:
    """What was sent, with the versions that it names. Raises InvalidDeployment."""
    named = {(each["project"], each["model"], each["version"]) for each in sent if each["version"] is not None}
    known = versions_by_name(principal, named)
    observations = []
    for number, each in enumerate(sent):
        name = (each["project"], each["model"], each["version"])
        if each["version"] is not None and name not in known and not each["content_digest"]:
            raise InvalidDeployment(
                f"Sighting {number} names {name[0]}/{name[1]} v{name[2]}, which is not here or not for you to see: "
                "send the content_digest of what runs."
            )
        observations.append(Observation(each["target"], each["content_digest"], known.get(name), each["image_digest"]))
    return observations
