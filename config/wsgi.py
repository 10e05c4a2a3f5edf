"""The WSGI application that the web server calls."""

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)


class Request(WSGIRequest):
    """A request whose body may come in chunks of no announced length, as MLflow's client sends artifacts.

    Django reads as much as CONTENT_LENGTH says, hence nothing of such a body. The server marks the end of the stream
    instead, so it can be read until it is empty. REMOTE_ADDR is the caller that the operator's own proxies saw.
    """

    def __init__(self, environ: "WSGIEnvironment") -> None:
        if settings.ENV.proxies:
            environ["REMOTE_ADDR"] = _caller(environ, settings.ENV.proxies)
        super().__init__(environ)
        if "CONTENT_LENGTH" not in environ and environ.get("wsgi.input_terminated"):
            self._stream = LimitedStream(environ["wsgi.input"], sys.maxsize)  # type: ignore[assignment]


def _caller(environ: "WSGIEnvironment", proxies: int) -> str:
    # Each proxy appends who called it, so what stands further left is only what the caller claims.
    seen = [address.strip() for address in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return seen[-proxies] if len(seen) >= proxies and seen[-proxies] else str(environ["REMOTE_ADDR"])


class Application(WSGIHandler):
    """Django's handler, which hands a finished answer to the server in one piece, to be sent in one packet."""

    request_class = Request

    def __call__(  # type: ignore[override]  # a list of bytes is as good for the server
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        response: Any = super().__call__(environ, start_response)
        if getattr(response, "streaming", True):
            return response  # type: ignore[no-any-return]
        try:
            return [response.content]
        finally:
            response.close()


application = Application()
