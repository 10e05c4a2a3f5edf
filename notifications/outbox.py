"""Writes what webhooks are owed, in the transaction that records what happened: both come to be, or neither."""

from django.db import connection

from accounts.principals import Principal
from accounts.roles import Action
from audit.models import Audited, AuditEvent
from audit.operation import after_commit
from deployments.models import Deployment
from notifications.doorbell import ring
from notifications.models import Webhook, WebhookDelivery, now
from notifications.payloads import Subject, body_of, data_of, message_about

_LISTENING = """
SELECT 1 FROM notifications_webhook WHERE deleted_at IS NULL AND status = 'ACTIVE' AND project_id = %s LIMIT 1
"""


def announce(event: AuditEvent, obj: Audited) -> None:
    """Owe a message to every webhook that asked for this kind of event. A listener of the audit log.

    Events that no webhook can ask for cost nothing; others cost one query as long as nobody listens.
    """
    if not isinstance(obj, Subject):
        return
    message = message_about(event.action, obj)
    if message is None or not _anybody_listens(obj.project_id):
        return
    listening = Webhook.objects.listening_in(obj.project_id).select_related("project")
    webhooks = [each for each in listening if message.event in each.events and _may_hear(each, obj)]
    if not webhooks:
        return
    body = body_of(message.event, event.ts, webhooks[0].project.slug, data_of(message, event, obj))
    moment = now()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            webhook=webhook, event_uid=event.uid, event=message.event, body=body, created_at=moment, due_at=moment
        )
        for webhook in webhooks
    )
    after_commit(ring)


def _anybody_listens(project_id: int) -> bool:
    """Asked in plain SQL: every change of a model asks it, and mostly nobody does."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTENING, [project_id])
        return cursor.fetchone() is not None


def _may_hear(webhook: Webhook, subject: Subject) -> bool:
    elsewhere = isinstance(subject, Deployment) and subject.model.project_id != subject.project_id
    if subject.access_path().inherits and not elsewhere:
        return True
    keeper, told = webhook.keeper, subject.version if isinstance(subject, Deployment) else subject
    return keeper.is_active and Principal(keeper, auth="task").may(Action.VIEW, told)
