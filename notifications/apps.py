"""Registers notifications with Django."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Webhooks and e-mail, fed from the audit log."""

    name = "notifications"

    def ready(self) -> None:
        """Hear of every recorded event."""
        from audit.listeners import subscribe
        from notifications.letters import note
        from notifications.outbox import announce

        subscribe(announce)
        subscribe(note)
