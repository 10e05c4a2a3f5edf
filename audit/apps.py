"""Audit: the one door for writes, and the log of what went through it."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import guard, triggers
        from audit.models import AuditEvent, AuditEventSubject

        connection_created.connect(guard.install, dispatch_uid="audit.guard")
        post_migrate.connect(triggers.install, dispatch_uid="audit.triggers")
        triggers.append_only(AuditEvent)
        triggers.append_only(AuditEventSubject)
