"""What the REST API remembers of requests: the answers to writes that may be sent twice."""

from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The answer to a write that its client named by an ``Idempotency-Key``."""

    governed = False  # remembers answers for a day; what was done is in the audit log

    principal_uid = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    #: SHA-256 of method, address and body.
    digest = models.CharField(max_length=64)
    #: Empty while the request is being carried out.
    status = models.PositiveSmallIntegerField(null=True)
    #: Empty also when the answer held a secret.
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["principal_uid", "key"], name="web_idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="web_idempotency_by_time")]

    def __str__(self) -> str:
        return f"{self.key} of {self.principal_uid}"
