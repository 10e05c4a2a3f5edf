"""Uploads whose parts the client sends to the store itself, and downloads from it."""

import hashlib
from uuid import uuid4

import boto3
import pytest
import requests

from artifacts.exceptions import Frozen, NotHashedYet, NotOffered, UploadLost
from artifacts.models import ArtifactFile, Upload
from artifacts.operations import (
    SpaceOwner,
    abort_multipart,
    complete_multipart,
    freeze,
    hash_waiting,
    space_of,
    start_multipart,
)
from artifacts.queries import content_digest, download_url
from artifacts.stores.base import Part
from artifacts.stores.s3 import PART_SIZE
from audit.exceptions import Hidden, InvalidInput, PermissionDenied
from audit.models import AuditEvent
from audit.operation import operation, require
from tests.artifacts.conftest import read_all

DATA = bytes(range(250)) * 40_000


@pytest.fixture(autouse=True)
def bucket(settings, s3_endpoint) -> str:
    """Artifacts go to a bucket of their own."""
    name = f"bucket-{uuid4().hex}"
    client = boto3.client("s3", endpoint_url=s3_endpoint)
    client.create_bucket(Bucket=name)
    client.close()
    settings.ARTIFACT_ROOT = f"s3://{name}/artifacts"
    settings.ARTIFACT_S3_ENDPOINT_URL = settings.ARTIFACT_S3_PUBLIC_URL = s3_endpoint
    return name


def send(url: str, data: bytes) -> str:
    answer = requests.put(url, data=data, timeout=30)
    answer.raise_for_status()
    return answer.headers["ETag"]


@pytest.fixture
def upload(contributor, space):
    """An upload of which every part was sent."""
    upload = start_multipart(contributor, space, "model/big.bin", 2)
    halves = DATA[:PART_SIZE], DATA[PART_SIZE:]
    parts = [Part(number, send(upload.urls[number - 1], half)) for number, half in enumerate(halves, start=1)]
    return upload.upload_id, parts


def test_parts_become_a_file_that_is_hashed_afterwards(contributor, space, upload):
    file = complete_multipart(contributor, space, "model/big.bin", *upload)

    assert (file.size, file.sha256) == (len(DATA), "")
    assert read_all(contributor, space, "model/big.bin") == DATA
    with pytest.raises(NotHashedYet):
        content_digest(space)
    assert hash_waiting() == 1
    file.refresh_from_db()
    assert file.sha256 == hashlib.sha256(DATA).hexdigest()
    assert hash_waiting() == 0
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[-2:]
    assert actions == ["artifact_space.artifact_stored", "artifact_space.artifact_hashed"]


def test_completing_again_gives_the_same_file(contributor, space, upload):
    first = complete_multipart(contributor, space, "model/big.bin", *upload)
    again = complete_multipart(contributor, space, "model/big.bin", *upload)

    assert first == again
    assert ArtifactFile.objects.count() == 1


def test_completing_goes_on_after_a_crash_behind_the_store(contributor, space, upload, monkeypatch):
    def crash(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("artifacts.operations.multipart.finish_upload", crash)
        with pytest.raises(RuntimeError):
            complete_multipart(contributor, space, "model/big.bin", *upload)
    assert not ArtifactFile.objects.exists()

    assert complete_multipart(contributor, space, "model/big.bin", *upload).size == len(DATA)


def test_a_part_that_is_left_out_is_missed(contributor, space, upload):
    upload_id, parts = upload

    for named in (parts[:1], parts[1:], parts[::-1], []):
        with pytest.raises(InvalidInput, match="all 2 parts"):
            complete_multipart(contributor, space, "model/big.bin", upload_id, named)


def test_an_upload_belongs_to_its_path(contributor, space, owner, upload):
    values = {**{name: getattr(owner, name) for name in owner.__slots__}, "uid": "f" * 32, "root": "7/other"}
    other = space_of(contributor, SpaceOwner(**values))

    for where, path in ((space, "model/other.bin"), (other, "model/big.bin")):
        with pytest.raises(UploadLost):
            complete_multipart(contributor, where, path, *upload)


def test_those_who_may_not_write_touch_no_upload(viewer, outsider, space, upload):
    upload_id, parts = upload

    for actor, refusal in ((viewer, PermissionDenied), (outsider, Hidden)):
        with pytest.raises(refusal):
            start_multipart(actor, space, "model/big.bin", 1)
        with pytest.raises(refusal):
            complete_multipart(actor, space, "model/big.bin", upload_id, parts)
        with pytest.raises(refusal):
            abort_multipart(actor, space, "model/big.bin", upload_id)


def test_an_upload_is_given_up(contributor, space, upload):
    upload_id, _ = upload

    abort_multipart(contributor, space, "model/big.bin", upload_id)
    abort_multipart(contributor, space, "model/big.bin", upload_id)
    abort_multipart(contributor, space, "model/big.bin", "unknown")

    assert not ArtifactFile.objects.exists()


def test_a_finished_upload_cannot_be_given_up(contributor, space, upload):
    upload_id, parts = upload
    complete_multipart(contributor, space, "model/big.bin", upload_id, parts)

    abort_multipart(contributor, space, "model/big.bin", upload_id)

    assert read_all(contributor, space, "model/big.bin") == DATA


@operation
def _freeze(actor, space, path):
    require("write", space)
    freeze(space, path, reason="fraud/7 is in Production")


def test_a_folder_frozen_meanwhile_stays_as_it_is(contributor, space, upload):
    _freeze(contributor, space, "model")

    with pytest.raises(Frozen):
        complete_multipart(contributor, space, "model/big.bin", *upload)

    assert not ArtifactFile.objects.exists()


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_number_of_parts_beyond_what_a_store_takes_is_refused(contributor, space, count):
    with pytest.raises(InvalidInput):
        start_multipart(contributor, space, "a.bin", count)


def test_a_store_without_a_public_address_sends_clients_through_the_server(contributor, space, settings):
    settings.ARTIFACT_S3_PUBLIC_URL = None

    with pytest.raises(NotOffered, match="Multipart upload is not supported"):
        start_multipart(contributor, space, "a.bin", 1)

    assert not Upload.objects.exists()


def test_a_download_address_gives_the_bytes_to_those_who_may(contributor, viewer, space, store):
    store("a.txt")

    url, size = download_url(contributor, space, "a.txt")

    assert requests.get(url, timeout=30).content == b"a.txt"
    assert size == 5
    with pytest.raises(PermissionDenied):
        download_url(viewer, space, "a.txt")
