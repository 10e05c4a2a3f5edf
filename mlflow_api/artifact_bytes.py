"""The bytes of artifacts on their way through this server, in both directions and in constant memory."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts.authentication import signed_in
from accounts.principals import Principal
from artifacts.models import ArtifactSpace
from artifacts.operations import delete_artifacts, store_file
from artifacts.queries import open_file
from artifacts.streaming import file_response, incoming
from artifacts.uris import OwnedPath, OwnerKind
from audit.exceptions import NotFound, Refusal
from mlflow_api import artifact_listing, artifact_parts
from mlflow_api.artifact_places import find_space, open_space, owned_path, proxied_root
from mlflow_api.schema import NumberText, Text, read_query
from mlflow_api.transport import Body, view_of
from mlflow_api.workspaces import project_of
from registry.queries import find_version
from tracking import queries

_OF_RUN = {"run_id": Text(required=True, also="run_uuid"), "path": Text(required=True)}
_OF_VERSION = {"name": Text(required=True), "version": NumberText(required=True), "path": Text(required=True)}


@csrf_exempt
@signed_in
def file_at_path(request: HttpRequest, artifact_path: str) -> HttpResponseBase:
    """Send, take or delete the file at a path below ``mlflow-artifacts:/``."""
    if request.method == "PUT":
        return _take(request, artifact_path)
    if request.method == "DELETE":
        return _delete(request, artifact_path)
    if request.method in ("GET", "HEAD"):
        owned = owned_path(artifact_path)
        return _send(request, find_space(_actor(request), owned), owned.path)
    return HttpResponseNotAllowed(["GET", "PUT", "DELETE"])


@signed_in
def file_of_run(request: HttpRequest) -> HttpResponseBase:
    """Send a file of a run, for MLflow's pages and older clients."""
    asked, actor = read_query(_OF_RUN, request.GET), _actor(request)
    run = queries.get_run_head(actor, project_of(actor, _body(request)), asked["run_id"])
    owned = OwnedPath(OwnerKind.RUN, run.uid, proxied_root(run.artifact_uri), asked["path"])
    return _send(request, find_space(actor, owned), owned.path)


@signed_in
def file_of_version(request: HttpRequest) -> HttpResponseBase:
    """Send a file of a model version."""
    asked, actor = read_query(_OF_VERSION, request.GET), _actor(request)
    version = find_version(actor, project_of(actor, _body(request)).pk, asked["name"], asked["version"])
    prefix = f"{version.prefix}/" if version.prefix else ""
    return _send(request, version.space, prefix + asked["path"])


def _send(request: HttpRequest, space: ArtifactSpace | None, file_path: str) -> HttpResponseBase:
    if space is None:
        raise NotFound(f"There is no file {file_path[:200]}.")
    asked_range, if_range = request.META.get("HTTP_RANGE", ""), request.META.get("HTTP_IF_RANGE", "")
    return file_response(open_file(_actor(request), space, file_path, asked_range=asked_range, if_range=if_range))


def _take(request: HttpRequest, artifact_path: str) -> HttpResponse:
    body = incoming(request.META)
    try:
        owned = owned_path(artifact_path)
        space = open_space(_actor(request), _body(request), owned)
    except Refusal:
        body.drain()  # A client that is still sending would not hear why.
        raise
    store_file(_actor(request), space, owned.path, body)
    return HttpResponse()


def _delete(request: HttpRequest, artifact_path: str) -> HttpResponse:
    owned = owned_path(artifact_path)
    space = find_space(_actor(request), owned)
    if space is not None:
        delete_artifacts(_actor(request), space, owned.path)
    return HttpResponse(b"{}", content_type="application/json")


def _actor(request: HttpRequest) -> Principal:
    actor: Principal = request.principal  # type: ignore[attr-defined]  # put there by AccessMiddleware
    return actor


def _body(request: HttpRequest) -> Body:
    body = Body()
    body.workspace = request.META.get("HTTP_X_MLFLOW_WORKSPACE", "").strip()
    return body


#: Below ``/api/2.0/mlflow-artifacts/``.
urls = [
    path("artifacts", view_of({"GET": artifact_listing.at_path})),
    path("artifacts/<path:artifact_path>", file_at_path),
    path("mpu/create/<path:folder>", view_of({"POST": artifact_parts.create})),
    path("mpu/complete/<path:folder>", view_of({"POST": artifact_parts.complete})),
    path("mpu/abort/<path:folder>", view_of({"POST": artifact_parts.abort})),
    path("presigned/<path:artifact_path>", view_of({"GET": artifact_parts.presigned})),
]
