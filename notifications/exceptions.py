"""Refusals of notifications: no, and why."""

from audit.exceptions import InvalidInput, NotFound


class InvalidWebhook(InvalidInput):
    """A name, event, secret or text that a webhook cannot have."""


class UnsafeAddress(InvalidInput):
    """The URL leads where this server does not send anything."""


class WebhookNotFound(NotFound):
    """No such webhook, or not for this actor to see."""
