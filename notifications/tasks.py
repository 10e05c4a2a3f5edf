"""What wakes up to deliver webhooks. Each may run twice or at the same time: a delivery is taken up by one."""

from celery import shared_task

from notifications import delivery


@shared_task
def deliver_due() -> None:
    """Start a task for every webhook that is owed something; started by commits and by beat."""
    for webhook_id in delivery.webhooks_waiting():
        deliver_to.delay(webhook_id)


@shared_task
def deliver_to(webhook_id: int) -> None:
    """Deliver what one webhook is owed, and hand on what does not fit into a turn."""
    if delivery.deliver_turn(webhook_id):
        deliver_to.delay(webhook_id)


@shared_task
def forget_deliveries() -> None:
    """Remove the history of deliveries that ended long ago."""
    delivery.forget_old()
