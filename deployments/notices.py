"""Who is told what about deployments: for each event of the log, notices to people. What sends them is `notifications`.

What people typed stays behind the link, and nobody is told the name of a model that they may not see.
"""

from enum import StrEnum
from typing import Final

from accounts.matrix import people_who_may
from accounts.principals import Principal
from accounts.roles import Action
from approvals.notices import Notice
from audit.event_types import EventType as E
from audit.models import AuditEvent
from deployments.links import alerts_url, deployment_url
from deployments.models import Alert
from deployments.queries import alert_views, whole_deployments

#: So many alerts are named in one letter.
_NAMED = 10


class Kind(StrEnum):
    """The kinds of notices, each of which a person can switch off."""

    UNAPPROVED = "unapproved"
    FAILED = "failed"


#: The events about which people are told.
TOLD: Final = frozenset({E.DEPLOYMENT_ALERT_OPENED, E.DEPLOYMENT_EXPIRED, E.DEPLOYMENT_FAILED})


def notices_about(event: AuditEvent) -> list[Notice]:
    """Whom an event of a deployment or an alert concerns, as things stand now, and what they are told."""
    if event.action == E.DEPLOYMENT_ALERT_OPENED:
        return _alarm(event)
    return _failed(event)


def _alarm(event: AuditEvent) -> list[Notice]:
    """Tell those who deploy in the project, each of the versions that they may see."""
    alert = Alert.objects.select_related("environment__project").filter(pk=event.object_id).first()
    if alert is None:
        return []
    place = f"{alert.environment.project.slug}/{alert.environment.name}"
    unseen = Alert.objects.filter(environment=alert.environment_id, state="open").select_related("environment__project")
    rows = list(unseen.order_by("-pk")[: _NAMED + 1])
    if not rows:
        return []
    more = "\nand more" if len(rows) > _NAMED else ""
    once = f"alerts {alert.environment_id} {rows[0].pk}"  # one letter for all that one call brought to light
    notices = []
    for person in people_who_may(alert, Action.DEPLOY):
        told = "\n".join(view.sentence for view in alert_views(Principal(person, auth="task"), rows[:_NAMED]))
        text = f"Something runs in {place} that nobody let run there.\n\n{told}{more}\n\n{alerts_url()}\n"
        notices.append(Notice(Kind.UNAPPROVED, (person,), f"Unapproved in {place}", text, once))
    return notices


def _failed(event: AuditEvent) -> list[Notice]:
    """Tell whoever asked for a deployment, if it was a person and somebody else found out."""
    row = whole_deployments().filter(pk=event.object_id).first()
    if row is None or not row.actor.is_human or row.actor.uid == event.actor_uid:
        return []
    if not Principal(row.actor, auth="task").may(Action.VIEW, row.version):
        return []
    why = "nobody began it while its permit held" if event.action == E.DEPLOYMENT_EXPIRED else "it failed"
    text = f"Your deployment of {row.title} is over: {why}.\n\n{deployment_url(row.pk)}\n"
    return [Notice(Kind.FAILED, (row.actor,), f"Failed: {row.title}", text)]
