"""Calls to the server's native API, with the standard library alone."""

from __future__ import annotations

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

_TIMEOUT = 60


class ServerError(Exception):
    """The server could not be asked, or said no: then ``body`` is its answer."""

    def __init__(self, sentence: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.body = body or {}


class Server:
    """A Stagekeeper server and how to sign in to it; never follows a redirect with the token."""

    def __init__(self, address: str, authorization: str) -> None:
        self.address = address.rstrip("/")
        self.authorization = authorization

    @classmethod
    def from_environment(cls, address: str = "") -> Server:
        """The server that MLflow's client would use, with its token or user name and password. Raises ServerError."""
        address = address or os.environ.get("STAGEKEEPER_URL") or os.environ.get("MLFLOW_TRACKING_URI") or ""
        if not address.startswith(("http://", "https://")):
            raise ServerError("Say where the server is: set MLFLOW_TRACKING_URI, or give --server.")
        token = os.environ.get("STAGEKEEPER_TOKEN") or os.environ.get("MLFLOW_TRACKING_TOKEN")
        if token:
            return cls(address, f"Bearer {token}")
        user, password = os.environ.get("MLFLOW_TRACKING_USERNAME"), os.environ.get("MLFLOW_TRACKING_PASSWORD")
        if user and password:
            return cls(address, "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
        raise ServerError("Say who you are: set MLFLOW_TRACKING_TOKEN.")

    def get(self, parts: list[str], **query: str) -> dict[str, Any]:
        """Read. Raises ServerError."""
        return self._call("GET", parts, query=query)

    def post(self, parts: list[str], body: dict[str, Any], **query: str) -> dict[str, Any]:
        """Write. Raises ServerError."""
        return self._call("POST", parts, query=query, body=body)

    def _call(
        self, method: str, parts: list[str], query: dict[str, str] | None = None, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        path = "/".join(urllib.parse.quote(part, safe="") for part in parts)
        address = f"{self.address}/api/v1/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Authorization": self.authorization, "Accept": "application/json"}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(address, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with _opener().open(request, timeout=_TIMEOUT) as answer:
                return _parsed(answer.read())
        except urllib.error.HTTPError as error:
            said = _parsed(error.read())
            raise ServerError(said.get("message") or f"The server answered {error.code}.", said) from error
        except (urllib.error.URLError, OSError) as error:
            raise ServerError(f"{self.address} cannot be reached: {getattr(error, 'reason', error)}.") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another place."""

    def redirect_request(self, *args: Any) -> None:
        """Never."""


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect)


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(raw)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
