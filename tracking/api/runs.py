"""``/runs``: what scripts did, and what they logged."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Resource
from accounts.api.fields import TagSerializer, at_field
from accounts.api.paging import TokenPages
from accounts.models import Project
from audit.exceptions import InvalidInput
from tracking import operations, queries
from tracking.api.experiments import KEY
from tracking.api.run_forms import (
    BatchSerializer,
    ManyRunsSerializer,
    NewRunSerializer,
    RunChangeSerializer,
    RunDetailSerializer,
    RunQuerySerializer,
    RunsChangedSerializer,
    RunSerializer,
    TagRunsSerializer,
)
from tracking.api.values import PointSerializer, as_items
from tracking.exceptions import NoSuchRun, ParamChanged
from tracking.models import Experiment, Lifecycle, Run
from tracking.queries import RunView, children
from tracking.rows import RunRow, head_of
from tracking.rules import now

_METRIC: Final = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The metric's key.")
_VIEWS: Final = {
    Lifecycle.ACTIVE: RunView.ACTIVE_ONLY,
    Lifecycle.DELETED: RunView.DELETED_ONLY,
    "all": RunView.ALL,
}


class RunViewSet(Resource[Run]):
    """Runs."""

    serializer_class = RunDetailSerializer  # type: ignore[assignment]  # shows the row of a run
    pagination_class = TokenPages
    lookup_field = "uid"
    lookup_value_regex = "[0-9a-f]{32}"
    filter_backends = ()
    queryset = Run.objects.all()

    def get_queryset(self) -> QuerySet[Run]:
        return Run.objects.visible_to(self.principal).select_related("experiment__project", "owner")

    @extend_schema(parameters=[RunQuerySerializer], responses=RunSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the runs that match, without their inputs and outputs; by default the newest first."""
        asked = self.asked(RunQuerySerializer)
        experiments = self._experiments(asked)
        pages = TokenPages()
        size, token = pages.asked(request)
        if not experiments:
            return pages.respond(request, [], "")
        project = experiments[0].project
        with at_field("cursor", InvalidInput):
            found = queries.search_runs(
                self.principal,
                project,
                experiment_ids=[str(experiment.pk) for experiment in experiments],
                filter_string=asked["filter"],
                order_by=asked["order_by"],
                view=_VIEWS[asked["lifecycle"]],
                max_results=size,
                page_token=token,
            )
        rows: Any = found.rows
        shown = RunSerializer(rows, many=True, context={"project": project}).data
        return pages.respond(request, shown, found.next_page_token)

    @extend_schema(request=NewRunSerializer, responses={201: RunDetailSerializer})
    def create(self, request: Request) -> Response:
        """Start a run."""
        wanted = self.checked(NewRunSerializer)
        experiment = queries.find_visible_experiment(self.principal, wanted["experiment"])
        row = operations.create_run(
            self.principal,
            experiment.project,
            experiment_id=str(experiment.pk),
            start_time=wanted.get("started_at", now()),
            name=wanted["name"],
            tags=as_items(wanted["tags"]),
        )
        return self._answer(row, experiment.project, status.HTTP_201_CREATED)

    @extend_schema(responses=RunDetailSerializer)
    def retrieve(self, request: Request, uid: str) -> Response:
        """Show a run with everything that was logged to it; a deleted one too."""
        return self._show(self.get_object())

    @extend_schema(request=RunChangeSerializer, responses=RunDetailSerializer)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Change a run's name, status or end."""
        wanted, run = self.checked(RunChangeSerializer), self.get_object()
        operations.update_run(
            self.principal,
            run.experiment.project,
            uid,
            name=wanted.get("name"),
            status=wanted.get("status"),
            end_time=wanted.get("ended_at"),
        )
        return self._show(self.get_object())

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Delete a run until it is restored."""
        operations.delete_run(self.principal, self._project(), uid)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=RunDetailSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, uid: str) -> Response:
        """Restore a run."""
        operations.restore_run(self.principal, self._project(), uid)
        return self._show(self.get_object())

    @extend_schema(request=BatchSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="log-batch")
    def log_batch(self, request: Request, uid: str) -> Response:
        """Log metrics, params and tags: all of them, or none when one is refused. A param keeps its first value."""
        batch = self.checked(BatchSerializer)
        moment = now()
        with at_field("params", ParamChanged):
            operations.log_batch(
                self.principal,
                self._project(),
                uid,
                metrics=[{"timestamp": moment} | point for point in batch["metrics"]],
                params=as_items(batch["params"]),
                tags=as_items(batch["tags"]),
            )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="runs_metric_history", parameters=[_METRIC], responses=PointSerializer(many=True))
    @action(detail=True, methods=["get"], url_path="metrics/(?P<key>[^\x00]+)")
    def metric_history(self, request: Request, uid: str, key: str) -> Response:
        """List every value of one metric in the order of their timestamps."""
        project, pages = self._project(), TokenPages()
        size, token = pages.asked(request)
        with at_field("cursor", InvalidInput):
            found = queries.get_metric_history(self.principal, project, uid, key, max_results=size, page_token=token)
        rows: Any = found.rows
        return pages.respond(request, PointSerializer(rows, many=True).data, found.next_page_token)

    @extend_schema(parameters=[KEY], request=TagSerializer, responses=RunDetailSerializer)
    @action(detail=True, methods=["put"], url_path="tags/(?P<key>[^\x00]+)")
    def set_tag(self, request: Request, uid: str, key: str) -> Response:
        """Set a tag; ``mlflow.runName`` names the run."""
        value = self.checked(TagSerializer)["value"]
        operations.set_run_tag(self.principal, self._project(), uid, key=key, value=value)
        return self._show(self.get_object())

    @extend_schema(parameters=[KEY], responses={204: None})
    @set_tag.mapping.delete
    def delete_tag(self, request: Request, uid: str, key: str) -> Response:
        """Take a tag off."""
        operations.delete_run_tag(self.principal, self._project(), uid, key=key)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="runs_tag", request=TagRunsSerializer, responses=RunsChangedSerializer)
    @action(detail=False, methods=["post"], url_path="tag")
    def tag_many(self, request: Request) -> Response:
        """Set tags of many runs and take others off: of all of them, or when one is refused, of none."""
        wanted = self.checked(TagRunsSerializer)
        runs, tags = wanted["runs"], as_items(wanted["tags"])
        project = self._project_of(runs)
        changed = operations.tag_runs(self.principal, project, runs, tags=tags, remove=wanted["remove"])
        return Response({"changed": changed})

    @extend_schema(operation_id="runs_delete_many", request=ManyRunsSerializer, responses=RunsChangedSerializer)
    @action(detail=False, methods=["post"], url_path="delete")
    def delete_many(self, request: Request) -> Response:
        """Delete many runs until they are restored: all of them, or when one is refused, none."""
        runs = self.checked(ManyRunsSerializer)["runs"]
        return Response({"changed": operations.delete_runs(self.principal, self._project_of(runs), runs)})

    @extend_schema(operation_id="runs_restore_many", request=ManyRunsSerializer, responses=RunsChangedSerializer)
    @action(detail=False, methods=["post"], url_path="restore")
    def restore_many(self, request: Request) -> Response:
        """Restore many runs: all of them, or when one is refused, none."""
        runs = self.checked(ManyRunsSerializer)["runs"]
        return Response({"changed": operations.restore_runs(self.principal, self._project_of(runs), runs)})

    def _project_of(self, runs: Sequence[str]) -> Project:
        """The project of the first of these runs that may be seen; the operation refuses runs of others."""
        run = self.get_queryset().filter(uid__in=runs).order_by("uid").first()
        if run is None:
            raise NoSuchRun("There is no such run, or you may not see it.")
        return run.experiment.project

    def _project(self) -> Project:
        return self.get_object().experiment.project

    def _experiments(self, asked: dict[str, Any]) -> Sequence[Experiment]:
        """The experiments that a search names, as far as they may be seen. Raises `InvalidInput`."""
        visible = Experiment.objects.visible_to(self.principal).select_related("project")
        if "project" in asked:
            visible = visible.filter(project__slug=asked["project"])
        if asked.get("experiment"):
            visible = visible.filter(pk__in=[int(number) for number in asked["experiment"]])
        experiments = list(visible.only("project__slug"))
        if len({experiment.project_id for experiment in experiments}) > 1:
            raise InvalidInput("These experiments lie in different projects. Search them project by project.")
        return experiments

    def _show(self, run: Run) -> Response:
        row = RunRow(head_of(run))
        children.fill({run.pk: row})
        return self._answer(row, run.experiment.project)

    def _answer(self, row: RunRow, project: Project, code: int = status.HTTP_200_OK) -> Response:
        return Response(RunDetailSerializer(row, context={"project": project}).data, status=code)
