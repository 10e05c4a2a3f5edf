"""Calls of the native API in tests: one line each, with the status that is expected."""

from typing import Any

from django.test import Client


def call(client: Client, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
    """Call ``/api/v1`` and return the JSON that comes back (None without any), or fail on another status."""
    send = getattr(client, method)
    if method == "get":
        response = send(f"/api/v1{path}", body, headers=headers or None)
    else:
        body = "" if body is None else body
        response = send(f"/api/v1{path}", body, content_type="application/json", headers=headers or None)
    assert response.status_code == status, f"{response.status_code}: {response.content.decode()[:2000]}"
    return response.json() if response.content else None


def results(client: Client, path: str, /, **query: Any) -> list[Any]:
    """All rows of a list, page by page."""
    rows: list[Any] = []
    answer = call(client, "get", path, query)
    while answer["next"]:
        rows += answer["results"]
        answer = call(client, "get", answer["next"].partition("/api/v1")[2])
    return rows + list(answer["results"])
