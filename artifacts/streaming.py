"""Bytes on their way in and out of the server, in constant memory.

A body that ends early must never pass for a whole one. WSGI servers do not agree on how they tell: a body with a
length is simply short, and some servers (granian) end a chunked body that was cut off exactly like a complete one.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Any, Protocol

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from artifacts.exceptions import IncompleteUpload, LengthRequired, RangeNotSatisfiable
from audit.exceptions import InvalidInput

#: How much is read, hashed or written at once.
CHUNK = 1 << 20

#: Servers that raise an error when a chunked body is cut off.
_TELL_WHEN_CUT = ("gunicorn",)

# fmt: off
_TEXT_NAMES = frozenset([
    "cf", "cfg", "cnf", "conf", "csv", "err", "hocon", "ini", "ipynb", "js", "json", "log", "md", "mlmodel",
    "mlproject", "prop", "properties", "py", "py3", "rst", "toml", "tsv", "txt", "xml", "yaml", "yml",
])
# fmt: on
# Python's own table: that of the machine would make answers differ from place to place.
_TYPES = MimeTypes()
# A browser may run these; a download needs no more than their bytes.
_ACTIVE_TYPES = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/javascript"})


class Chunks(Protocol):
    """Bytes on their way out; whoever iterates closes them, also when stopping early."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class Incoming:
    """A body on its way in: can be read once, and is counted and hashed on the way.

    Iterating raises `IncompleteUpload` at the end when the bytes are not those that were announced. ``size`` and
    ``sha256`` are right once the iteration has ended.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        *,
        length: int | None = None,
        sha256: str = "",
        cut_is_told: bool = True,
    ) -> None:
        self._read = read
        self._announced = sha256
        self._cut_is_told = cut_is_told
        self._hash = hashlib.sha256()
        self.length = length
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._next():
            self.size += len(chunk)
            self._hash.update(chunk)
            yield chunk
        self._check()

    def drain(self) -> None:
        """Read what is left and forget it, before a refusal.

        A client that is still sending would see a broken connection instead of the reason.
        """
        try:
            while chunk := self._next():
                self.size += len(chunk)
        except IncompleteUpload:
            return

    def _next(self) -> bytes:
        wanted = CHUNK if self.length is None else min(CHUNK, self.length - self.size)
        try:
            return self._read(wanted) if wanted else b""
        except OSError as error:
            raise IncompleteUpload("The upload was cut off. Send it again.") from error

    def _check(self) -> None:
        if self.length is not None and self.size != self.length:
            raise IncompleteUpload(f"The upload was cut off after {self.size} of {self.length} bytes. Send it again.")
        if self._announced and self.sha256 != self._announced:
            raise IncompleteUpload("The bytes that arrived do not have the announced SHA-256 digest. Send them again.")
        if self.length is None and self.size and not (self._announced or self._cut_is_told):
            raise LengthRequired(
                "Send Content-Length, or a Content-Digest with sha-256: without either, an upload that was cut off "
                "would look complete."
            )


def incoming(environ: Mapping[str, Any]) -> Incoming:
    """The body of a WSGI request. Raises `LengthRequired` when nothing says where it ends.

    Django's request is passed by, for it takes a chunked body for an empty one.
    """
    read = environ["wsgi.input"].read
    digest = _content_digest(environ.get("HTTP_CONTENT_DIGEST", ""))
    length = environ.get("CONTENT_LENGTH") or ""
    if length:
        if not (length.isascii() and length.isdigit()):
            raise InvalidInput("Content-Length must be a whole number.")
        return Incoming(read, length=int(length), sha256=digest)
    if not environ.get("HTTP_TRANSFER_ENCODING"):
        return Incoming(read, length=0, sha256=digest)
    if not environ.get("wsgi.input_terminated"):
        raise LengthRequired("This server needs a Content-Length.")
    told = environ.get("SERVER_SOFTWARE", "").startswith(_TELL_WHEN_CUT)
    return Incoming(read, sha256=digest, cut_is_told=told)


def _content_digest(header: str) -> str:
    """The SHA-256 (hex) that a Content-Digest header (RFC 9530) announces; empty when it announces none."""
    found = re.search(r"(?:^|[,\s])sha-256=:([A-Za-z0-9+/=]*):", header)
    if not found:
        return ""
    try:
        digest = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise InvalidInput("Content-Digest holds a sha-256 that is not one.")
    return digest.hex()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file, or one range of it, on its way out."""

    name: str
    size: int
    etag: str
    start: int
    length: int
    chunks: Chunks

    @property
    def is_partial(self) -> bool:
        return self.length != self.size


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """The start and length that a Range header asks for; None when it asks for everything, or for several parts.

    Raises `RangeNotSatisfiable`.
    """
    found = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", header, re.ASCII | re.IGNORECASE)
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= size:
        raise RangeNotSatisfiable(f"The file has {size} bytes; there is nothing at {header.strip()}.", size=size)
    return start, stop - start


def file_response(file: Outgoing) -> StreamingHttpResponse:
    """Send ``file`` as a download that no browser will run."""
    response = StreamingHttpResponse(file.chunks, content_type=content_type(file.name))
    response["Content-Length"] = str(file.length)
    response["Content-Disposition"] = content_disposition(file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Accept-Ranges"] = "bytes"
    if file.etag:
        response["ETag"] = file.etag
    if file.is_partial:
        response.status_code = 206
        response["Content-Range"] = f"bytes {file.start}-{file.start + file.length - 1}/{file.size}"
    return response


def content_type(name: str) -> str:
    """The type of a file by its name alone."""
    path = PurePosixPath(name.lower())
    if (path.suffix.removeprefix(".") or path.name) in _TEXT_NAMES:
        return "text/plain"
    guessed, encoding = _TYPES.guess_type(name)
    if guessed is None or encoding or guessed in _ACTIVE_TYPES:
        return "application/octet-stream"
    return guessed


def content_disposition(name: str) -> str:
    """The header that makes a browser save a file under its own name."""
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
