"""What people do to the house as a whole: taking the log out of it."""

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require


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
