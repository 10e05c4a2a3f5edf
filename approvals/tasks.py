"""What workers do for promotions. Each task may run twice, and finds by itself what is to be done."""

from celery import shared_task

from approvals import checks, trying


@shared_task
def check_gates(request_pk: int) -> None:
    """Evaluate the gates of a request, and fix what is decided on."""
    checks.check_request(request_pk)


@shared_task
def go_on(request_pk: int) -> None:
    """Take the step of a request that needs nobody's approval, or whose approval is complete."""
    checks.go_on(request_pk)


@shared_task
def try_gates(trial_pk: int) -> None:
    """Try the gates for somebody who is about to ask."""
    trying.try_gates(trial_pk)


@shared_task
def recheck_version(version_pk: int) -> None:
    """Evaluate the gates of a version's open requests again."""
    checks.recheck_version(version_pk)


@shared_task
def refresh_project(project_pk: int) -> None:
    """Void the votes on a project's open requests whose subject has changed."""
    checks.refresh_project(project_pk)


@shared_task
def refresh_open() -> None:
    """Void the votes on open requests whose subject has changed, in every project."""
    checks.refresh_open()


@shared_task
def look_after_requests() -> None:
    """What a lost message has left undone, and what time has brought: due gates, expiry. Every 30 seconds."""
    checks.look_after_requests()
