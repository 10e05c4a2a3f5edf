"""Registers notifications with Django."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Webhooks, fed from the audit log."""

    name = "notifications"
