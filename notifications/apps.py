"""Registers notifications with Django."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Webhooks, fed from the audit log."""

    name = "notifications"

    def ready(self) -> None:
        """Hear of every recorded event."""
        from audit.listeners import subscribe
        from notifications.outbox import announce

        subscribe(announce)
