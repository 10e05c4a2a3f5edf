"""How a call of the protocol becomes the parameters of a function, and its answer a response."""

import math

import orjson
import pytest
from django.db import OperationalError
from django.test import RequestFactory

from accounts.authentication import access_of
from audit.exceptions import InvalidInput, TooLarge, Unavailable
from mlflow_api import transport
from mlflow_api.schema import Number, Text, Whole, pairs, takes
from mlflow_api.transport import answers, open_to_all, view_of


@takes(name=Text(), value=Number(), step=Whole(), tags=pairs())
def echo(actor, body):
    return dict(body)


def call(view, request, **path):
    request.principal = None
    return view(request, **path)


def post(content: bytes | str, content_type: str = "application/json", **headers):
    return RequestFactory().post("/x", content, content_type=content_type, headers=headers)


@pytest.fixture
def view():
    return view_of({"POST": echo, "GET": echo})


def test_the_answer_is_json_with_status_200_and_numbers_as_numbers(view):
    response = call(view, post('{"name": "a", "step": "1234567890123"}'))

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.content == b'{"name":"a","step":1234567890123}'


def test_a_body_may_hold_bare_nan_and_infinity():
    seen = []

    @takes(values=Text(), value=Number())
    def keep(actor, body):
        seen.append(body["value"])
        return {}

    for word in ("NaN", "Infinity", "-Infinity"):
        call(view_of({"POST": keep}), post(f'{{"value": {word}}}'))

    assert math.isnan(seen[0])
    assert seen[1:] == [math.inf, -math.inf]


def test_an_empty_body_has_no_parameters_and_needs_no_content_type(view):
    assert call(view, post(b"", content_type="")).content == b"{}"


def test_a_body_encoded_twice_is_read(view):
    assert call(view, post(orjson.dumps('{"name": "old client"}'))).content == b'{"name":"old client"}'


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_of_another_type_is_refused(view, content_type):
    with pytest.raises(InvalidInput, match="Content-Type: application/json"):
        call(view, post(b'{"name": "a"}', content_type=content_type))


def test_a_content_type_may_name_its_charset(view):
    assert call(view, post('{"name": "ü"}', content_type="application/json; charset=utf-8")).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"name=a",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800", "value": NaN}',
        b"[" * 100_000,
        b'{"value": NaN, "x": ' + b"9" * 5_000 + b"}",
    ],
    ids=["cut off", "no JSON", "no UTF-8", "no UTF-8 in a string", "half a character", "too deep", "huge number"],
)
def test_what_is_not_json_is_refused(view, content):
    with pytest.raises(InvalidInput, match="The request body is not valid JSON"):
        call(view, post(content))


@pytest.mark.parametrize("content", ["[1]", "5", "null", '"text"'])
def test_json_that_is_no_object_is_refused(view, content):
    with pytest.raises(InvalidInput, match="The request body"):
        call(view, post(content))


def test_a_body_that_is_too_large_is_refused(view, monkeypatch):
    monkeypatch.setattr(transport, "MAX_BODY", 100)

    assert call(view, post(b" " * 98 + b"{}")).status_code == 200
    with pytest.raises(TooLarge):
        call(view, post(b" " * 99 + b"{}"))


def test_parameters_come_from_the_query_string_of_a_get(view):
    request = RequestFactory().get("/x?name=a%2Fb&step=5&unknown=1")

    assert call(view, request).content == b'{"name":"a/b","step":5}'


def test_parts_of_the_path_are_parameters_too(view):
    assert call(view, post(b"{}"), model_id="m-1").content == b'{"model_id":"m-1"}'


def test_the_path_wins_over_the_body():
    @takes(name=Text())
    def named(actor, body):
        return {"name": body["name"]}

    assert call(view_of({"POST": named}), post(b'{"name": "body"}'), name="path").content == b'{"name":"path"}'


def test_the_header_names_the_workspace():
    def where(actor, body):
        return {"workspace": body.workspace}

    request = post(b"{}", **{"X-MLFLOW-WORKSPACE": " team "})

    assert call(view_of({"POST": where}), request).content == b'{"workspace":"team"}'


def test_another_method_is_answered_with_those_that_work(view):
    response = call(view, RequestFactory().delete("/x"))

    assert response.status_code == 405
    assert response["Allow"] == "POST, GET"
    assert orjson.loads(response.content)["error_code"] == "ENDPOINT_NOT_FOUND"


def test_a_database_that_does_not_answer_is_no_fault_of_the_caller():
    def broken(actor, body):
        raise OperationalError("database is locked")

    with pytest.raises(Unavailable):
        call(view_of({"POST": broken}), post(b"{}"))


def test_a_view_says_who_may_ask():
    assert access_of(view_of({"POST": echo})) == "signed_in"
    assert access_of(view_of({"GET": open_to_all(lambda actor, body: {})})) == "public"


def test_an_answer_may_have_another_status():
    @answers(201)
    def made(actor, body):
        return {}

    assert call(view_of({"POST": made}), post(b"{}")).status_code == 201
