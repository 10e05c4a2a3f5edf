"""What workers do for deployments. Each task may run twice, and finds by itself what is to be done."""

from celery import shared_task

from deployments import upkeep


@shared_task
def look_after_deployments() -> None:
    """Close what nobody began in time, and watch for quarantined versions that run. Every 30 seconds."""
    upkeep.look_after_deployments()
