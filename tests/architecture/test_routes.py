"""Every route says who may use it, and says no to those who may not."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.authentication import access_of
from config.urls import urlpatterns


def routes(patterns=None, prefix=""):
    """Every route of the site as (path, view)."""
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


#: What anybody may ask without signing in; an addition here is a decision.
PUBLIC = {
    "healthz",
    "readyz",
    "health",
    "sign-in",
    "set-up/<str:code>",
    "api/3.0/mlflow/server-info",
    "ajax-api/3.0/mlflow/server-info",
}


def test_every_route_is_marked():
    unmarked = [path for path, view in routes() if access_of(view) is None and not path.startswith("admin/")]

    assert unmarked == []


def test_only_these_routes_are_public():
    public = {path for path, view in routes() if access_of(view) == "public"}

    assert public <= PUBLIC | {path for path in public if path.startswith("static/")}


def test_a_view_without_a_mark_is_closed(admin, client_of, settings):
    from django.http import HttpResponse
    from django.urls import path

    urlpatterns.append(path("forgotten", lambda request: HttpResponse("secret")))
    get_resolver.cache_clear()
    try:
        answer = client_of(admin).get("/forgotten")
    finally:
        urlpatterns.pop()
        get_resolver.cache_clear()

    assert answer.status_code == 403
    assert b"secret" not in answer.content


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/runs/get", "/api/v1/whoami", "/ajax-api/2.0/mlflow/runs/get"])
def test_a_json_door_says_401_as_json(path, db):
    answer = Client().get(path)

    assert answer.status_code == 401
    assert answer.json()["error_code"] == "UNAUTHENTICATED"
    assert answer["WWW-Authenticate"].startswith("Basic")
