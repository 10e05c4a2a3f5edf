"""What Celery beat starts for the audit log."""

from celery import shared_task

from audit.operation import flush_refused_attempts


@shared_task
def flush_refused() -> None:
    """Record how often attempts were repeated that were refused within one minute."""
    flush_refused_attempts()
