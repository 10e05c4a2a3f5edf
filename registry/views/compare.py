"""Versions compared: side by side, two against each other, the curves of their runs, and their files by digest."""

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from registry.queries.comparing import (
    MOST_VERSIONS,
    ComparedVersion,
    ComparedVersions,
    compare_versions,
    side_by_side,
    sides_of,
)
from registry.views.shared import model_url, models_trail, version_url
from tracking.compare.export import csv_of_sections
from tracking.compare.pairs import differences
from tracking.views.compare import (
    changed_address,
    curves_context,
    files_context,
    kept_choices,
    pair_context,
    without_dropped,
)

VIEWS: Final = {
    "table": ("Side by side", "table"),
    "diff": ("Two versions", "arrows-diff"),
    "files": ("Files", "files"),
    "curves": ("Curves of their runs", "chart-line"),
}
#: What is compared when nobody chose a file: it holds the signature and says how to load the model.
_FIRST_FILE: Final = "MLmodel"


@signed_in
def compare(request: PageRequest) -> HttpResponse:
    """The versions that ``?version=`` names, in the view that ``?view=`` names."""
    if shorter := without_dropped(request, "version"):
        return HttpResponseRedirect(shorter)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "table"
    compared = compare_versions(request.principal, request.GET.getlist("version"))
    context: dict[str, Any] = {
        "section": "models",
        "trail": _trail(compared),
        "compared": compared,
        "view": view,
        "views": [
            (name, title, icon, changed_address(request.GET, view=name)) for name, (title, icon) in VIEWS.items()
        ],
        "most": MOST_VERSIONS,
        "csv": _csv_address(request),
    }
    if compared.columns:
        context |= _fill(request, view, compared)
    return TemplateResponse(request, "registry/compare.html", context)


@signed_in
def compare_csv(request: PageRequest) -> StreamingHttpResponse:
    """The same versions as a file for spreadsheets."""
    compared = compare_versions(request.principal, request.GET.getlist("version"))
    names = [str(column.reference) for column in compared.columns]
    lines = csv_of_sections("version", names, side_by_side(compared, differences_only=False))
    headers = {"Content-Disposition": 'attachment; filename="versions.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _fill(request: PageRequest, view: str, compared: ComparedVersions) -> dict[str, Any]:
    """What one view shows."""
    if view == "curves":
        return curves_context([column.run for column in compared.columns if column.run])
    if view == "diff":
        sections = side_by_side(compared.only(*_pair_of(request, compared)), differences_only=True)
        return _pair(request, compared) | {"sections": differences(sections)}
    if view == "files":
        return _pair(request, compared) | _files(request, *_pair_of(request, compared))
    everything = request.GET.get("rows") == "all" or len(compared.columns) == 1
    return {
        "sections": side_by_side(compared, differences_only=not everything),
        "columns": [_column(column, compared) for column in compared.columns],
        "kept": kept_choices(request.GET),
        "everything": everything,
        "toggle": changed_address(request.GET, rows="" if everything else "all"),
    }


def _column(column: ComparedVersion, compared: ComparedVersions) -> dict[str, str]:
    """The heading of a column."""
    reference = str(column.reference)
    url = version_url(column.version)
    return {"id": reference, "name": _name_of(column, compared), "title": reference, "url": url}


def _name_of(column: ComparedVersion, compared: ComparedVersions) -> str:
    version = column.version
    return f"Version {version.number}" if compared.is_one_model else f"{version.model.name} v{version.number}"


def _pair_of(request: PageRequest, compared: ComparedVersions) -> tuple[ComparedVersion, ComparedVersion]:
    """The versions that ``?left=`` and ``?right=`` name; the first two by themselves, or one twice."""
    by_reference = {str(column.reference): column for column in compared.columns}
    left = by_reference.get(request.GET.get("left", ""), compared.columns[0])
    others = [column for column in compared.columns if column is not left]
    return left, by_reference.get(request.GET.get("right", ""), others[0] if others else left)


def _pair(request: PageRequest, compared: ComparedVersions) -> dict[str, Any]:
    left, right = ((str(one.reference), _name_of(one, compared)) for one in _pair_of(request, compared))
    choices = [(str(column.reference), _name_of(column, compared)) for column in compared.columns]
    return pair_context(request.GET, choices, left, right)


def _files(request: PageRequest, left: ComparedVersion, right: ComparedVersion) -> dict[str, Any]:
    sides = sides_of(left.version, right.version)
    context = files_context(request, *sides, path=_FIRST_FILE)
    pair = context["pair"]
    there = ((left, pair.left), (right, pair.right)) if pair else ()
    pictures = [(f"Version {one.reference.number}", _file_url(one, pair.path)) for one, file in there if file]
    elsewhere = [one.version for one in (left, right) if not one.version.space_uid]
    return context | {"pictures": pictures, "elsewhere": elsewhere}


def _file_url(column: ComparedVersion, path: str) -> str:
    one = column.reference
    names = {"project": one.project, "name": one.name, "number": one.number, "path": path}
    return reverse("api:model-version-file", kwargs=names)


def _trail(compared: ComparedVersions) -> list[tuple[str, str]]:
    if not compared.columns or not compared.is_one_model:
        return [("Models", reverse("registry:models"))]
    model = compared.columns[0].version.model
    return [*models_trail(model), (model.name, model_url(model))]


def _csv_address(request: PageRequest) -> str:
    query = urlencode([("version", reference) for reference in request.GET.getlist("version")])
    return f"{reverse('registry:compare-versions-csv')}?{query}"
