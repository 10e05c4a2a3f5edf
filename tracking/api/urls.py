"""The addresses of tracking below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from tracking.api.artifacts import LoggedModelFileView, LoggedModelFolderView, RunFileView, RunFolderView
from tracking.api.curves import MetricCurvesView
from tracking.api.experiments import ExperimentViewSet
from tracking.api.logged_models import LoggedModelViewSet
from tracking.api.runs import RunViewSet
from tracking.api.saved_views import SavedViewViewSet

router = SimpleRouter(trailing_slash=False)
router.register("experiments", ExperimentViewSet, basename="experiment")
router.register("runs", RunViewSet, basename="run")
router.register("logged-models", LoggedModelViewSet, basename="logged-model")
router.register("saved-views", SavedViewViewSet, basename="saved-view")

_RUN = "^runs/(?P<uid>[0-9a-f]{32})/artifacts"
_LOGGED_MODEL = "^logged-models/(?P<uid>m-[0-9a-f]{32})/artifacts"

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("metric-curves", MetricCurvesView.as_view(), name="metric-curves"),
    re_path(f"{_RUN}$", RunFolderView.as_view(), name="run-folder"),
    re_path(f"{_RUN}/(?P<path>.+)$", RunFileView.as_view(), name="run-file"),
    re_path(f"{_LOGGED_MODEL}$", LoggedModelFolderView.as_view(), name="logged-model-folder"),
    re_path(f"{_LOGGED_MODEL}/(?P<path>.+)$", LoggedModelFileView.as_view(), name="logged-model-file"),
]
