"""Making, changing and archiving environments."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from deployments.exceptions import EnvironmentExists, InvalidDeployment, NotDeployable
from deployments.models import Deployment, Environment, EnvironmentKind
from deployments.operations.held import hold_environment
from deployments.rules import check_name, check_permit_minutes, check_window
from registry.models import now
from registry.rules import DESCRIPTION_LENGTH, check_text, parse_stage, text_digest


@operation
def create_environment(
    actor: Principal, /, project: Project, name: str, *, kind: str, required_stage: str, **wanted: Any
) -> Environment:
    """Make a place where versions may run. ``wanted`` is as for `update_environment`.

    Raises PermissionDenied, InvalidDeployment or EnvironmentExists.
    """
    require(Action.MANAGE, project)
    project = Project.objects.locked(project.pk)
    check_name(name)
    if Environment.objects.in_use().filter(project=project, name=name).exists():
        raise EnvironmentExists(f"There is an environment {name} in {project.slug} already.")
    fields = _checked({"kind": kind, "required_stage": required_stage, **wanted})
    moment = now()
    environment = Environment.objects.create(project=project, name=name, created_at=moment, updated_at=moment, **fields)
    record(EventType.ENVIRONMENT_CREATED, environment, after={"name": name, **_logged(fields)})
    return environment


@operation
def update_environment(actor: Principal, /, environment: Environment, **wanted: Any) -> Environment:
    """Change what is given of kind, required_stage, description, change_window, needs_image, needs_ratified and
    permit_minutes; what runs goes on running.

    Raises PermissionDenied, InvalidDeployment or EnvironmentNotFound.
    """
    require(Action.MANAGE, environment)
    environment = hold_environment(environment)
    fields = _checked({name: value for name, value in wanted.items() if value is not None})
    if "change_window" in wanted and not wanted["change_window"]:
        fields["change_window"] = None
    changed = {name: value for name, value in fields.items() if value != getattr(environment, name)}
    if not changed:
        return environment
    before = {name: getattr(environment, name) for name in changed}
    for name, value in changed.items():
        setattr(environment, name, value)
    environment.updated_at = environment.next_moment()
    environment.save(update_fields=[*changed, "updated_at"])
    record(EventType.ENVIRONMENT_UPDATED, environment, before=_logged(before), after=_logged(changed))
    return environment


@operation
def archive_environment(actor: Principal, environment: Environment, *, reason: str = "") -> Environment:
    """Let nothing be deployed there any more; what happened there stays. Nothing may run there or be on its way.

    Raises PermissionDenied, NotDeployable or EnvironmentNotFound.
    """
    require(Action.MANAGE, environment)
    environment = hold_environment(environment)
    running = Deployment.objects.open().filter(environment=environment).count()
    if running:
        what = f"{running} deployment{'s are' if running != 1 else ' is'} not over"
        raise NotDeployable(f"{what} in {environment.name}: stop them first.", details={"reason": "in_use"})
    environment.archived_at = environment.updated_at = environment.next_moment()
    environment.save(update_fields=["archived_at", "updated_at"])
    record(EventType.ENVIRONMENT_ARCHIVED, environment, after={"archived": True}, reason=reason)
    return environment


_FLAGS = ("needs_image", "needs_ratified")


def _checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are stored. Raises InvalidDeployment or InvalidStage."""
    checks: dict[str, Callable[[Any], Any]] = {
        "kind": _kind,
        "required_stage": lambda stage: str(parse_stage(stage)),
        "description": _description,
        "change_window": check_window,
        "permit_minutes": check_permit_minutes,
        **dict.fromkeys(_FLAGS, bool),
    }
    unknown = wanted.keys() - checks.keys()
    if unknown:
        raise InvalidDeployment(f"An environment has no {', '.join(sorted(unknown))}.")
    return {name: checks[name](value) for name, value in wanted.items()}


def _kind(kind: str) -> str:
    if kind not in EnvironmentKind.values:
        raise InvalidDeployment(f"The kind of an environment is one of {', '.join(EnvironmentKind.values)}.")
    return str(kind)


def _description(text: str) -> str:
    check_text("The description", text, DESCRIPTION_LENGTH)
    return text


def _logged(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the log keeps them: of a free text its digest."""
    return {
        ("description_sha256" if name == "description" else name): text_digest(value)
        if name == "description"
        else value
        for name, value in fields.items()
    }
