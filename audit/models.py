"""The audit log as stored, and what an object needs to have a place in it."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from audit.canonical import EMPTY_HEAD

M = TypeVar("M", bound=models.Model)


class AuditedQuerySet(models.QuerySet[M]):
    """Querysets of audited models; the base of every ``querysets.py``."""

    def locked(self, pk: Any) -> M:
        """The row, held until the transaction ends. Raises ``DoesNotExist``."""
        return self.select_for_update(of=("self",)).get(pk=pk)


class Audited(models.Model):
    """A governed object with its own chain of events.

    ``audit_seq`` counts the object's events, ``audit_head`` is the head of the hash chain over them; both are
    moved by ``record()`` alone, in the transaction that changes the object.
    """

    governed: ClassVar[bool] = True
    #: What the log calls this kind of object; also the noun of its event types.
    audit_type: ClassVar[str]

    audit_seq = models.PositiveBigIntegerField(default=0, editable=False)
    audit_head = models.CharField(max_length=64, default=EMPTY_HEAD, editable=False)

    class Meta:
        abstract = True

    @property
    def audit_id(self) -> str:
        """How the log names this object: never changes, never used again for another."""
        return str(self.pk)

    @property
    def audit_label(self) -> str:
        """A readable name for the log; empty for persons, whose names do not belong there."""
        return ""

    @property
    def audit_project_id(self) -> int | None:
        """The project whose auditors may read this object's events."""
        return getattr(self, "project_id", None)

    def locked(self) -> Self:
        """This row read again and held until the transaction ends."""
        manager: models.Manager[Any] = type(self)._default_manager
        fresh: Self = manager.select_for_update(of=("self",)).get(pk=self.pk)
        return fresh


class Outcome(models.TextChoices):
    """What became of an attempt."""

    OK = "ok"
    DENIED = "denied"
    FAILED = "failed"


class AuditEvent(models.Model):
    """One event, as its canonical bytes. The other columns repeat parts of the body, for searching.

    ``object_seq`` and ``prev`` place the event in its object's chain; both are empty for attempts that changed nothing.
    """

    governed = True

    uid = models.UUIDField(unique=True)
    ts = models.DateTimeField()
    action = models.CharField(max_length=80)
    outcome = models.CharField(max_length=8, choices=Outcome)
    actor_uid = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=10)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=200)
    object_seq = models.PositiveBigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64)
    prev = models.CharField(max_length=64)
    leaf = models.CharField(max_length=64)
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_type", "object_id", "object_seq"], name="audit_one_event_per_seq"),
        ]
        indexes = [
            models.Index(fields=["actor_uid", "-id"], name="audit_by_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["project_id", "-id"], name="audit_by_project"),
            models.Index(fields=["ts", "id"], name="audit_by_time"),
            # Refused attempts have no place in a chain.
            models.Index(fields=["outcome", "-id"], condition=models.Q(object_seq__isnull=True), name="audit_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type}/{self.object_id} by {self.actor_uid}"


class AuditEventSubject(models.Model):
    """A further object that one event touched: its chain takes the same leaf."""

    governed = True

    event = models.ForeignKey(AuditEvent, models.PROTECT, related_name="also")
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "object_seq"], name="audit_subject_once_per_seq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type}/{self.object_id} in event {self.event_id}"


class AuditPrivate(models.Model):
    """What an event knows of persons: free text, address, browser. The body only holds commitments to it.

    ``values`` maps a field to its salt (hex) and value. Erasing a value leaves the log verifiable.
    """

    governed = True

    event = models.OneToOneField(AuditEvent, models.PROTECT, primary_key=True, related_name="private")
    values = models.JSONField()

    def __str__(self) -> str:
        return f"private values of event {self.event_id}"


class RefusedAttempt(models.Model):
    """How often one actor ran into the same refusal within one minute; the first is an event at once."""

    governed = False  # a counter; what it counts enters the log when its minute is over

    actor_uid = models.CharField(max_length=40)
    operation = models.CharField(max_length=80)
    outcome = models.CharField(max_length=8, choices=Outcome)
    minute = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor_uid", "operation", "outcome", "minute"], name="audit_refused_once"),
        ]

    def __str__(self) -> str:
        return f"{self.repeats} more {self.operation} by {self.actor_uid}"
