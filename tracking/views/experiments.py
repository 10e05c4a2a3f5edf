"""Experiments: the list, and making, renaming, describing, deleting and restoring them."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.forms import OperationForm
from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from accounts.views.requests import PageRequest, server_address
from audit.exceptions import PermissionDenied
from tracking import operations
from tracking.forms.experiments import ExperimentFilterForm, NewExperimentForm, NoteForm, RenameForm
from tracking.models import Experiment
from tracking.queries import NOTE_TAG, find_visible_experiment, note_of
from tracking.queries.experiment_list import list_experiments
from tracking.views.teaching import first_run

_SIZE: Final = 50


@signed_in
def experiment_list(request: PageRequest) -> HttpResponse:
    """The experiments I may see, those at work last first."""
    asked = request.GET
    projects = list(Project.objects.visible_to(request.principal).order_by("slug"))
    lifecycle = asked.get("lifecycle") or "active"
    page = list_experiments(
        request.principal,
        project=asked.get("project", ""),
        name=asked.get("name", "").strip(),
        lifecycle=lifecycle,
        sort=asked.get("sort", ""),
        size=_SIZE,
        page_token=asked.get("page_token", ""),
    )
    context = {
        "page": page,
        "form": ExperimentFilterForm(asked, projects=projects),
        "filtered": any(asked.get(name) for name in ("name", "project", "lifecycle")),
        "may_create": any(request.principal.may(Action.WRITE, project) for project in projects),
        "experiment_code": first_run(server_address(request)),
        "section": "experiments",
    }
    return TemplateResponse(request, "tracking/experiments.html", context)


@signed_in
def new_experiment(request: PageRequest) -> HttpResponse:
    """Make an experiment in one of the projects that I may write to."""
    mine = request.principal.project_ids_with(Action.WRITE)
    projects = Project.objects.visible_to(request.principal).filter(pk__in=mine).order_by("slug")
    if not projects:
        raise PermissionDenied("You may not write in any project. Ask a project admin to make you contributor.")
    initial = {"project": projects.filter(slug=request.GET.get("project", "")).first()}
    form = NewExperimentForm.of(request, projects=projects, initial=initial)
    if form.done(_create, request.principal):
        messages.success(request, f"The experiment “{form.result}” is there.")
        return redirect("tracking:experiment", form.result.pk)
    context = {
        "form": form,
        "title": "New experiment",
        "intro": "A series of runs that belong together: one question, one dataset, many attempts.",
        "button": "Create experiment",
        "back": reverse("tracking:experiments"),
        "trail": [("Experiments", reverse("tracking:experiments"))],
        "section": "experiments",
    }
    return TemplateResponse(request, "tracking/form.html", context)


@signed_in
def rename_experiment(request: PageRequest, pk: int) -> HttpResponse:
    """Give an experiment another name (its maker, or a maintainer)."""
    experiment = find_visible_experiment(request.principal, pk)
    form = RenameForm.of(request, initial={"name": experiment.name})
    if form.done(operations.rename_experiment, request.principal, experiment.project, str(pk)):
        messages.success(request, f"The experiment is now called “{form.result}”.")
        return redirect("tracking:experiment", pk)
    authorize(request.principal, rename_action(request.principal, experiment), experiment)
    intro = "Scripts that set the experiment by its name make a new one under the old name: change them too."
    return _form_page(request, experiment, form, title="Rename the experiment", intro=intro, button="Rename")


@signed_in
def describe_experiment(request: PageRequest, pk: int) -> HttpResponse:
    """Say what an experiment is about."""
    experiment = find_visible_experiment(request.principal, pk)
    form = NoteForm.of(request, initial={"note": note_of(experiment)})
    if form.done(_describe, request.principal, experiment):
        messages.success(request, "Saved.")
        return redirect("tracking:experiment", pk)
    authorize(request.principal, Action.WRITE, experiment)
    intro = "MLflow's clients see it as the experiment's description."
    return _form_page(request, experiment, form, title="Describe the experiment", intro=intro, button="Save")


@signed_in
def delete_experiment(request: PageRequest, pk: int) -> HttpResponse:
    """Delete an experiment with all its runs, after asking."""
    return _switch(request, pk, operations.delete_experiment, "tracking/delete_experiment.html", "deleted")


@signed_in
def restore_experiment(request: PageRequest, pk: int) -> HttpResponse:
    """Restore an experiment with all its runs, after asking."""
    return _switch(request, pk, operations.restore_experiment, "tracking/restore_experiment.html", "in use again")


def rename_action(principal: Principal, experiment: Experiment) -> Action:
    """The right it takes to rename: its maker may, and whoever manages the project."""
    return Action.WRITE if experiment.owner_id == principal.user_id else Action.MANAGE


def experiment_context(experiment: Experiment) -> dict[str, Any]:
    """What every page below an experiment shows of it."""
    return {
        "experiment": experiment,
        "section": "experiments",
        "trail": [
            ("Experiments", reverse("tracking:experiments")),
            (experiment.name, reverse("tracking:experiment", args=[experiment.pk])),
        ],
        "back": reverse("tracking:experiment", args=[experiment.pk]),
    }


def _switch(request: PageRequest, pk: int, operation: Any, template: str, done: str) -> HttpResponse:
    experiment = find_visible_experiment(request.principal, pk)
    form = OperationForm.of(request)
    if form.done(operation, request.principal, experiment.project, str(pk)):
        messages.success(request, f"The experiment “{experiment}” is {done}.")
        return redirect("tracking:experiment", pk)
    authorize(request.principal, Action.TRASH, experiment)
    return TemplateResponse(request, template, experiment_context(experiment) | {"form": form})


def _form_page(request: PageRequest, experiment: Experiment, form: Any, **words: str) -> HttpResponse:
    return TemplateResponse(request, "tracking/form.html", experiment_context(experiment) | {"form": form} | words)


def _create(principal: Principal, *, project: Project, name: str, note: str) -> Experiment:
    tags = [{"key": NOTE_TAG, "value": note}] if note else []
    return operations.create_experiment(principal, project, name=name, tags=tags)


def _describe(principal: Principal, experiment: Experiment, *, note: str) -> None:
    place = (principal, experiment.project, str(experiment.pk))
    if note:
        operations.set_experiment_tag(*place, key=NOTE_TAG, value=note)
    elif note_of(experiment):
        operations.delete_experiment_tag(*place, key=NOTE_TAG)
