"""Lets a client send a write twice and have it done once: the ``Idempotency-Key`` header of the native API.

The answer to a write that succeeded is kept for a day and given again to the same principal who sends the same
request under the same key. A refused write changed nothing, so its key is free again. Answers that hold a secret
(``Cache-Control: no-store``) are never kept. It is a middleware so that no view can forget it.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.principals import Principal
from audit.exceptions import Conflict, InvalidInput, Refusal
from web.models import IdempotencyKey
from web.refusals import answer_refusal

KEPT = timedelta(days=1)
#: After so long a request has surely ended, with the process that served it.
_CUT_SHORT = timedelta(minutes=10)
_LARGEST = 1_000_000


class IdempotencyMiddleware:
    """Claims the key before the view runs, and keeps the answer after."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        claim: IdempotencyKey | None = getattr(request, "idempotency_claim", None)
        if claim is not None:
            _settle(claim, response)
        return response

    def process_view(
        self, request: Any, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Answer a repeated request; claim the key of a new one."""
        key = request.headers.get("Idempotency-Key")
        principal: Principal | None = getattr(request, "principal", None)
        if key is None or principal is None or not _is_native_write(request) or _streams(request, view):
            return None
        try:
            claim, is_new = _claim(principal, key, _digest(request))
            if not is_new:
                return _replay(claim)
        except Refusal as refusal:
            return answer_refusal(request, refusal)
        request.idempotency_claim = claim
        return None


def forget_old_keys() -> int:
    """Delete the keys that are no longer kept; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _is_native_write(request: HttpRequest) -> bool:
    return request.path.startswith("/api/v1/") and request.method in ("POST", "PUT", "PATCH", "DELETE")


def _streams(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Whether the body is a file: it must not be read into memory, and to send it twice is to send it once."""
    return request.method == "PUT" and getattr(getattr(view, "cls", None), "streams_body", False)


def _digest(request: HttpRequest) -> str:
    said = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(said + request.body).hexdigest()


def _claim(principal: Principal, key: str, digest: str) -> tuple[IdempotencyKey, bool]:
    """The row of this key, and whether it is new. Raises `InvalidInput` when it stands for another request."""
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise InvalidInput("An Idempotency-Key has 1 to 255 printable ASCII characters.")
    named = {"principal_uid": principal.uid, "key": key}
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(**named, digest=digest), True
    except IntegrityError:
        row = IdempotencyKey.objects.filter(**named).first()
    if row is None:
        raise Conflict("The first request with this Idempotency-Key has just been refused. Send it again.")
    if row.digest != digest:
        raise InvalidInput("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return row, False


def _replay(row: IdempotencyKey) -> HttpResponse:
    if row.status is None and row.created_at > timezone.now() - _CUT_SHORT:
        raise Conflict("The first request with this Idempotency-Key is still being carried out. Ask again in a moment.")
    if row.status is None:
        raise Conflict(
            "The first request with this Idempotency-Key was cut short. See whether it took effect, then use a new key."
        )
    if row.body is None:
        raise Conflict(
            "The first request with this Idempotency-Key succeeded, and its answer is not shown twice because it "
            "holds a secret. If you lost it, revoke what was issued and issue anew under a new key."
        )
    response = HttpResponse(bytes(row.body), content_type="application/json", status=row.status)
    response["Idempotent-Replayed"] = "true"
    return response


def _settle(claim: IdempotencyKey, response: HttpResponse) -> None:
    if not 200 <= response.status_code < 300:
        claim.delete()
        return
    claim.status = response.status_code
    if _may_be_kept(response):
        claim.body = response.content
    claim.save(update_fields=["status", "body"])


def _may_be_kept(response: HttpResponse) -> bool:
    is_secret = "no-store" in response.get("Cache-Control", "")
    return not response.streaming and not is_secret and len(response.content) <= _LARGEST
