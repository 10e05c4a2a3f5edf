"""What the native API answers when it says no: ``{"error_code", "message", "fields"?}``."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from audit.exceptions import Refusal
from web.refusals import answer_refusal

_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "BAD_REQUEST",
    exceptions.NotAuthenticated: "UNAUTHENTICATED",
    exceptions.AuthenticationFailed: "UNAUTHENTICATED",
    exceptions.PermissionDenied: "PERMISSION_DENIED",
    exceptions.NotFound: "RESOURCE_DOES_NOT_EXIST",
    exceptions.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    exceptions.NotAcceptable: "NOT_ACCEPTABLE",
    exceptions.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    exceptions.Throttled: "REQUEST_LIMIT_EXCEEDED",
}


def answer_exception(exception: Exception, context: dict[str, Any]) -> Response | HttpResponse | None:
    """DRF's exception handler; None leaves a fault to Django."""
    if isinstance(exception, Refusal):
        return answer_refusal(context["request"]._request, exception)
    if isinstance(exception, Http404):
        exception = exceptions.NotFound("There is nothing at this address, or you may not see it.")
    if isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    if isinstance(exception, exceptions.ValidationError):
        return Response(_invalid(exception.detail), status=400)
    if isinstance(exception, exceptions.APIException):
        body = {"error_code": _CODES.get(type(exception), "BAD_REQUEST"), "message": str(exception.detail)}
        return Response(body, status=exception.status_code, headers=_headers(exception))
    return None


def _invalid(detail: Any) -> dict[str, Any]:
    """All complaints by field, and the first of them as the message."""
    fields = {"": detail} if isinstance(detail, list) else dict(detail)
    name, complaint = next(iter(fields.items()))
    sentence = _first(complaint)
    general = name in ("", "non_field_errors")
    return {
        "error_code": "INVALID_PARAMETER_VALUE",
        "message": sentence if general else f"{name}: {sentence}",
        "fields": fields,
    }


def _first(complaint: Any) -> str:
    while isinstance(complaint, list | dict) and complaint:
        complaint = complaint[0] if isinstance(complaint, list) else next(iter(complaint.values()))
    return str(complaint)


def _headers(exception: exceptions.APIException) -> dict[str, str]:
    wait = getattr(exception, "wait", None)
    return {"Retry-After": str(int(wait))} if wait else {}
