"""Where MLflow's protocol is served: what `ENDPOINTS` lists, the bytes of artifacts, a word for unknown paths."""

from collections import defaultdict
from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path, re_path

from mlflow_api import artifact_bytes, server, transport
from mlflow_api.endpoints import ENDPOINTS, Endpoint
from mlflow_api.transport import Function, view_of


def _views(endpoints: Iterable[Endpoint]) -> list[URLPattern]:
    """One view for each path, whatever the methods it answers to."""
    by_path: dict[str, dict[str, Function]] = defaultdict(dict)
    for endpoint in endpoints:
        by_path[endpoint.path][endpoint.method] = endpoint.function
    return [path(route, view_of(functions)) for route, functions in by_path.items()]


_protocol: list[URLPattern | URLResolver] = [
    *(path(group, include(_views(endpoints))) for group, endpoints in ENDPOINTS.items()),
    path("2.0/mlflow-artifacts/", include(artifact_bytes.urls)),
    re_path(r"^\d+\.\d+/", transport.unknown_path),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include(_protocol)),
    path("ajax-api/", include(_protocol)),
    path("get-artifact", artifact_bytes.file_of_run),
    path("model-versions/get-artifact", artifact_bytes.file_of_version),
    path("health", server.health),
    path("version", server.version),
]
