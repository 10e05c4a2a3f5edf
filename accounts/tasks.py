"""What Celery beat starts for accounts."""

from celery import shared_task

from accounts import operations


@shared_task
def end_expired_roles() -> None:
    """Remove the grants of roles whose time is over. They stopped counting by themselves."""
    operations.end_expired_roles()


@shared_task
def report_stray_grants() -> None:
    """Report grants that no operation has written."""
    operations.report_stray_grants()


@shared_task
def clear_dead_sessions() -> None:
    """Forget the sessions of browsers that have ended by themselves."""
    operations.clear_dead_sessions()
