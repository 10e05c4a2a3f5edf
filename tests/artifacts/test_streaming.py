"""Bodies on their way in, and files on their way out."""

import base64
import hashlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, strategies as st

from artifacts.exceptions import IncompleteUpload, LengthRequired, RangeNotSatisfiable
from artifacts.streaming import CHUNK, Outgoing, content_type, file_response, incoming, parse_range
from audit.exceptions import InvalidInput

DIGEST = "sha-256=:" + base64.b64encode(hashlib.sha256(b"hello").digest()).decode() + ":"


def environ(body: bytes = b"hello", **values: Any) -> dict[str, Any]:
    return {"wsgi.input": BytesIO(body), **values}


def chunked(body: bytes = b"hello", **values: Any) -> dict[str, Any]:
    return environ(body, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True}, **values)


class CutOff:
    """A body whose connection breaks, on a server that tells."""

    def read(self, size: int) -> bytes:
        raise ConnectionResetError


def test_a_body_is_counted_and_hashed_as_it_passes():
    body = incoming(environ(CONTENT_LENGTH="5"))

    assert list(body) == [b"hello"]
    assert body.size == 5
    assert body.sha256 == hashlib.sha256(b"hello").hexdigest()


def test_a_long_body_comes_in_pieces():
    body = incoming(environ(b"x" * (2 * CHUNK + 1), CONTENT_LENGTH=str(2 * CHUNK + 1)))

    assert [len(chunk) for chunk in body] == [CHUNK, CHUNK, 1]


def test_what_follows_the_announced_length_is_left_alone():
    source = environ(b"hello, and the next request", CONTENT_LENGTH="5")

    assert b"".join(incoming(source)) == b"hello"
    assert source["wsgi.input"].read() == b", and the next request"


def test_a_body_shorter_than_announced_is_refused():
    with pytest.raises(IncompleteUpload, match="after 5 of 6 bytes"):
        list(incoming(environ(CONTENT_LENGTH="6")))


def test_a_body_that_breaks_off_is_refused():
    with pytest.raises(IncompleteUpload):
        list(incoming(environ(CONTENT_LENGTH="6") | {"wsgi.input": CutOff()}))


def test_a_body_without_a_length_is_empty():
    assert list(incoming(environ())) == []


def test_an_empty_chunked_body_is_a_file():
    assert list(incoming(chunked(b""))) == []


def test_a_chunked_body_is_taken_from_a_server_that_tells_when_it_was_cut():
    assert list(incoming(chunked(SERVER_SOFTWARE="gunicorn/26.2.0"))) == [b"hello"]


def test_a_chunked_body_is_taken_when_its_digest_is_right():
    assert list(incoming(chunked(SERVER_SOFTWARE="Granian", HTTP_CONTENT_DIGEST=DIGEST))) == [b"hello"]


def test_a_chunked_body_that_may_have_been_cut_is_refused():
    with pytest.raises(LengthRequired, match="Content-Length"):
        list(incoming(chunked(SERVER_SOFTWARE="Granian")))


def test_a_chunked_body_without_a_marked_end_is_refused():
    with pytest.raises(LengthRequired):
        incoming(environ(HTTP_TRANSFER_ENCODING="chunked"))


def test_a_wrong_digest_is_refused():
    with pytest.raises(IncompleteUpload, match="SHA-256"):
        list(incoming(environ(b"hallo", CONTENT_LENGTH="5", HTTP_CONTENT_DIGEST=DIGEST)))


@pytest.mark.parametrize("header", ["sha-256=:x:", "sha-256=:aGVsbG8=:"])
def test_a_digest_that_is_none_is_refused(header):
    with pytest.raises(InvalidInput):
        incoming(environ(CONTENT_LENGTH="5", HTTP_CONTENT_DIGEST=header))


def test_a_digest_of_another_kind_is_passed_over():
    assert list(incoming(environ(CONTENT_LENGTH="5", HTTP_CONTENT_DIGEST="md5=:x:"))) == [b"hello"]


@pytest.mark.parametrize("length", ["-1", "5.0", "5 ", "\u0665"])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(InvalidInput):
        incoming(environ(CONTENT_LENGTH=length))


def test_a_body_is_drained_to_its_end_before_a_refusal():
    source = environ(b"x" * 3 * CHUNK, CONTENT_LENGTH=str(3 * CHUNK))
    body = incoming(source)
    next(iter(body))

    body.drain()

    assert source["wsgi.input"].read() == b""


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-5", (2, 4)),
        ("bytes=2-", (2, 8)),
        ("bytes=2-99", (2, 8)),
        ("bytes=-3", (7, 3)),
        ("bytes=-99", (0, 10)),
        ("Bytes = 1 - 2", (1, 2)),
        ("", None),
        ("bytes=0-1,4-5", None),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
    ],
)
def test_one_range_is_read_and_anything_else_means_the_whole_file(header, meaning):
    assert parse_range(header, 10) == meaning


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=0-", 0), ("bytes=-0", 10)]
)
def test_a_range_behind_the_end_is_refused(header, size):
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(header, size)

    assert refused.value.size == size


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20))
def test_a_range_never_leaves_the_file(first, last, size):
    try:
        found = parse_range(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert first >= size
    else:
        start, length = found or (0, size)
        assert 0 <= start < start + length <= size


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("notes.txt", "text/plain"),
        ("MLmodel", "text/plain"),
        ("MLproject", "text/plain"),
        ("conda.YAML", "text/plain"),
        ("data.json", "text/plain"),
        ("train.py", "text/plain"),
        ("plot.png", "image/png"),
        ("model.pkl", "application/octet-stream"),
        ("model", "application/octet-stream"),
        ("page.html", "application/octet-stream"),
        ("drawing.svg", "application/octet-stream"),
        ("data.csv.gz", "application/octet-stream"),
    ],
)
def test_the_type_follows_from_the_name_and_no_browser_runs_it(name, kind):
    assert content_type(name) == kind


class Chunks(list[bytes]):
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.mark.django_db  # closing a response ends the request, and with it old connections
def test_a_file_goes_out_as_a_download():
    chunks = Chunks([b"hel", b"lo"])

    response = file_response(Outgoing("grün.txt", 5, '"abc"', 0, 5, chunks))

    assert response.status_code == 200
    assert dict(response.items()) == {
        "Content-Type": "text/plain",
        "Content-Length": "5",
        "Content-Disposition": "attachment; filename*=utf-8''gr%C3%BCn.txt",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": '"abc"',
    }
    assert b"".join(response) == b"hello"
    response.close()
    assert chunks.closed


def test_a_range_goes_out_as_a_part():
    response = file_response(Outgoing("a.bin", 10, "", 2, 3, Chunks([b"llo"])))

    assert response.status_code == 206
    assert response["Content-Range"] == "bytes 2-4/10"
    assert response["Content-Length"] == "3"
    assert "ETag" not in response
