"""The one place that sends something to an address which a user named.

A name is resolved once, each of its addresses is checked, and the connection goes to a checked address and to no other,
so that a name server which changes its mind achieves nothing. Redirects are not followed, proxies of the environment
are not used, and neither a slow nor a talkative receiver gets more than its share.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from threading import Thread
from typing import Any

from django.conf import settings

from notifications.addresses import Target, check_address, read_target
from notifications.exceptions import UnsafeAddress

#: Seconds for everything: finding the address, connecting, sending, and the answer.
TIME_LIMIT = 5.0
#: Bytes that are read of an answer, with its headers.
ANSWER_LIMIT = 64 * 1024
_MOST_ADDRESSES = 4

#: An address family and what `socket.connect` wants for it.
Place = tuple[socket.AddressFamily, Any]


class NoAnswer(Exception):
    """The receiver could not be reached or did not answer; the message is a sentence. Worth another try."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said. Its body is nobody's business: it may be a page of the receiver's own network."""

    status: int
    retry_after: str


class Deadline:
    """When it is over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds to go. Raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send ``body`` to ``url``. Raises UnsafeAddress when it may not be sent there, and NoAnswer."""
    target = read_target(url, allow_private=settings.ALLOW_PRIVATE_WEBHOOKS)
    deadline = Deadline(TIME_LIMIT)
    try:
        with closing(_connect(target, deadline)) as connection:
            return _exchange(target, connection, deadline, body, headers)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(_sentence(target.host, error)) from error


def check_url(url: str) -> None:
    """Raises UnsafeAddress when nothing could be sent to ``url`` now, also because its host is unknown."""
    target = read_target(url, allow_private=settings.ALLOW_PRIVATE_WEBHOOKS)
    try:
        _resolve(target, Deadline(TIME_LIMIT))
    except OSError as error:
        raise UnsafeAddress(f"{_sentence(target.host, error)} Check the URL.") from error


def _resolve(target: Target, deadline: Deadline) -> list[Place]:
    """Every address of the host. Raises UnsafeAddress when a single one of them is closed."""
    places: list[Place] = []
    for family, _, _, _, place in _look_up(target, deadline):
        _check(target, place[0])
        places.append((family, place))
    return places


def _check(target: Target, address: str) -> None:
    check_address(ip_address(address), target.host, allow_private=settings.ALLOW_PRIVATE_WEBHOOKS)


def _look_up(target: Target, deadline: Deadline) -> list[tuple[Any, ...]]:
    """Ask the name server. The system's own call knows no time limit, so it is left behind when it takes too long."""
    found: Future[list[tuple[Any, ...]]] = Future()

    def ask() -> None:
        try:
            found.set_result(list(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)))
        except OSError as error:
            found.set_exception(error)

    Thread(target=ask, daemon=True, name="webhook-resolver").start()
    return found.result(deadline.left())


def _connect(target: Target, deadline: Deadline) -> socket.socket:
    """A connection whose other end is a checked address, and by its certificate the named host."""
    plain = _dial_any(_resolve(target, deadline)[:_MOST_ADDRESSES], deadline)
    try:
        _check(target, plain.getpeername()[0])
        if not target.is_tls:
            return plain
        plain.settimeout(deadline.left())
        return _tls().wrap_socket(plain, server_hostname=target.host.rstrip("."))
    except BaseException:
        plain.close()
        raise


def _dial_any(places: list[Place], deadline: Deadline) -> socket.socket:
    """Connect to the first place that answers, giving each its share of the time."""
    failure: OSError = socket.gaierror("no address")
    for tried, (family, place) in enumerate(places):
        try:
            return _dial(family, place, deadline.left() / (len(places) - tried))
        except OSError as error:
            failure = error
    raise failure


def _dial(family: socket.AddressFamily, place: Any, timeout: float) -> socket.socket:
    dialled = socket.socket(family, socket.SOCK_STREAM)
    try:
        dialled.settimeout(timeout)
        dialled.connect(place)
    except BaseException:
        dialled.close()
        raise
    return dialled


@cache
def _tls() -> ssl.SSLContext:
    # The system's authorities: an own one is added there, or named by SSL_CERT_FILE.
    return ssl.create_default_context()


def _exchange(
    target: Target, connection: socket.socket, deadline: Deadline, body: bytes, headers: Mapping[str, str]
) -> Answer:
    client = http.client.HTTPConnection(target.host, target.port)
    client.sock = _BoundedSocket(connection, deadline)
    # A receiver may refuse before it has read everything; then its answer is there although sending broke off.
    with suppress(BrokenPipeError, ConnectionResetError):
        client.request("POST", target.path, body, {"Host": target.host_header, "Connection": "close", **headers})
    response = client.getresponse()
    answer = Answer(response.status, response.getheader("Retry-After", ""))
    # Reading the rest spares the receiver a broken connection; what it says no longer matters.
    with suppress(OSError, http.client.HTTPException):
        response.read(ANSWER_LIMIT)
    response.close()
    return answer


class _BoundedSocket:
    """A socket as `http.client` uses it, on which nothing outlasts the deadline: a socket's own limit is per call."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(self._deadline.left())
            rest = rest[self._connection.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._connection, self._deadline))

    def close(self) -> None:
        """Do nothing: `http.client` closes before the answer is read, `post` closes afterwards."""


class _BoundedReader(io.RawIOBase):
    """The answer, which ends at its limit if not before."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._room = ANSWER_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._room)
        if wanted == 0:
            return 0
        self._connection.settimeout(self._deadline.left())
        count = self._connection.recv_into(buffer, wanted)
        self._room -= count
        return count


def _sentence(host: str, error: Exception) -> str:
    """What went wrong, for the person who reads the delivery log."""
    if isinstance(error, socket.gaierror):
        return f"The name {host} cannot be resolved."
    if isinstance(error, TimeoutError):
        return f"{host} did not answer within {TIME_LIMIT:g} seconds."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"No secure connection to {host} could be made: {error.reason or 'TLS failed'}."
    if isinstance(error, ConnectionRefusedError):
        return f"{host} refused the connection."
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return f"{host} did not answer in HTTP."
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "the connection broke off"
    return f"{host} could not be reached: {reason}."
