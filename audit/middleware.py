"""Gives every request an id and keeps what events say about it."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.context import RequestContext, enter_request

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    """Take the caller's ``X-Request-ID`` when it is well formed, make one otherwise, and answer it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        sent = meta.get("HTTP_X_REQUEST_ID", "")
        request_id = sent if _ACCEPTED_ID.fullmatch(sent) else uuid.uuid4().hex
        enter_request(
            RequestContext(
                request_id=request_id,
                route=f"{request.method} {request.path[:300]}",
                address=meta.get("REMOTE_ADDR", ""),
                user_agent=meta.get("HTTP_USER_AGENT", "")[:200],
                idempotency_key=meta.get("HTTP_IDEMPOTENCY_KEY", "")[:255],
            )
        )
        try:
            response = self.get_response(request)
        finally:
            enter_request(None)
        response["X-Request-ID"] = request_id
        return response
