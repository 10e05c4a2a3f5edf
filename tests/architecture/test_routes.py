"""Every route says who may use it, and says no to those who may not."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path

from accounts.authentication import access_of


def routes(patterns=None, prefix=""):
    """Every route of the site as (path, view)."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


#: What anybody may ask without signing in; an addition here is a decision.
PUBLIC = {
    "healthz",
    "readyz",
    "health",
    "sign-in",
    "set-up/<str:code>",
    "api/3.0/mlflow/server-info",
    "ajax-api/3.0/mlflow/server-info",
    # Hooks verify permits where nobody signs in: the keys are public by nature, the verifier is part of this software.
    "api/v1/permit-keys",
    "api/v1/^permit-keys/(?P<kid>[0-9a-f]{32})$",
    "api/v1/permit-verifier",
}


def test_every_route_is_marked():
    unmarked = [route for route, view in routes() if access_of(view) is None]

    assert unmarked == []


def test_only_these_routes_are_public():
    public = {route for route, view in routes() if access_of(view) == "public"}

    assert public == PUBLIC


def _forgotten(request):
    return HttpResponse("secret")


urlpatterns = [path("forgotten", _forgotten)]


@pytest.mark.urls(__name__)
def test_a_view_without_a_mark_is_closed(admin, client_of):
    answer = client_of(admin).get("/forgotten")

    assert answer.status_code == 403
    assert b"secret" not in answer.content


@pytest.mark.parametrize("door", ["/api/2.0/mlflow/runs/get", "/api/v1/whoami", "/ajax-api/2.0/mlflow/runs/get"])
def test_a_json_door_says_401_as_json(door, db):
    answer = Client().get(door)

    assert answer.status_code == 401
    assert answer.json()["error_code"] == "UNAUTHENTICATED"
    assert answer["WWW-Authenticate"].startswith("Basic")
