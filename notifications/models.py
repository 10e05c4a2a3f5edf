"""Webhooks with the deliveries they are owed, and letters to people: the outbox of the house.

Times are milliseconds since 1970, as the MLflow protocol gives them.
"""

from __future__ import annotations

import time
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Project
from accounts.scopes import AccessPath
from audit.models import Audited
from notifications import sealing
from notifications.querysets import LetterQuerySet, NotedEventQuerySet, WebhookDeliveryQuerySet, WebhookQuerySet
from notifications.rules import DESCRIPTION_LENGTH, NAME_LENGTH


def now() -> int:
    """The time in milliseconds, as it is stored here."""
    return time.time_ns() // 1_000_000


class WebhookStatus(models.TextChoices):
    """Whether a webhook is told anything, in MLflow's words."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


class Webhook(Audited):
    """An address that is told what happens to the models and prompts of one project.

    ``keeper`` last said where it leads and what it is told. What happens to a model that is closed to the rest of its
    project is told only while the keeper may see that model.
    """

    audit_type: ClassVar[str] = "webhook"

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, default="", blank=True)
    url = models.TextField()
    events = models.JSONField()
    sealed_secret = models.TextField(default="", blank=True, editable=False)
    status = models.CharField(max_length=8, choices=WebhookStatus, default=WebhookStatus.ACTIVE)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    keeper = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    created_at = models.PositiveBigIntegerField()
    updated_at = models.PositiveBigIntegerField()
    deleted_at = models.PositiveBigIntegerField(null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="notifications_hooks"),
            models.Index(
                fields=["project"],
                condition=Q(status=WebhookStatus.ACTIVE, deleted_at=None),
                name="notifications_listening",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_id(self) -> str:
        return str(self.uid)

    @property
    def audit_label(self) -> str:
        return self.name

    @property
    def is_listening(self) -> bool:
        """Whether messages go to it."""
        return self.status == WebhookStatus.ACTIVE and self.deleted_at is None

    @property
    def is_signed(self) -> bool:
        """Whether messages are signed."""
        return bool(self.sealed_secret)

    @property
    def secret(self) -> str:
        """What messages are signed with; for signing alone. Raises `sealing.Unreadable`."""
        return sealing.unseal(self.sealed_secret)

    @secret.setter
    def secret(self, secret: str) -> None:
        self.sealed_secret = sealing.seal(secret)

    def access_path(self) -> AccessPath:
        """Where rights on this webhook come from."""
        return AccessPath(project_id=self.project_id)


class DeliveryState(models.TextChoices):
    """How far a delivery has come."""

    PENDING = "pending"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"  # the receiver does not want it, or it may not be sent
    DEAD = "dead"  # given up after many tries


class WebhookDelivery(models.Model):
    """One message to one webhook, written by the transaction that recorded what it tells.

    ``due_at`` is when a worker may take it up: the next try while it is pending, the end of the worker's lease while
    it is being delivered. ``attempts`` counts how often it was taken up, and whoever writes how it went must name the
    number of their turn: a worker that wakes up after its lease is over changes nothing.
    """

    governed: ClassVar[bool] = False  # what it tells is in the log; how the telling went is bookkeeping

    #: The same on every try, so that a receiver knows a message it already has.
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries", db_index=False)
    #: The audit event; empty for a test.
    event_uid = models.UUIDField(null=True)
    event = models.CharField(max_length=64)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.PositiveBigIntegerField()
    due_at = models.PositiveBigIntegerField()
    finished_at = models.PositiveBigIntegerField(null=True)
    #: Of the last try.
    response_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=300, default="", blank=True)
    duration_ms = models.PositiveIntegerField(null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event_uid"], name="notifications_told_once"),
        ]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="notifications_history"),
            models.Index(
                fields=["webhook", "due_at"],
                condition=Q(state__in=[DeliveryState.PENDING, DeliveryState.DELIVERING]),
                name="notifications_due",
            ),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="notifications_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.uid}"

    @property
    def next_attempt_at(self) -> int | None:
        """When it is tried (again); None while it is being tried and when it has come to its end."""
        return self.due_at if self.state == DeliveryState.PENDING else None

    @property
    def is_test(self) -> bool:
        """Whether a person asked for it to see the webhook work."""
        return self.event_uid is None


class NotedEvent(models.Model):
    """An event about which people have to be told, noted by the transaction that recorded it.

    ``opened_at`` is when its letters were written; an event that could not be opened is tried again at ``due_at``.
    """

    governed: ClassVar[bool] = False  # what it points at is in the log

    event_uid = models.UUIDField(unique=True)
    created_at = models.PositiveBigIntegerField()
    due_at = models.PositiveBigIntegerField()
    attempts = models.PositiveSmallIntegerField(default=0)
    opened_at = models.PositiveBigIntegerField(null=True)

    objects = NotedEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(opened_at=None), name="notifications_unopened"),
            models.Index(fields=["opened_at"], condition=Q(opened_at__isnull=False), name="notifications_opened"),
        ]

    def __str__(self) -> str:
        return f"event {self.event_uid}"


class Letter(models.Model):
    """One e-mail to one person about one event, leased and tried again as a `WebhookDelivery` is.

    A person gets one letter of a ``key``: the event, or what is asked once and not again. The address is the one that
    the person has when it is sent.
    """

    governed: ClassVar[bool] = False  # what it tells is in the log; how the telling went is bookkeeping

    #: The same on every try: the letter's Message-ID.
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    event_uid = models.UUIDField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=500)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.PositiveBigIntegerField()
    due_at = models.PositiveBigIntegerField()
    finished_at = models.PositiveBigIntegerField(null=True)
    error = models.CharField(max_length=300, default="", blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="notifications_one_letter"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="notifications_letters"),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=[DeliveryState.PENDING, DeliveryState.DELIVERING]),
                name="notifications_letters_due",
            ),
            models.Index(
                fields=["finished_at"], condition=Q(finished_at__isnull=False), name="notifications_letters_done"
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class MailChoice(models.Model):
    """The kinds of letters that a person does not want; without a row they get all of them."""

    governed: ClassVar[bool] = False  # a wish, which changes nobody's rights

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="+")
    off = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"what {self.person_id} does not want to be told"
