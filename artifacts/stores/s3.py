"""Keeps bytes in a bucket of S3 or of a store that speaks like it."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.response import StreamingBody

from artifacts.exceptions import not_offered
from artifacts.stores.base import Missing, Part, StoredObject, checked
from artifacts.streaming import CHUNK, Chunks, Incoming, content_disposition, content_type
from audit.exceptions import InvalidInput, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

#: The size of a part of a multipart upload; also what one upload keeps in memory.
PART_SIZE = 8 << 20
#: S3 takes no more parts than this.
MOST_PARTS = 10_000

DOWNLOAD_SECONDS = 15 * 60
UPLOAD_SECONDS = 6 * 60 * 60

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NotFound"})
_BAD_PARTS = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML", "InvalidRequest"})

# One call takes at most a minute: three attempts of five seconds to connect and fifteen to wait.
_CONFIG = Config(
    # Not "adaptive": that makes calls queue behind each other without a limit once a store has said SlowDown.
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=15,
    max_pool_connections=32,
    tcp_keepalive=True,
    signature_version="s3v4",
    # The signature covers every byte sent; checksums of the newer kind are unknown to many S3-compatible stores.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"payload_signing_enabled": True},
)


class S3Store:
    """A store below ``prefix`` in ``bucket``. Credentials come from where boto3 finds them."""

    def __init__(
        self, bucket: str, prefix: str, *, endpoint_url: str | None = None, public_url: str | None = None
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._endpoint_url = endpoint_url
        self._public_url = public_url

    @property
    def direct(self) -> bool:
        """Everybody reaches Amazon; where another store can be reached from, only the operator knows."""
        return bool(self._public_url) or not self._endpoint_url

    def put(self, key: str, body: Incoming) -> str:
        size = _part_size(body.length)
        parts = _gathered(body, size)
        first = next(parts)
        with _faults():
            if len(first) < size:
                answer = self._client.put_object(Bucket=self._bucket, Key=self._name(key), Body=_body(first))
                return _version(answer)
            all_parts = chain([first], parts)
            del first  # So that it does not stay in memory until the last part is sent.
            return self._put_parts(key, all_parts)

    def open(self, key: str, version: str, start: int, length: int) -> Chunks:
        if not length:
            return S3Chunks(None)
        span = f"bytes={start}-{start + length - 1}"
        with _faults(key):
            answer = self._client.get_object(**self._object(key, version), Range=span)
        if answer["ContentLength"] != length:
            # Some stores pass over a range; what they send instead must not go out under its name.
            answer["Body"].close()
            raise Unavailable("The artifact store did not send what it was asked for. Tell an administrator.")
        return S3Chunks(answer["Body"])

    def size(self, key: str, version: str) -> int:
        with _faults(key):
            return self._client.head_object(**self._object(key, version))["ContentLength"]

    def delete(self, key: str, version: str) -> None:
        with _faults():
            self._client.delete_object(**self._object(key, version))

    def discard(self, key: str) -> None:
        name = self._name(key)
        with _faults():
            uploads = self._client.list_multipart_uploads(Bucket=self._bucket, Prefix=name)
            for upload in uploads.get("Uploads", []):
                self._abort(name, upload["UploadId"])
            listed = self._client.list_object_versions(Bucket=self._bucket, Prefix=name)
            for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
                self._client.delete_object(Bucket=self._bucket, Key=name, VersionId=version["VersionId"])

    def objects(self) -> Iterator[StoredObject]:
        with _faults():
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            ):
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    yield StoredObject(key, found["Size"], found["LastModified"])

    def download_url(self, key: str, version: str, *, filename: str) -> str:
        self._must_be_direct("Multipart download")
        headers = {
            "ResponseContentDisposition": content_disposition(filename),
            "ResponseContentType": content_type(filename),
        }
        return self._signer.generate_presigned_url(
            "get_object", Params=self._object(key, version) | headers, ExpiresIn=DOWNLOAD_SECONDS
        )

    def start_parts(self, key: str, count: int) -> tuple[str, list[str]]:
        self._must_be_direct("Multipart upload")
        name = self._name(key)
        with _faults():
            upload_id = self._client.create_multipart_upload(Bucket=self._bucket, Key=name)["UploadId"]
        place = {"Bucket": self._bucket, "Key": name, "UploadId": upload_id}
        return upload_id, [
            self._signer.generate_presigned_url(
                "upload_part", Params=place | {"PartNumber": number}, ExpiresIn=UPLOAD_SECONDS
            )
            for number in range(1, count + 1)
        ]

    def join_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> str:
        name = self._name(key)
        joined: Any = {"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]}
        with _faults(key):
            try:
                answer = self._client.complete_multipart_upload(
                    Bucket=self._bucket, Key=name, UploadId=upload_id, MultipartUpload=joined
                )
            except ClientError as error:
                if _code(error) in _BAD_PARTS:
                    raise InvalidInput(f"The parts do not make a file: {_code(error)}.") from error
                if _code(error) != "NoSuchUpload":
                    raise
                # The answer to an earlier call was lost; the key belongs to this upload alone.
                return _version(self._client.head_object(Bucket=self._bucket, Key=name))
        return _version(answer)

    def drop_parts(self, key: str, upload_id: str) -> None:
        with _faults():
            self._abort(self._name(key), upload_id)

    @cached_property
    def _client(self) -> "S3Client":
        return _client(self._endpoint_url)

    @cached_property
    def _signer(self) -> "S3Client":
        return _client(self._public_url or self._endpoint_url)

    def _must_be_direct(self, what: str) -> None:
        if not self.direct:
            raise not_offered(what)

    def _put_parts(self, key: str, parts: Iterator[bytearray]) -> str:
        name = self._name(key)
        upload_id = self._client.create_multipart_upload(Bucket=self._bucket, Key=name)["UploadId"]
        try:
            sent: Any = {"Parts": [self._put_part(name, upload_id, *part) for part in enumerate(parts, start=1)]}
            answer = self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=name, UploadId=upload_id, MultipartUpload=sent
            )
        except BaseException:
            with suppress(BotoCoreError, ClientError):
                self._abort(name, upload_id)
            raise
        return _version(answer)

    def _put_part(self, name: str, upload_id: str, number: int, part: bytearray) -> dict[str, Any]:
        if number > MOST_PARTS:
            raise InvalidInput(f"A body without Content-Length has at most {MOST_PARTS * PART_SIZE >> 30} GiB.")
        answer = self._client.upload_part(
            Bucket=self._bucket, Key=name, UploadId=upload_id, PartNumber=number, Body=_body(part)
        )
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _abort(self, name: str, upload_id: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=name, UploadId=upload_id)
        except ClientError as error:
            if _code(error) not in _ABSENT:
                raise

    def _name(self, key: str) -> str:
        return self._prefix + checked(key)

    def _object(self, key: str, version: str) -> Any:
        place = {"Bucket": self._bucket, "Key": self._name(key)}
        return place | {"VersionId": version} if version else place


class S3Chunks:
    """The body of an answer, read chunk by chunk."""

    def __init__(self, body: StreamingBody | None) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._body.iter_chunks(CHUNK) if self._body else iter(())

    def close(self) -> None:
        if self._body:
            self._body.close()


def _client(endpoint_url: str | None) -> "S3Client":
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    # A session of its own, because boto3's default session must not be shared by threads that make clients.
    session = boto3.session.Session(region_name=region or ("us-east-1" if endpoint_url else None))
    if not endpoint_url:
        return session.client("s3", config=_CONFIG)
    # Few stores but Amazon's have a host name for each bucket.
    style = Config(s3={"payload_signing_enabled": True, "addressing_style": "path"})
    return session.client("s3", endpoint_url=endpoint_url, config=_CONFIG.merge(style))


def _part_size(length: int | None) -> int:
    """A size that gives at most as many parts as S3 takes."""
    return max(PART_SIZE, -(-(length or 0) // MOST_PARTS))


def _gathered(body: Incoming, size: int) -> Iterator[bytearray]:
    """The body in parts of at least ``size``; only the last one is smaller. There is always one."""
    part = bytearray()
    for chunk in body:
        part += chunk
        if len(part) >= size:
            yield part
            part = bytearray()
    if part or not body.size:
        yield part


def _body(part: bytearray) -> Any:
    # botocore takes a bytearray as it is; only its type hints do not know.
    return part


def _version(answer: Mapping[str, Any]) -> str:
    """The version of an object; empty in a bucket without versions, for which some stores say "null"."""
    version = str(answer.get("VersionId", ""))
    return "" if version == "null" else version


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _faults(key: str = "") -> Iterator[None]:
    """Turn what goes wrong into a refusal, or into `Missing` when a ``key`` is asked for."""
    try:
        yield
    except ClientError as error:
        if key and _code(error) in _ABSENT:
            raise Missing(key) from error
        log.warning("the artifact store answered %s to %s", _code(error), error.operation_name)
        raise Unavailable(f"The artifact store refused ({_code(error)}). Try again in a minute.") from error
    except (BotoCoreError, HTTPClientError) as error:
        log.warning("the artifact store does not answer: %s", type(error).__name__)
        raise Unavailable("The artifact store does not answer. Try again in a minute.") from error
