"""``/saved-views``: questions about an experiment's runs that somebody keeps under a name."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import Moment, Text, at_field, by_rule
from audit.exceptions import AlreadyExists
from tracking import operations
from tracking.models import SavedView
from tracking.queries import find_visible_experiment
from tracking.rules import read_view_name, read_view_query


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    """A view: a name for the query of the runs table's address."""

    owner = serializers.CharField(source="owner.username", help_text="Whose it is.")
    created_at = Moment()
    updated_at = Moment()

    class Meta:
        model = SavedView
        fields = ["id", "experiment", "name", "query", "shared", "owner", "created_at", "updated_at"]
        read_only_fields = fields


class ViewChangeSerializer(serializers.Serializer[Any]):
    """What may be changed about a view."""

    name = Text(required=False, allow_blank=False, validators=[by_rule(read_view_name)])
    query = Text(
        required=False,
        validators=[by_rule(read_view_query)],
        help_text="Such as q=metrics.rmse+%3C+1&sort=metrics.rmse&column=params.model.",
    )
    shared = serializers.BooleanField(required=False, help_text="Whether everybody who sees the experiment sees it.")


class NewViewSerializer(ViewChangeSerializer):
    """What a new view needs."""

    experiment = serializers.IntegerField(min_value=0, help_text="The number of its experiment.")
    name = Text(allow_blank=False, validators=[by_rule(read_view_name)])


class ViewQuerySerializer(serializers.Serializer[Any]):
    """Which views."""

    experiment = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)


class SavedViewViewSet(RetrieveModelMixin, Resource[SavedView]):
    """One's own views of runs, and the shared ones."""

    serializer_class = SavedViewSerializer
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    queryset = SavedView.objects.all()

    def get_queryset(self) -> QuerySet[SavedView]:
        return SavedView.objects.visible_to(self.principal).select_related("experiment", "owner")

    @extend_schema(parameters=[ViewQuerySerializer], responses=SavedViewSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List one's own views and the shared ones, the newest first."""
        asked = self.asked(ViewQuerySerializer)
        return self.page_of(self.get_queryset().filter(**asked), SavedViewSerializer)

    @extend_schema(request=NewViewSerializer, responses={201: SavedViewSerializer})
    def create(self, request: Request) -> Response:
        """Save a view; sharing it takes the right to write."""
        wanted = self.checked(NewViewSerializer)
        experiment = find_visible_experiment(self.principal, wanted.pop("experiment"))
        with at_field("name", AlreadyExists):
            view = operations.save_view(
                self.principal, experiment.project, str(experiment.pk), **{"query": ""} | wanted
            )
        return self.created(view)

    @extend_schema(request=ViewChangeSerializer, responses=SavedViewSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a view, share it, or have it ask something else."""
        with at_field("name", AlreadyExists):
            view = operations.change_view(self.principal, self.get_object(), **self.checked(ViewChangeSerializer))
        return self.answer(view)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a view; the runs it shows stay."""
        operations.delete_view(self.principal, self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
