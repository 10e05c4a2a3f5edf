"""Registers config with Django, for its management commands and checks."""

from django.apps import AppConfig
from django.core.checks import register

from config import checks

# Celery's tasks bind to the current app, so it must exist before any app's `tasks.py` is imported.
from config.celery import app as celery_app

__all__ = ["ConfigConfig", "celery_app"]


class ConfigConfig(AppConfig):
    """How the parts are wired."""

    name = "config"

    def ready(self) -> None:
        register(checks.every_setting_is_given, deploy=True)
        register(checks.people_come_by_https, deploy=True)
