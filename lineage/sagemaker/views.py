"""``POST /sagemaker/``: the address for ``boto3.client("sagemaker", endpoint_url=…)``."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.authentication import signed_in
from audit.exceptions import InvalidInput, NotFound, PermissionDenied, Refusal
from lineage.exchange.reading import body_of, json_of
from lineage.sagemaker.calls import CALLS

_TARGET = "SageMaker."
_LARGEST = 1024 * 1024
_ERRORS: dict[type[Refusal], str] = {
    NotFound: "ResourceNotFound",
    PermissionDenied: "AccessDeniedException",
    InvalidInput: "ValidationException",
}


@csrf_exempt  # Sessions are checked for forgery by the authentication.
@signed_in
def sagemaker(request: HttpRequest) -> HttpResponse:
    """Answer one call of SageMaker's API."""
    target = request.headers.get("X-Amz-Target", "")
    call = CALLS.get(target.removeprefix(_TARGET)) if target.startswith(_TARGET) else None
    if request.method != "POST" or call is None:
        known = ", ".join(CALLS)
        return _answer({"__type": "UnknownOperationException", "message": f"Only {known} are served here."}, 400)
    try:
        asked = json_of(body_of(request, _LARGEST) or b"{}")
        if not isinstance(asked, dict):
            raise InvalidInput("The body must be a JSON object.")
        return _answer(call(request.principal, asked))  # type: ignore[attr-defined]
    except Refusal as refusal:
        kind = next((name for error, name in _ERRORS.items() if isinstance(refusal, error)), "ValidationException")
        return _answer({"__type": kind, "message": str(refusal)}, 400)


def _answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(body, default=str), content_type="application/x-amz-json-1.1", status=status)
