"""Making and changing projects."""

from accounts.models import Project, User
from accounts.operations.roles import bind_role
from accounts.principals import CONSOLE, Principal, System
from accounts.roles import Action, Role
from accounts.rules import check_slug
from accounts.scopes import PLATFORM
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput
from audit.operation import operation, record, require

#: The project that serves MLflow clients which name none.
DEFAULT_PROJECT = "default"


@operation
def create_project(
    actor: Principal | System, slug: str, *, name: str = "", description: str = "", admin: User | None = None
) -> Project:
    """Make a project; ``admin`` (else the actor) becomes its first project admin and maintainer.

    These two are ordinary grants: they can be seen and revoked, and everybody else has nothing until granted.
    Raises `InvalidInput` and `AlreadyExists`.
    """
    require(Action.ADMINISTER, PLATFORM)
    check_slug(slug, "project")
    if Project.objects.filter(slug=slug).exists():
        raise AlreadyExists(f"There is a project “{slug}” already.")
    project = Project.objects.create(slug=slug, name=(name or slug)[:120], description=description)
    record(EventType.PROJECT_CREATED, project, after={"slug": slug, "name": project.name})
    first = admin or (actor.user if isinstance(actor, Principal) else None)
    if first is not None:
        for role in (Role.PROJECT_ADMIN, Role.MAINTAINER):
            bind_role(actor, first, role, project, reason="First administrator of the project.")
    return project


@operation
def update_project(
    actor: Principal,
    project: Project,
    *,
    name: str | None = None,
    description: str | None = None,
    viewers_may_download: bool | None = None,
    lineage_passes: bool | None = None,
) -> Project:
    """Change a project's name, description, whether its viewers may download, or whether lineage passes through it."""
    require(Action.MANAGE, project)
    project = Project.objects.locked(project.pk)
    if name is not None and not 1 <= len(name.strip()) <= 120:
        raise InvalidInput("The name of a project has 1 to 120 characters.")
    wanted = {
        "name": name and name.strip(),
        "description": description,
        "viewers_may_download": viewers_may_download,
        "lineage_passes": lineage_passes,
    }
    changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(project, key)}
    if not changed:
        return project
    before = {key: getattr(project, key) for key in changed}
    for key, value in changed.items():
        setattr(project, key, value)
    project.save(update_fields=list(changed))
    record(EventType.PROJECT_UPDATED, project, before=before, after=changed)
    return project


def create_default_project() -> Project:
    """Make the project `DEFAULT_PROJECT` unless it is there; runs after every migrate."""
    existing = Project.objects.filter(slug=DEFAULT_PROJECT).first()
    return existing or create_project(CONSOLE, DEFAULT_PROJECT, name="Default")
