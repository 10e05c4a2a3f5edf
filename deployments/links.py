"""Where people see deployments."""

from django.conf import settings


def deployment_path(pk: int) -> str:
    """The address of a deployment's page on this server."""
    return f"/deployments/{pk}"


def deployment_url(pk: int) -> str:
    """The whole address of a deployment's page, for terminals and messages."""
    return f"{settings.PUBLIC_URL}{deployment_path(pk)}"


def alert_url(pk: int) -> str:
    """The whole address of an alert's page."""
    return f"{alerts_url()}/{pk}"


def alerts_url() -> str:
    """The whole address of the page of alerts."""
    return f"{settings.PUBLIC_URL}/deployments/alerts"
