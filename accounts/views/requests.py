"""What every page of accounts reads from its request."""

from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Project, User
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.principals import Principal

_ROWS = 100
_SUGGESTED = 200
#: Stands where a token is to be put.
_DOTS = "…"


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


def client_lines(request: HttpRequest, project: Project | None = None, secret: str = _DOTS) -> dict[str, str]:
    """What points an MLflow client here as somebody, in shells and notebooks; for the context of a page."""
    variables = {"MLFLOW_TRACKING_URI": server_address(request)}
    if project is not None and project.slug != DEFAULT_PROJECT:
        variables["MLFLOW_WORKSPACE"] = project.slug
    variables["MLFLOW_TRACKING_TOKEN"] = secret
    in_python = [f'os.environ["{name}"] = "{value}"' for name, value in variables.items()]
    return {
        "commands": "\n".join(f"export {name}={value}" for name, value in variables.items()),
        "powershell": "\n".join(f'$env:{name} = "{value}"' for name, value in variables.items()),
        "notebook": "\n".join(["import os", *in_python]),
    }


def suggested_names(principal: Principal) -> list[str]:
    """User names that a field can offer while somebody types."""
    active = User.objects.visible_to(principal).filter(is_active=True)
    return list(active.order_by("username").values_list("username", flat=True)[:_SUGGESTED])
