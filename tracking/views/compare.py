"""Runs compared: side by side, as curves and other pictures, two against each other, and their files.

Everything that is chosen stands in the address, so that a link shows the same again.
"""

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from artifacts.models import ArtifactSpace
from tracking.compare.export import csv_lines
from tracking.compare.files import FilePair, Side, list_pairs, look_inside
from tracking.compare.pairs import differences
from tracking.compare.pictures import picture_of
from tracking.compare.selection import MOST_RUNS, MOST_SIDE_BY_SIDE, Selection, select_runs
from tracking.compare.table import side_by_side
from tracking.rows import RunRow

#: The views by name, each with its icon and how many runs it holds.
VIEWS: Final = {
    "table": ("Side by side", "table", MOST_SIDE_BY_SIDE),
    "curves": ("Curves", "chart-line", MOST_SIDE_BY_SIDE),
    "diff": ("Two runs", "arrows-diff", MOST_SIDE_BY_SIDE),
    "parallel": ("Parallel coordinates", "chart-dots-3", MOST_RUNS),
    "scatter": ("Scatter", "chart-scatter", MOST_RUNS),
    "contour": ("Contour", "chart-radar", MOST_RUNS),
    "files": ("Files", "files", MOST_SIDE_BY_SIDE),
}
MOST_METRICS: Final = 400
#: Three points span one plane; a contour of fewer than these shows nothing that is not in the numbers.
FEWEST_FOR_CONTOUR: Final = 4
_PICTURES: Final = frozenset({"parallel", "scatter", "contour"})


@signed_in
def compare_runs(request: PageRequest) -> HttpResponse:
    """The runs that ``?run=`` names, in the view that ``?view=`` names."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "table"
    selection = select_runs(request.principal, request.GET.getlist("run"), most=VIEWS[view][2])
    context: dict[str, Any] = {
        "section": "experiments",
        "trail": _trail(request.GET, selection),
        "selection": selection,
        "view": view,
        "views": [(name, title, icon, _address(request.GET, view=name)) for name, (title, icon, _) in VIEWS.items()],
        "most": VIEWS[view][2],
        "csv": f"{reverse('tracking:compare-runs-csv')}?{_of_runs(request.GET)}",
    }
    if selection.rows:
        context |= _fill(request, view, selection)
    return TemplateResponse(request, "tracking/compare_runs.html", context)


@signed_in
def compare_runs_csv(request: PageRequest) -> StreamingHttpResponse:
    """The same runs as a file for spreadsheets."""
    selection = select_runs(request.principal, request.GET.getlist("run"))
    headers = {"Content-Disposition": 'attachment; filename="runs.csv"'}
    return StreamingHttpResponse(csv_lines(selection), content_type="text/csv; charset=utf-8", headers=headers)


def _fill(request: PageRequest, view: str, selection: Selection) -> dict[str, Any]:
    """What one view shows."""
    if view in _PICTURES:
        picture = picture_of(selection)
        return {"picture": picture, "too_few": view == "contour" and len(selection.rows) < FEWEST_FOR_CONTOUR}
    if view == "curves":
        return _curves(selection)
    if view == "diff":
        return _pair(request, selection) | {"sections": differences(_pair_of(request, selection))}
    if view == "files":
        return _pair(request, selection) | _files(request, *_pair_of(request, selection).rows)
    everything = request.GET.get("rows") == "all" or len(selection.rows) == 1
    return {
        "sections": side_by_side(selection, differences_only=not everything),
        "columns": [(row.head, _address(request.GET, without=row.head.uid)) for row in selection.rows],
        "everything": everything,
        "toggle": _address(request.GET, rows="" if everything else "all"),
    }


def _curves(selection: Selection) -> dict[str, Any]:
    keys = {item["key"] for row in selection.rows for item in row.metrics}
    ordered = sorted(keys, key=lambda key: (key.startswith("system/"), key))
    query = urlencode([("run", uid) for uid in selection.uids])
    return {
        "curves": f"{reverse('api:metric-curves')}?{query}",
        "keys": ordered[:MOST_METRICS],
        "keys_left_out": max(0, len(ordered) - MOST_METRICS),
    }


# --- Two of the runs --------------------------------------------------------------------------------------------------


def _pair_of(request: PageRequest, selection: Selection) -> Selection:
    """The two runs that ``?left=`` and ``?right=`` name; the first two by themselves, or one twice."""
    by_uid = {row.head.uid: row for row in selection.rows}
    left = by_uid.get(request.GET.get("left", ""), selection.rows[0])
    others = [row for row in selection.rows if row is not left]
    right = by_uid.get(request.GET.get("right", ""), others[0] if others else left)
    return Selection([left, right], selection.experiments, selection.projects)


def _pair(request: PageRequest, selection: Selection) -> dict[str, Any]:
    left, right = _pair_of(request, selection).rows
    swapped = _address(request.GET, left=right.head.uid, right=left.head.uid)
    kept = [(name, value) for name, values in request.GET.lists() for value in values if name not in ("left", "right")]
    return {"left": left.head, "right": right.head, "swapped": swapped, "kept": kept}


def _files(request: PageRequest, left: RunRow, right: RunRow) -> dict[str, Any]:
    """The files of both, and what differs within the one that ``?path=`` names."""
    spaces = {space.uid: space for space in ArtifactSpace.objects.filter(uid__in=[left.head.uid, right.head.uid])}
    listing = list_pairs(*(Side(spaces.get(row.head.uid)) for row in (left, right)))
    everything = request.GET.get("rows") == "all"
    pairs = listing.pairs if everything else [pair for pair in listing.pairs if pair.state != "same"]
    path = request.GET.get("path", "")
    pair = listing.at(path) if path else None
    return {
        "listing": listing,
        "alike": len(listing.of_state("same")),
        "pairs": [(pair, _address(request.GET, path=pair.path)) for pair in pairs],
        "everything": everything,
        "toggle": _address(request.GET, rows="" if everything else "all"),
        "path": path,
        "pair": pair,
        "inside": look_inside(request.principal, pair) if pair else None,
        "pictures": _addresses_of(pair, left, right) if pair else [],
    }


def _addresses_of(pair: FilePair, left: RunRow, right: RunRow) -> list[tuple[str, str]]:
    """The files of a pair, each with the name of its run and the address of its bytes."""
    sides = ((left, pair.left), (right, pair.right))
    return [
        (row.head.name, reverse("api:run-file", args=[row.head.uid, str(file)]))
        for row, file in sides
        if file is not None
    ]


# --- Addresses --------------------------------------------------------------------------------------------------------


def _trail(query: QueryDict, selection: Selection) -> list[tuple[str, str]]:
    """The way back, to the table in which the runs were chosen."""
    trail = [("Experiments", reverse("tracking:experiments"))]
    if len(selection.experiments) == 1:
        [(pk, name)] = selection.experiments.items()
        table = query.get("from", "")
        trail.append((name, reverse("tracking:experiment", args=[pk]) + (f"?{table}" if table else "")))
    return trail


def _of_runs(query: QueryDict) -> str:
    return urlencode([("run", uid) for uid in query.getlist("run")])


def _address(query: QueryDict, *, without: str = "", **changes: str) -> str:
    """This page with some choices changed; an empty one goes. ``without`` takes a run out."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    if without:
        changed.setlist("run", [uid for uid in changed.getlist("run") if uid.strip() != without])
    return f"?{changed.urlencode()}"
