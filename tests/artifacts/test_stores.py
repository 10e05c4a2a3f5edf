"""Every store keeps the same promises: the local folder, and S3 with and without versions."""

import os
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
import requests
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from artifacts.exceptions import IncompleteUpload, NotOffered
from artifacts.stores.base import Missing, Part, new_key
from artifacts.stores.local import LocalStore
from artifacts.stores.s3 import PART_SIZE, S3Store
from artifacts.streaming import CHUNK, Incoming
from audit.exceptions import InvalidInput, Unavailable

SIZES = [0, 1, CHUNK, CHUNK + 1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 2 * PART_SIZE + 5]


def incoming(data: bytes, **announced) -> Incoming:
    return Incoming(BytesIO(data).read, **{"length": len(data)} | announced)


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


#: A real S3 server to try as well; its credentials are in the environment, where boto3 looks.
GIVEN_SERVER = os.environ.get("STAGEKEEPER_TEST_S3_URL", "")
STORES = ["local", "moto", "moto with versions"]


@pytest.fixture(params=[*STORES, "given", "given with versions"] if GIVEN_SERVER else STORES)
def any_store(request, tmp_path):
    if request.param == "local":
        return LocalStore(tmp_path / "root")
    endpoint = GIVEN_SERVER if "given" in request.param else request.getfixturevalue("s3_endpoint")
    return s3_store(endpoint, versioned="versions" in request.param)


@pytest.fixture
def s3(s3_endpoint) -> S3Store:
    return s3_store(s3_endpoint)


def s3_store(endpoint: str, *, versioned: bool = False) -> S3Store:
    bucket = f"bucket-{uuid4().hex}"
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=bucket)
    if versioned:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.close()
    return S3Store(bucket, "some/prefix", endpoint_url=endpoint, public_url=endpoint)


def read(store, key, version, start=0, length=None):
    length = store.size(key, version) - start if length is None else length
    chunks = store.open(key, version, start, length)
    try:
        return b"".join(chunks)
    finally:
        chunks.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("announced", [True, False])
def test_bytes_come_back_as_they_were(any_store, size, announced):
    key, data = new_key(), pattern(size)

    version = any_store.put(key, incoming(data) if announced else incoming(data, length=None))

    assert read(any_store, key, version) == data
    assert any_store.size(key, version) == size


@pytest.mark.parametrize(("start", "length"), [(0, 1), (5, 10), (CHUNK - 1, 2), (0, 3 * CHUNK), (2, 0)])
def test_a_part_is_read_alone(any_store, start, length):
    key, data = new_key(), pattern(3 * CHUNK)
    version = any_store.put(key, incoming(data))

    assert read(any_store, key, version, start, length) == data[start : start + length]


@pytest.mark.parametrize("size", [10, PART_SIZE + 10, 2 * PART_SIZE])
def test_nothing_is_left_of_a_body_that_ends_early(any_store, size):
    key = new_key()

    with pytest.raises(IncompleteUpload):
        any_store.put(key, incoming(pattern(size), length=size + 1))

    with pytest.raises(Missing):
        any_store.size(key, "")
    assert list(any_store.objects()) == []


def test_deleted_bytes_are_gone_and_deleting_them_again_is_harmless(any_store):
    key, other = new_key(), new_key()
    version = any_store.put(key, incoming(b"x"))
    any_store.put(other, incoming(b"y"))

    any_store.delete(key, version)
    any_store.delete(key, version)

    with pytest.raises(Missing):
        any_store.size(key, version)
    with pytest.raises(Missing):
        any_store.open(key, version, 0, 1)
    assert [found.key for found in any_store.objects()] == [other]


def test_an_upload_that_never_ended_is_discarded(any_store):
    key = new_key()
    any_store.put(key, incoming(b"x"))
    if any_store.direct:
        any_store.start_parts(key, 2)

    any_store.discard(key)
    any_store.discard(key)

    assert list(any_store.objects()) == []
    if any_store.direct:
        client = any_store._client
        assert "Uploads" not in client.list_multipart_uploads(Bucket=any_store._bucket)
        assert "Versions" not in client.list_object_versions(Bucket=any_store._bucket)


def test_everything_stored_is_listed_by_key(any_store):
    keys = [new_key() for _ in range(20)]
    for key in keys:
        any_store.put(key, incoming(b"12345"))

    listed = list(any_store.objects())

    assert [found.key for found in listed] == sorted(keys)
    assert {found.size for found in listed} == {5}
    assert all(found.modified.tzinfo for found in listed)


@pytest.mark.parametrize(
    "key", ["../x", "/etc/passwd", "a/b", "", "ab/../../etc/passwd", "ab/" + "c" * 32, "model.pkl"]
)
def test_only_keys_of_our_own_making_are_opened(any_store, key):
    for use in (any_store.size, any_store.delete, lambda key, version: any_store.open(key, version, 0, 1)):
        with pytest.raises(ValueError, match="storage key"):
            use(key, "")


# --- S3 alone ---------------------------------------------------------------------------------------------------------


def send(url: str, data: bytes) -> str:
    answer = requests.put(url, data=data, timeout=30)
    answer.raise_for_status()
    return answer.headers["ETag"]


def test_a_client_sends_parts_to_the_store_itself(s3):
    key, data = new_key(), pattern(PART_SIZE + 100)

    upload_id, urls = s3.start_parts(key, 2)
    parts = [Part(1, send(urls[0], data[:PART_SIZE])), Part(2, send(urls[1], data[PART_SIZE:]))]
    version = s3.join_parts(key, upload_id, parts)
    again = s3.join_parts(key, upload_id, parts)

    assert read(s3, key, version) == data
    assert again == version


def test_parts_that_were_never_sent_make_no_file(s3):
    key = new_key()
    upload_id, urls = s3.start_parts(key, 2)
    etag = send(urls[0], b"x" * PART_SIZE)

    with pytest.raises(InvalidInput):
        s3.join_parts(key, upload_id, [Part(1, etag), Part(2, '"nothing"')])


def test_an_upload_in_parts_is_given_up(s3):
    key = new_key()
    upload_id, _ = s3.start_parts(key, 1)

    s3.drop_parts(key, upload_id)
    s3.drop_parts(key, upload_id)

    # Joining it now would be answered NoSuchUpload; moto answers 500.
    assert "Uploads" not in s3._client.list_multipart_uploads(Bucket=s3._bucket)


def test_a_client_reads_from_the_store_itself(s3):
    key = new_key()
    version = s3.put(key, incoming(b"content"))

    answer = requests.get(s3.download_url(key, version, filename="ü.html"), timeout=30)

    assert answer.content == b"content"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%BC.html"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_store_without_a_public_address_keeps_clients_away():
    hidden = S3Store("bucket", "", endpoint_url="http://127.0.0.1:9")

    assert not hidden.direct
    with pytest.raises(NotOffered, match="Multipart download is not supported"):
        hidden.download_url(new_key(), "", filename="x")
    with pytest.raises(NotOffered, match="Multipart upload is not supported"):
        hidden.start_parts(new_key(), 1)


def test_amazon_is_open_to_everybody():
    assert S3Store("bucket", "").direct


def answering(store: S3Store, status: int, code: str) -> list[str]:
    """Let the store answer every call with an error; returns the list in which the calls are noted."""
    calls: list[str] = []

    def answer(request, **_):
        calls.append(request.method)
        body = f"<Error><Code>{code}</Code><Message>{request.headers['Authorization']}</Message></Error>"
        return AWSResponse(request.url, status, HTTPHeaders(), BytesRaw(body.encode()))

    store._client.meta.events.register("before-send.s3", answer)
    return calls


class BytesRaw(BytesIO):
    def stream(self, *_, **__):
        yield self.read()


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (403, "AccessDenied")])
def test_a_store_that_refuses_makes_a_refusal_without_secrets(s3, status, code, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    calls = answering(s3, status, code)
    uses = (
        lambda: s3.put(new_key(), incoming(b"x")),
        lambda: s3.open(new_key(), "", 0, 1),
        lambda: s3.delete(new_key(), ""),
        lambda: s3.discard(new_key()),
        lambda: list(s3.objects()),
        lambda: s3.start_parts(new_key(), 1),
    )

    for use in uses:
        with pytest.raises(Unavailable) as refused:
            use()
        assert str(refused.value) == f"The artifact store refused ({code}). Try again in a minute."

    assert len(calls) <= 3 * len(uses), "it is not asked for ever"


def test_a_store_that_is_not_there_makes_a_refusal(s3_endpoint, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    gone = S3Store("bucket", "", endpoint_url="http://127.0.0.1:9")

    with pytest.raises(Unavailable, match="does not answer"):
        gone.put(new_key(), incoming(b"x"))


def test_a_store_that_passes_over_a_range_is_not_believed(s3):
    key = new_key()
    s3.put(key, incoming(b"0123456789"))

    def forget_range(params, **_):
        del params["headers"]["Range"]

    s3._client.meta.events.register("before-call.s3.GetObject", forget_range)

    with pytest.raises(Unavailable, match="what it was asked for"):
        s3.open(key, "", 2, 3)


# --- The local folder alone -------------------------------------------------------------------------------------------


def test_only_the_server_may_look_into_the_folder(tmp_path):
    store = LocalStore(tmp_path / "root")
    key = new_key()

    store.put(key, incoming(b"x"))

    modes = {path.stat().st_mode & 0o777 for path in [tmp_path / "root", *(tmp_path / "root").rglob("*")]}
    assert modes == {0o700, 0o600}
    assert (tmp_path / "root" / key).stat().st_mode & 0o777 == 0o600


def test_a_local_folder_offers_no_addresses(tmp_path):
    store = LocalStore(tmp_path)

    assert not store.direct
    for offered in (
        lambda: store.download_url(new_key(), "", filename="x"),
        lambda: store.start_parts(new_key(), 1),
        lambda: store.join_parts(new_key(), "", []),
        lambda: store.drop_parts(new_key(), ""),
    ):
        with pytest.raises(NotOffered):
            offered()


def test_closing_a_download_early_closes_the_file(tmp_path):
    store = LocalStore(tmp_path)
    key = new_key()
    store.put(key, incoming(b"x" * 3 * CHUNK))
    before = open_files()

    chunks = store.open(key, "", 0, 3 * CHUNK)
    next(iter(chunks))
    chunks.close()
    chunks.close()

    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
