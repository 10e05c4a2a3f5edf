"""What every page of accounts reads from its request."""

from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.principals import Principal

_ROWS = 100
_SUGGESTED = 200


class PageRequest(HttpRequest):
    """A request that `AccessMiddleware` let in to a page marked `signed_in`."""

    principal: Principal


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """The part of a list that ``?page=`` asks for; two queries."""
    return Paginator(rows, _ROWS).get_page(request.GET.get("page"))


def server_address(request: HttpRequest) -> str:
    """The address that an MLflow client on the asker's machine would use for this server."""
    public: str = settings.PUBLIC_URL
    return public if public.startswith("https://") else request.build_absolute_uri("/").rstrip("/")


def suggested_names(principal: Principal) -> list[str]:
    """User names that a field can offer while somebody types."""
    active = User.objects.visible_to(principal).filter(is_active=True)
    return list(active.order_by("username").values_list("username", flat=True)[:_SUGGESTED])
