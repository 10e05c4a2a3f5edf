"""The children of a run on one page: the best, what mattered, and all of them side by side."""

from django.http import HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from accounts.authentication import signed_in
from accounts.views.requests import PageRequest
from tracking.models import Run
from tracking.queries.run_page import find_run
from tracking.queries.sweeps import MOST_CHILDREN, MOST_SHOWN, Sweep, sweep_of
from tracking.views.run import run_context


@signed_in
def children(request: PageRequest, uid: str) -> HttpResponse:
    """The children for the metric that ``?metric=`` names; ``?goal=`` says whether less or more of it is better."""
    run = find_run(request.principal, uid)
    context = {
        "sweep": _sweep(request, run),
        "tab": "children",
        "most": MOST_CHILDREN,
        "most_shown": MOST_SHOWN,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "tracking/run_children.html", run_context(request.principal, run) | context)


@signed_in
def picture(request: PageRequest, uid: str) -> HttpResponse:
    """What the parallel coordinates of the page are drawn from."""
    return JsonResponse(_sweep(request, find_run(request.principal, uid)).picture())


def _sweep(request: PageRequest, run: Run) -> Sweep:
    wanted = {name: request.GET.get(name, "") for name in ("metric", "goal")}
    return sweep_of(request.principal, run, **wanted)
