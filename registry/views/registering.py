"""Registering: a new model, perhaps with its first version, or the next version of one that is there."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.authentication import signed_in
from accounts.authorization import authorize
from accounts.models import Project
from accounts.roles import Action
from accounts.views.requests import PageRequest, server_address
from audit.exceptions import PermissionDenied
from registry import operations
from registry.forms import FirstVersionForm, NewModelForm, NewVersionForm
from registry.loading_code import client_setup
from registry.models import RegisteredModel
from registry.queries.pages import find_shown_model
from registry.views.shared import model_url, models_trail, version_url
from tracking.models import LoggedModel, Run

_SOURCES = ("run", "logged_model", "path", "source")
_OFFERED = 50


@signed_in
def new_model(request: PageRequest) -> HttpResponse:
    """Make a model; with a source in the address also its first version."""
    with_version = any(request.GET.get(name) for name in _SOURCES)
    projects = Project.objects.filter(pk__in=request.principal.project_ids_with(Action.WRITE)).order_by("slug")
    if not projects:
        raise PermissionDenied(
            "You may not register models in any project. Ask a project admin to make you contributor."
        )
    made_in = _project_of(request)
    kind = FirstVersionForm if with_version else NewModelForm
    logged_models = _logged_models(request)
    form = kind.of(request, projects=projects, initial=_asked(request, logged_models) | {"project": made_in})
    operation = operations.register_model if with_version else operations.create_registered_model
    if form.done(operation, request.principal):
        return _made(request, form)
    context = {
        "form": form,
        "with_version": with_version,
        "project": made_in,
        "others": _models_beside(request, made_in) if with_version else [],
        "logged_models": logged_models,
        "setup": client_setup(server_address(request), made_in or "default"),
        "section": "models",
        "trail": [("Models", reverse("registry:models"))],
    }
    return TemplateResponse(request, "registry/new_model.html", context)


def _made(request: PageRequest, form: Any) -> HttpResponse:
    made = form.result
    if isinstance(made, RegisteredModel):
        messages.success(request, f"{made.name} is there. Register its first version next.")
        return redirect(model_url(made))
    messages.success(request, f"{made.model.name} is there, with version {made.number}.")
    return redirect(version_url(made))


@signed_in
def new_version(request: PageRequest) -> HttpResponse:
    """Register the next version of the model that ``?model=<project>/<name>`` names."""
    project, _, name = request.GET.get("model", "").partition("/")
    if not name:
        return redirect(f"{reverse('registry:new-model')}?{request.GET.urlencode()}")
    model = find_shown_model(request.principal, project, name)
    logged_models = _logged_models(request)
    form = NewVersionForm.of(request, initial=_asked(request, logged_models))
    if form.done(operations.create_model_version, request.principal, model):
        form.result.model = model
        messages.success(request, f"Version {form.result.number} is registered, in stage None.")
        return redirect(version_url(form.result))
    authorize(request.principal, Action.WRITE, model)
    context = {
        "form": form,
        "model": model,
        "logged_models": logged_models,
        "section": "models",
        "trail": [*models_trail(model), (model.name, model_url(model))],
    }
    return TemplateResponse(request, "registry/new_version.html", context)


def _asked(request: PageRequest, logged_models: list[LoggedModel]) -> dict[str, Any]:
    """What the address says; of a run that logged a single model, that one."""
    asked: dict[str, Any] = {name: request.GET[name] for name in (*_SOURCES, "name", "project") if name in request.GET}
    if len(logged_models) == 1 and not asked.keys() & {"logged_model", "path", "source"}:
        asked["logged_model"] = logged_models[0].uid
    return asked


def _project_of(request: PageRequest) -> str:
    """The project to begin with: the one named, or that of the run or logged model."""
    if named := request.GET.get("project", ""):
        return named
    for kind, uid in ((LoggedModel, request.GET.get("logged_model")), (Run, request.GET.get("run"))):
        if uid:
            seen: Any = kind.objects.visible_to(request.principal)
            slug = seen.filter(uid=uid).values_list("experiment__project__slug", flat=True).first()
            if slug:
                return str(slug)
    return ""


def _models_beside(request: PageRequest, project: str) -> list[RegisteredModel]:
    """Models of the same project, as what is registered may be the next version of one."""
    actor = request.principal
    models = RegisteredModel.objects.active().visible_to(actor).filter(is_prompt=False).select_related("project")
    if project:
        models = models.filter(project__slug=project)
    else:
        models = models.filter(project__in=actor.project_ids_with(Action.WRITE))
    return list(models.order_by("-updated_at").defer("description")[:_OFFERED])


def _logged_models(request: PageRequest) -> list[LoggedModel]:
    """The models that the named run logged, to choose from."""
    run = request.GET.get("run", "")
    if not run:
        return []
    logged = LoggedModel.objects.visible_to(request.principal).filter(source_run__uid=run)
    return list(logged.order_by("-creation_time")[:_OFFERED])
