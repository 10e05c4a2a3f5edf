"""Workspaces, as MLflow calls our projects.

The header ``X-MLFLOW-WORKSPACE`` names the project in which names are looked up and new things are made; without it
that is the token's project, or ``default``. Ids are the same everywhere and need no workspace.
"""

from functools import lru_cache

from accounts import operations
from accounts.models import Project
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import BadRequest, NotFound
from mlflow_api.schema import Text, takes
from mlflow_api.transport import Answer, Body, answers


def project_of(actor: Principal, body: Body) -> Project:
    """The project that a call is about. Raises NotFound when it names one that the actor may not see.

    Costs no query once the project is known to this process.
    """
    if not body.workspace:
        # Everybody may ask in the default project: what is in it is filtered by what they may see.
        return _known(slug=DEFAULT_PROJECT) if actor.project_limit is None else _known(pk=actor.project_limit)
    try:
        project = _known(slug=body.workspace)
    except Project.DoesNotExist:
        raise _not_found(body.workspace) from None
    if not actor.may(Action.VIEW, project):
        return find_workspace(actor, body.workspace)  # They may have been granted a single thing in it.
    return project


def search(actor: Principal, body: Body) -> Answer:
    """Every workspace in which the caller may see something."""
    return {"workspaces": [_shown(project) for project in Project.objects.visible_to(actor)]}


@answers(201)  # The client takes nothing else here.
@takes(name=Text(required=True), description=Text())
def create(actor: Principal, body: Body) -> Answer:
    """Make a workspace, with the caller as its first administrator."""
    return _answer(operations.create_project(actor, body["name"], description=body.get("description", "")))


def get(actor: Principal, body: Body) -> Answer:
    """Look a workspace up by its name."""
    return _answer(find_workspace(actor, body["workspace_name"]))


@takes(description=Text())
def update(actor: Principal, body: Body) -> Answer:
    """Describe a workspace anew."""
    project = find_workspace(actor, body["workspace_name"])
    return _answer(operations.update_project(actor, project, description=body.get("description")))


def delete(actor: Principal, body: Body) -> Answer:
    """Refuse: what a project holds is kept."""
    project = find_workspace(actor, body["workspace_name"])
    raise BadRequest(f"The workspace “{project}” cannot be deleted: it holds the history of its models and runs.")


def find_workspace(actor: Principal, slug: str) -> Project:
    """The project of that name. Raises NotFound when it is not there, or not for this actor to see."""
    project = Project.objects.visible_to(actor).filter(slug=slug).first()
    if project is None:
        raise _not_found(slug)
    return project


# A project keeps its number and its short name for ever, and nothing else of it is used from here.
@lru_cache(maxsize=1024)
def _known(**key: int | str) -> Project:
    return Project.objects.get(**key)


def forget_projects(**_: object) -> None:
    """Look projects up anew, after the tables were emptied."""
    _known.cache_clear()


def _not_found(slug: str) -> NotFound:
    return NotFound(f"There is no workspace “{slug[:100]}”, or you may not see it.")


def _answer(project: Project) -> Answer:
    return {"workspace": _shown(project)}


def _shown(project: Project) -> Answer:
    return {"name": project.slug, "description": project.description}
