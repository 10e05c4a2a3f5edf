"""What is done to the runs that were chosen in a table: tagging, deleting and restoring them."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import OperationForm
from accounts.roles import Action
from accounts.views.requests import PageRequest
from tracking import operations
from tracking.forms.runs import TagRunsForm
from tracking.models import Experiment
from tracking.operations.many_runs import MOST_RUNS
from tracking.queries import find_visible_experiment, runs_of
from tracking.queries.keys import keys_of_experiment
from tracking.views.asked import Asked
from tracking.views.experiments import experiment_context

#: How many of the chosen runs are named.
_NAMED: Final = 12


@signed_in
def tag_runs(request: PageRequest, pk: int) -> HttpResponse:
    """Set a tag of the chosen runs, or take it off."""
    experiment = find_visible_experiment(request.principal, pk)
    authorize(request.principal, Action.WRITE, experiment)
    context = _context(request, experiment)
    form = TagRunsForm.of(request)
    if context["runs"] and form.done(operations.tag_runs, request.principal, experiment.project, context["uids"]):
        return _done(request, context, f"{_runs(form.result)} tagged.")
    context |= {"form": form, "keys": [key for key in keys_of_experiment(pk).tags if not key.startswith("mlflow.")]}
    return TemplateResponse(request, "tracking/tag_runs.html", context)


@signed_in
def delete_runs(request: PageRequest, pk: int) -> HttpResponse:
    """Delete the chosen runs, after asking."""
    return _switch(request, pk, operations.delete_runs, "tracking/delete_runs.html", "deleted")


@signed_in
def restore_runs(request: PageRequest, pk: int) -> HttpResponse:
    """Restore the chosen runs, after asking."""
    return _switch(request, pk, operations.restore_runs, "tracking/restore_runs.html", "restored")


def _switch(request: PageRequest, pk: int, operation: Any, template: str, done: str) -> HttpResponse:
    experiment = find_visible_experiment(request.principal, pk)
    context = _context(request, experiment)
    for run in context["runs"]:
        authorize(request.principal, Action.TRASH, run)
    form = OperationForm.of(request)
    if context["runs"] and form.done(operation, request.principal, experiment.project, context["uids"]):
        return _done(request, context, f"{_runs(form.result)} {done}.")
    return TemplateResponse(request, template, context | {"form": form})


def _context(request: PageRequest, experiment: Experiment) -> dict[str, Any]:
    """The chosen runs, as far as they are there, and the way back to the table they were chosen in."""
    runs = sorted(runs_of(experiment, Asked(request.GET).runs[:MOST_RUNS]), key=lambda run: run.name)
    context = experiment_context(experiment)
    table = Asked(QueryDict(request.GET.get("from", ""))).encoded()
    return context | {
        "runs": runs,
        "uids": [run.uid for run in runs],
        "named": runs[:_NAMED],
        "unnamed": max(len(runs) - _NAMED, 0),
        "back": f"{reverse('tracking:experiment', args=[experiment.pk])}{'?' if table else ''}{table}",
    }


def _done(request: PageRequest, context: dict[str, Any], sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect(context["back"])


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
