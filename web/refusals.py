"""Says no: one translation of a refusal for JSON doors, one for pages."""

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.authentication import is_api
from audit.exceptions import Refusal, Throttled, Unauthenticated


def answer_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The response for a refusal: JSON with ``error_code`` and ``message`` on API paths, a page elsewhere."""
    response = _json(refusal) if is_api(request) else _page(request, refusal)
    if isinstance(refusal, Unauthenticated):
        response["WWW-Authenticate"] = 'Basic realm="stagekeeper"'
    if isinstance(refusal, Throttled):
        response["Retry-After"] = str(refusal.retry_after)
    return response


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """What a JSON door answers, MLflow's protocol and the native API alike."""
    return {**refusal.details, "error_code": refusal.code, "message": str(refusal)}


def _json(refusal: Refusal) -> HttpResponse:
    return HttpResponse(orjson.dumps(refusal_body(refusal)), content_type="application/json", status=refusal.status)


def _page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return TemplateResponse(request, "web/refusal.html", {"refusal": refusal}, status=refusal.status).render()


class RefusalMiddleware:
    """Answers refusals that a view did not answer itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Translate a refusal; leave every other fault to Django."""
        return answer_refusal(request, exception) if isinstance(exception, Refusal) else None
