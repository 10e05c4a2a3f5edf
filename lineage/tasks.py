"""What Celery does for lineage."""

from celery import shared_task

from lineage.engine.building import build_if_due


@shared_task
def build_arrays() -> None:
    """Build the arrays that walks run in, when enough was written since. Runs every minute."""
    build_if_due()
