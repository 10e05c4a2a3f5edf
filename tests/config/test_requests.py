"""The WSGI application: bodies of announced and of unannounced length, and answers in one piece."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from config.wsgi import Application, Request


def environ(method: str, body: bytes) -> dict[str, Any]:
    """What the server says of a request: the end of the body is marked, its length may be unknown."""
    request = RequestFactory().generic(method, "/", body)
    assert isinstance(request, WSGIRequest)
    known = {name: value for name, value in request.environ.items() if name != "CONTENT_LENGTH"}
    return known | {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}


def chunked(body: bytes) -> Request:
    return Request(environ("PUT", body))


def announced(body: bytes, length: int) -> Request:
    return Request(environ("PUT", body) | {"CONTENT_LENGTH": str(length)})


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 3_000_000])
def test_a_chunked_body_is_read_to_its_end(body):
    request, read = chunked(body), bytearray()

    while piece := request.read(65536):
        read += piece

    assert read == body


def test_a_small_chunked_body_is_there_as_a_whole():
    assert chunked(b'{"a": 1}').body == b'{"a": 1}'


def test_a_chunked_body_too_big_for_memory_is_refused(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    with pytest.raises(RequestDataTooBig):
        _ = chunked(b"x" * 1001).body


def test_an_announced_length_is_not_read_beyond():
    assert announced(b"abcdef", 3).body == b"abc"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "caller"),
    [
        (0, "9.9.9.9", "127.0.0.1"),
        (1, "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        (2, "9.9.9.9, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_caller_is_whom_our_own_proxies_saw(settings, proxies, forwarded, caller):
    settings.ENV = replace(settings.ENV, proxies=proxies)

    request = Request(environ("GET", b"") | {"HTTP_X_FORWARDED_FOR": forwarded})

    assert request.META["REMOTE_ADDR"] == caller


@pytest.fixture
def answer(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    def answer(response: Any) -> Any:
        monkeypatch.setattr(Application, "get_response", lambda self, request: response)
        return Application()(environ("GET", b""), lambda status, headers, exc_info=None: None)  # type: ignore[arg-type]

    return answer


def test_a_finished_answer_is_one_piece_and_closed(answer):
    response = HttpResponse(["one", "two"])

    assert answer(response) == [b"onetwo"]
    assert response.closed


def test_a_stream_stays_one(answer):
    def pieces() -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    response = StreamingHttpResponse(pieces())

    assert answer(response) is response
    assert not response.closed
