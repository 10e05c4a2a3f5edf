"""Says no: one translation of a refusal for JSON doors, one for pages."""

from collections.abc import Callable
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from accounts.authentication import is_api
from audit.exceptions import (
    BadRequest,
    NotFound,
    PermissionDenied,
    Refusal,
    Throttled,
    TooLarge,
    Unauthenticated,
)

_HEADLINES = {
    400: "That did not work",
    401: "Sign in first",
    403: "You may not do this",
    404: "Nothing here",
    409: "Not possible now",
    413: "Too big",
    429: "Too many attempts",
    503: "Not available right now",
}


def answer_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The response for a refusal: JSON with ``error_code`` and ``message`` on API paths, a page elsewhere."""
    response = _json(refusal) if is_api(request) else _page(request, refusal)
    if isinstance(refusal, Throttled):
        response["Retry-After"] = str(refusal.retry_after)
    return response


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """What a JSON door answers, MLflow's protocol and the native API alike."""
    return {**refusal.details, "error_code": refusal.code, "message": str(refusal)}


def _json(refusal: Refusal) -> HttpResponse:
    response = HttpResponse(orjson.dumps(refusal_body(refusal)), content_type="application/json", status=refusal.status)
    if isinstance(refusal, Unauthenticated):
        response["WWW-Authenticate"] = 'Basic realm="stagekeeper"'
    return response


def _page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    context = {"refusal": refusal, "headline": _HEADLINES.get(refusal.status, "That did not work")}
    return TemplateResponse(request, "web/refusal.html", context, status=refusal.status).render()


class RefusalMiddleware:
    """Answers refusals that a view did not answer itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Translate a refusal; leave every other fault to Django."""
        return answer_refusal(request, exception) if isinstance(exception, Refusal) else None


# --- What Django itself refuses (handler400 … handler500 of config.urls, CSRF_FAILURE_VIEW) ---------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django cannot read, or that is too big for memory."""
    if isinstance(exception, RequestDataTooBig):
        return answer_refusal(request, TooLarge("This request is bigger than the server reads at once."))
    return answer_refusal(request, BadRequest("The server cannot read this request."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page whose library said no without a sentence."""
    return answer_refusal(request, PermissionDenied("You may not see this page."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address without a view, or an object that is not there for whoever asks."""
    return answer_refusal(request, NotFound("There is nothing at this address, or you may not see it."))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours; its answer must not depend on anything that may be broken."""
    sentence = "Something went wrong on the server. Nothing was changed; the fault was written to the server's log."
    if is_api(request):
        body = {"error_code": "INTERNAL_ERROR", "message": sentence}
        return HttpResponse(orjson.dumps(body), content_type="application/json", status=500)
    return HttpResponse(render_to_string("web/fault.html", {"sentence": sentence}), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not sent from a fresh page of this server."""
    sentence = "This form is out of date, or was sent from another site. Reload the page and send it again."
    return answer_refusal(request, PermissionDenied(sentence))
