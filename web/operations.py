"""What people do to the house as a whole: reading the log as auditors, and taking it out of the house."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action, Role
from audit.event_types import EventType
from audit.models import AuditEvent
from audit.operation import operation, record, require

#: Within this time an auditor's reading of one log is one event.
_ONE_READING = timedelta(minutes=1)


@operation
def record_log_export(
    actor: Principal, project: Project | None, *, export_format: str, filters: dict[str, str]
) -> None:
    """Record that somebody takes events out of the log: on the project if they may read all of it, else on themself.

    They get what they may read, so everybody may.
    """
    after = {"format": export_format, "filters": filters}
    if project is not None and actor.may(Action.AUDIT, project):
        require(Action.AUDIT, project)
        record(EventType.PROJECT_LOG_EXPORTED, project.locked(), after=after)
    else:
        require(Action.AUDIT, actor.user)
        record(EventType.USER_LOG_EXPORTED, actor.user.locked(), after=after)


def note_log_reading(actor: Principal, project: Project | None) -> None:
    """Record that an auditor reads the log, of one project or at large: who watches is watched too.

    Whoever reads their own project's log by another role is not recorded.
    """
    if project is None and actor.project_limit is not None:
        project = Project.objects.get(pk=actor.project_limit)
    roles = actor.roles_on(project.access_path()) if project is not None else _roles_anywhere(actor)
    if Role.AUDITOR in roles and not _was_noted(actor, project):
        record_log_reading(actor, project)


@operation
def record_log_reading(actor: Principal, project: Project | None) -> None:
    """Record that an auditor reads the log, once a minute."""
    obj = actor.user if project is None else project
    require(Action.AUDIT, obj)
    held = obj.locked()
    if not _was_noted(actor, project):
        record(EventType.USER_LOG_READ if project is None else EventType.PROJECT_LOG_READ, held)


def _roles_anywhere(actor: Principal) -> set[Role]:
    granted = actor.grants.projects.values()
    return {*actor.grants.everywhere, *(role for grant in granted for role in grant.roles)}


def _was_noted(actor: Principal, project: Project | None) -> bool:
    """Whether this reading belongs to one that was recorded a moment ago."""
    lately = AuditEvent.objects.filter(actor_uid=actor.uid, ts__gt=timezone.now() - _ONE_READING)
    if project is None:
        return lately.filter(action=EventType.USER_LOG_READ).exists()
    return lately.filter(action=EventType.PROJECT_LOG_READ, object_id=project.audit_id).exists()
