"""What Celery beat starts for artifacts. Each task may run twice, and finds by itself what is to be done."""

from celery import shared_task

from artifacts import operations


@shared_task
def erase_deleted() -> None:
    """Erase the bytes of deleted and replaced files. Every minute."""
    operations.erase_deleted()


@shared_task
def hash_waiting() -> None:
    """Read files that clients sent to the store themselves. Every minute."""
    operations.hash_waiting()


@shared_task
def clear_overdue_uploads() -> None:
    """Remove what crashed uploads have left behind. Hourly."""
    operations.clear_overdue_uploads()


@shared_task
def check_store() -> None:
    """Compare the rows of files with what is stored. Daily."""
    operations.check_store()
