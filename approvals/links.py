"""Where people see a request."""

from django.conf import settings

from approvals.models import PromotionRequest


def request_path(request: PromotionRequest) -> str:
    """The address of a request's page on this server."""
    return f"/requests/{request.pk}"


def request_url(request: PromotionRequest) -> str:
    """The whole address of a request's page, for terminals and messages."""
    return f"{settings.PUBLIC_URL}{request_path(request)}"
