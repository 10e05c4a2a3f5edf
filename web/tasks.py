"""What Celery beat starts for the REST API."""

from celery import shared_task

from web.api.idempotency import forget_old_keys


@shared_task
def forget_idempotency_keys() -> None:
    """Delete the answers that are no longer kept for replay."""
    forget_old_keys()
