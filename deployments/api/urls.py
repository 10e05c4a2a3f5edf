"""The addresses of deployments below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, path, re_path
from rest_framework.routers import SimpleRouter

from deployments.api.deployments import AlertViewSet, DeploymentViewSet
from deployments.api.environments import ENVIRONMENT_PATTERN, EnvironmentViewSet
from deployments.api.keys import PermitKeysView, PermitKeyView, PermitVerifierView
from registry.api.values import PROJECT_PATTERN

_ENVIRONMENT = f"^environments/{PROJECT_PATTERN}/{ENVIRONMENT_PATTERN}"

router = SimpleRouter(trailing_slash=False)
router.register("deployments", DeploymentViewSet, basename="deployment")
router.register("deployment-alerts", AlertViewSet, basename="deployment-alert")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("environments", EnvironmentViewSet.as_view({"get": "list", "post": "create"}), name="environment-list"),
    re_path(
        f"{_ENVIRONMENT}$",
        EnvironmentViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="environment-detail",
    ),
    re_path(f"{_ENVIRONMENT}/archive$", EnvironmentViewSet.as_view({"post": "archive"}), name="environment-archive"),
    re_path(
        f"{_ENVIRONMENT}/sightings$",
        EnvironmentViewSet.as_view({"get": "sightings", "post": "record_sightings"}),
        name="environment-sightings",
    ),
    path("permit-keys", PermitKeysView.as_view(), name="permit-key-list"),
    re_path("^permit-keys/(?P<kid>[0-9a-f]{32})$", PermitKeyView.as_view(), name="permit-key"),
    path("permit-verifier", PermitVerifierView.as_view(), name="permit-verifier"),
]
