"""The files of runs and logged models: folders, and files with a preview."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from artifacts.browser import Browser, browse
from artifacts.models import ArtifactSpace
from artifacts.uris import OwnerKind
from audit.exceptions import NotFound
from tracking.models import LoggedModel, Run
from tracking.queries import find_space_owner
from tracking.queries.logged_model_page import find_logged_model
from tracking.queries.run_page import find_run
from tracking.views.logged_model import logged_model_context
from tracking.views.run import run_context


@signed_in
def run_files(request: PageRequest, uid: str) -> HttpResponse:
    """What lies at ``?path=`` among the artifacts of a run."""
    run = find_run(request.principal, uid)
    context = run_context(request.principal, run) | _files(request, run, OwnerKind.RUN)
    return TemplateResponse(request, "tracking/run_artifacts.html", context)


@signed_in
def logged_model_files(request: PageRequest, uid: str) -> HttpResponse:
    """What lies at ``?path=`` among the files of a logged model."""
    model = find_logged_model(request.principal, uid)
    context = logged_model_context(request.principal, model) | _files(request, model, OwnerKind.LOGGED_MODEL)
    return TemplateResponse(request, "tracking/logged_model_artifacts.html", context)


def _files(request: PageRequest, owner: Run | LoggedModel, kind: OwnerKind) -> dict[str, Any]:
    """What the browser of files shows; ``elsewhere`` when they lie in a store that this server does not keep."""
    space = ArtifactSpace.objects.filter(uid=owner.uid).first()
    context: dict[str, Any] = {
        "tab": "artifacts",
        "artifact_uri": owner.artifact_uri,
        "files_url": reverse(_API_FOLDERS[kind], args=[owner.uid]),
    }
    if space is None:
        try:
            find_space_owner(owner.experiment.project, kind, owner.uid)
        except NotFound as elsewhere:
            return context | {"elsewhere": str(elsewhere)}
    return context | {"browser": _browser(request, space)}


def _browser(request: PageRequest, space: ArtifactSpace | None) -> Browser:
    return browse(request.principal, space, request.GET.get("path", ""), after=request.GET.get("after", ""))


_API_FOLDERS = {OwnerKind.RUN: "api:run-folder", OwnerKind.LOGGED_MODEL: "api:logged-model-folder"}
