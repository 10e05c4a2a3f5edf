"""Runs compared: side by side, as curves and other pictures, two against each other, and their files.

Everything that is chosen stands in the address, so that a link shows the same again.
"""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from artifacts.models import ArtifactSpace
from tracking.compare.export import csv_lines
from tracking.compare.files import Side, list_pairs, look_inside
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
MOST_FILES_SHOWN: Final = 300
#: Three points span one plane; a contour of fewer than these shows nothing that is not in the numbers.
FEWEST_FOR_CONTOUR: Final = 4
_PICTURES: Final = frozenset({"parallel", "scatter", "contour"})


@signed_in
def compare_runs(request: PageRequest) -> HttpResponse:
    """The runs that ``?run=`` names, in the view that ``?view=`` names."""
    if shorter := without_dropped(request, "run"):
        return HttpResponseRedirect(shorter)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "table"
    selection = select_runs(request.principal, request.GET.getlist("run"), most=VIEWS[view][2])
    context: dict[str, Any] = {
        "section": "experiments",
        "trail": _trail(request.GET, selection),
        "selection": selection,
        "view": view,
        "views": [
            (name, title, icon, changed_address(request.GET, view=name)) for name, (title, icon, _) in VIEWS.items()
        ],
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
        return curves_context(selection.rows)
    if view == "diff":
        sections = side_by_side(_pair_of(request, selection), differences_only=True)
        return _pair(request, selection) | {"sections": differences(sections)}
    if view == "files":
        return _pair(request, selection) | _files(request, *_pair_of(request, selection).rows)
    everything = request.GET.get("rows") == "all" or len(selection.rows) == 1
    return {
        "sections": side_by_side(selection, differences_only=not everything),
        "columns": [_column(row) for row in selection.rows],
        "kept": kept_choices(request.GET),
        "everything": everything,
        "toggle": changed_address(request.GET, rows="" if everything else "all"),
    }


def _column(row: RunRow) -> dict[str, str]:
    """The heading of a column."""
    url = reverse("tracking:run", args=[row.head.uid])
    return {"id": row.head.uid, "name": row.head.name, "title": row.head.uid, "url": url}


def curves_context(rows: Sequence[RunRow]) -> dict[str, Any]:
    """What the curves of these runs are drawn from."""
    keys = {item["key"] for row in rows for item in row.metrics}
    ordered = sorted(keys, key=lambda key: (key.startswith("system/"), key))
    query = urlencode([("run", row.head.uid) for row in rows])
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
    left, right = (row.head for row in _pair_of(request, selection).rows)
    choices = [(row.head.uid, f"{row.head.name} ({row.head.uid[:6]})") for row in selection.rows]
    return pair_context(request.GET, choices, (left.uid, left.name), (right.uid, right.name))


def pair_context(
    query: QueryDict, choices: list[tuple[str, str]], left: tuple[str, str], right: tuple[str, str]
) -> dict[str, Any]:
    """What the form shows that chooses two of what is compared; each side is an id and a name."""
    return {
        "choices": choices,
        "left": left[0],
        "right": right[0],
        "left_name": left[1],
        "right_name": right[1],
        "swapped": changed_address(query, left=right[0], right=left[0]),
        "kept": kept_choices(query, "left", "right"),
    }


def _files(request: PageRequest, left: RunRow, right: RunRow) -> dict[str, Any]:
    spaces = {space.uid: space for space in ArtifactSpace.objects.filter(uid__in=[left.head.uid, right.head.uid])}
    sides = (Side(spaces.get(left.head.uid)), Side(spaces.get(right.head.uid)))
    context = files_context(request, *sides)
    pair = context["pair"]
    files = ((left.head, pair.left), (right.head, pair.right)) if pair else ()
    return context | {
        "pictures": [
            (head.name, reverse("api:run-file", args=[head.uid, str(file)])) for head, file in files if file is not None
        ]
    }


def files_context(request: PageRequest, left: Side, right: Side, *, path: str = "") -> dict[str, Any]:
    """The files of both sides, and what differs within the one that ``?path=`` names, or ``path`` when it is there."""
    listing = list_pairs(left, right)
    everything = request.GET.get("rows") == "all"
    pairs = [pair for pair in listing.pairs if everything or pair.state != "same"]
    asked = request.GET.get("path", "")
    pair = listing.at(asked or path)
    return {
        "listing": listing,
        "alike": len(listing.of_state("same")),
        "pairs": pairs[:MOST_FILES_SHOWN],
        "pairs_left_out": max(0, len(pairs) - MOST_FILES_SHOWN),
        "kept_but_path": kept_choices(request.GET, "path"),
        "everything": everything,
        "toggle": changed_address(request.GET, rows="" if everything else "all"),
        "path": pair.path if pair else asked,
        "pair": pair,
        "inside": look_inside(request.principal, pair) if pair else None,
    }


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


def changed_address(query: QueryDict, **changes: str) -> str:
    """This page with some choices changed; an empty one goes."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"


def kept_choices(query: QueryDict, *without: str) -> list[tuple[str, str]]:
    """What a form sends along so that its answer is this page with one thing changed.

    A form per page instead of a link per row: the address of hundreds of runs is long.
    """
    return [(name, value) for name, values in query.lists() for value in values if name not in without]


def without_dropped(request: PageRequest, name: str) -> str:
    """The address without the values of a parameter that ``?drop=`` names; empty when there are none."""
    dropped = set(request.GET.getlist("drop"))
    if not dropped:
        return ""
    changed = request.GET.copy()
    changed.setlist(name, [value for value in changed.getlist(name) if value.strip() not in dropped])
    del changed["drop"]
    return f"{request.path}?{changed.urlencode()}"
