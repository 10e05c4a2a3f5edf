"""Carries a call of MLflow's protocol from HTTP to its function, and the answer back.

Who asks is found out before (``accounts.authentication``), refusals are answered after (``settings.REFUSAL_HANDLER``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.authentication import public, signed_in
from accounts.principals import Principal
from audit.exceptions import InvalidInput, TooLarge, Unavailable
from mlflow_api.schema import read_fields, read_query

Answer = dict[str, Any]
Function = Callable[[Principal, "Body"], Answer]
View = Callable[..., HttpResponse]

#: The largest JSON body; a full batch has about 1 MB, the schema of a wide dataset a few.
MAX_BODY = 10 * 1024 * 1024


class Body(dict[str, Any]):
    """The parameters of a call, checked; ``workspace`` is the project named by the header, if any."""

    workspace: str = ""


def answers(status: int) -> Callable[[Function], Function]:
    """Answer with a status other than 200, where MLflow's client wants it."""

    def mark(function: Function) -> Function:
        function.status = status  # type: ignore[attr-defined]
        return function

    return mark


def open_to_all(function: Function) -> Function:
    """Answer without a login; the function gets no actor."""
    function.is_public = True  # type: ignore[attr-defined]
    return function


def view_of(functions: Mapping[str, Function]) -> View:
    """Make the view of one path, from the function for each HTTP method."""

    def view(request: HttpRequest, **path: str) -> HttpResponse:
        function = functions.get(request.method or "")
        if function is None:
            return _method_not_allowed(request, functions)
        body = _read(request, function, path)
        try:
            answer = function(request.principal, body)  # type: ignore[attr-defined]
        except (OperationalError, InterfaceError) as error:
            raise Unavailable("The database does not answer; nothing was changed. Try again.") from error
        status: int = getattr(function, "status", 200)
        return HttpResponse(orjson.dumps(answer), content_type="application/json", status=status)

    view.functions = functions  # type: ignore[attr-defined]  # read by the table of endpoints in the docs and tests
    mark = public if all(getattr(function, "is_public", False) for function in functions.values()) else signed_in
    # Sessions are checked for forgery by the authentication; tokens cannot be forged across sites.
    return csrf_exempt(mark(view))


def _read(request: HttpRequest, function: Function, path: Mapping[str, str]) -> Body:
    fields = getattr(function, "fields", {})
    if request.method == "GET":
        body = Body(read_query(fields, request.GET))
    else:
        body = Body(read_fields(fields, {**_json_of(request), **path}))
    body.update(path)
    body.workspace = request.META.get("HTTP_X_MLFLOW_WORKSPACE", "").strip()
    return body


def _json_of(request: HttpRequest) -> dict[str, Any]:
    raw = _raw_body(request)
    if not raw:
        return {}
    content_type = request.content_type or ""
    if content_type != "application/json":
        raise InvalidInput(f"Send the body as “Content-Type: application/json”, not “{content_type[:100]}”.")
    sent = _parsed(raw)
    if isinstance(sent, str):  # Old clients encode twice.
        sent = _parsed(sent.encode())
    if not isinstance(sent, dict):
        raise InvalidInput("The request body must be a JSON object.")
    return sent


def _raw_body(request: HttpRequest) -> bytes:
    raw: bytes = request.read(MAX_BODY + 1)
    if len(raw) > MAX_BODY:
        raise TooLarge(f"The request body is larger than {MAX_BODY // 2**20} MB. Send it in several smaller calls.")
    return raw


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _parsed_by_python(raw)


def _parsed_by_python(raw: bytes) -> Any:
    """Read what orjson does not: the bare NaN and Infinity that Python writes."""
    try:
        sent = json.loads(raw)
        orjson.dumps(sent)  # Refuses what no database stores, such as half of a surrogate pair.
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput("The request body is not valid JSON.") from error
    return sent


def _method_not_allowed(request: HttpRequest, functions: Mapping[str, Function]) -> HttpResponse:
    allowed = ", ".join(functions)
    message = f"{request.method} is not supported here, only {allowed}."
    answer = {"error_code": "ENDPOINT_NOT_FOUND", "message": message}
    return JsonResponse(answer, status=405, headers={"Allow": allowed})


@csrf_exempt
@signed_in
def unknown_path(request: HttpRequest) -> HttpResponse:
    """Say that there is no such endpoint, to those who are signed in; others learn nothing."""
    message = f"There is no endpoint {request.path[:200]}. docs/mlflow.md says which parts of MLflow are served."
    return JsonResponse({"error_code": "ENDPOINT_NOT_FOUND", "message": message}, status=404)
