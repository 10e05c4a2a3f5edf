"""What wakes up to deliver webhooks and mail. Each may run twice or at once: what is to be done is taken up by one."""

from celery import shared_task

from notifications import delivery, letters


@shared_task
def deliver_due() -> None:
    """Start a task for every webhook that is owed something, and one for mail; started by commits and by beat."""
    for webhook_id in delivery.webhooks_waiting():
        deliver_to.delay(webhook_id)
    if letters.is_anything_due():
        post_letters.delay()


@shared_task
def post_letters() -> None:
    """Write the letters of noted events, send what is due, and hand on what does not fit into a turn."""
    letters.open_noted()
    if letters.post_turn():
        post_letters.delay()


@shared_task
def deliver_to(webhook_id: int) -> None:
    """Deliver what one webhook is owed, and hand on what does not fit into a turn."""
    if delivery.deliver_turn(webhook_id):
        deliver_to.delay(webhook_id)


@shared_task
def forget_deliveries() -> None:
    """Remove the history of deliveries and letters that ended long ago."""
    delivery.forget_old()
    letters.forget_old()
