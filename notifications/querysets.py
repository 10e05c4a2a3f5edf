"""Filters of webhooks and deliveries, with names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

from accounts.principals import Principal
from accounts.roles import Action
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from notifications.models import Letter, NotedEvent, Webhook, WebhookDelivery  # noqa: F401


class WebhookQuerySet(AuditedQuerySet["Webhook"]):
    """Filters on webhooks."""

    def visible_to(self, principal: Principal) -> WebhookQuerySet:
        """Keep the webhooks of projects the principal manages: a URL may be a secret in itself."""
        return self.filter(deleted_at=None, project__in=principal.project_ids_with(Action.MANAGE))

    def listening_in(self, project_id: int) -> WebhookQuerySet:
        """Keep the webhooks that are told what happens in a project; one look into a partial index."""
        return self.filter(deleted_at=None, status="ACTIVE", project_id=project_id)


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Filters on deliveries."""

    def due(self, moment: int) -> WebhookDeliveryQuerySet:
        """Keep what a worker may take up: new, waiting for another try, or left behind by a worker that died.

        A webhook with a delivery under way waits, so that a receiver that hangs occupies one worker and not all.
        """
        under_way = self.model.objects.filter(webhook=OuterRef("webhook"), state="delivering", due_at__gt=moment)
        return self.filter(~Exists(under_way), state__in=("pending", "delivering"), due_at__lte=moment)

    def finished_before(self, moment: int) -> WebhookDeliveryQuerySet:
        """Keep deliveries that came to their end before ``moment``."""
        return self.filter(finished_at__lt=moment)


class NotedEventQuerySet(models.QuerySet["NotedEvent"]):
    """Filters on noted events."""

    def due(self, moment: int) -> NotedEventQuerySet:
        """Keep the events whose letters are still to be written."""
        return self.filter(opened_at=None, due_at__lte=moment)


class LetterQuerySet(models.QuerySet["Letter"]):
    """Filters on letters."""

    def due(self, moment: int) -> LetterQuerySet:
        """Keep what a worker may take up: new, waiting for another try, or left behind by a worker that died."""
        return self.filter(state__in=("pending", "delivering"), due_at__lte=moment)
