"""Drives a server with clients that keep their connections: each sends its next request when it has its answer.

One process and one selector serve all clients, so that the load costs little beside what is measured.
"""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

_CHUNK = 1 << 18
_PATIENCE_SECONDS = 300
_KEPT_OF_REFUSAL = 400


class Refused(Exception):
    """The server answered with an error, or not at all. What fails is never counted as work done."""


@dataclass(frozen=True)
class Request:
    """What goes over the wire."""

    head: bytes
    body: bytes | memoryview = b""


@dataclass
class Address:
    """Where a server listens, and how its clients sign in."""

    host: str
    port: int
    token: str = ""

    def get(self, path: str, **query: Any) -> Request:
        """A request that reads."""
        return self.request("GET", f"{path}?{urlencode(query, doseq=True)}" if query else path)

    def post(self, path: str, fields: dict[str, Any]) -> Request:
        """A request with a JSON body."""
        return self.request("POST", path, orjson.dumps(fields), "application/json")

    def request(
        self, method: str, path: str, body: bytes | memoryview = b"", kind: str = "application/octet-stream"
    ) -> Request:
        """Any request."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Accept: */*"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if method != "GET":
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        return Request("\r\n".join([*lines, "", ""]).encode(), body)

    def ask(self, request: Request) -> Any:
        """Send one request and return its decoded answer. Raises `Refused`."""
        client = Client(self, keep=True)
        try:
            client.send(request)
            while not client.receive():
                pass
            return orjson.loads(client.body) if client.body else None
        finally:
            client.close()


class Client:
    """One connection and the answer that is under way on it."""

    def __init__(self, address: Address, *, keep: bool = False) -> None:
        self._address = address
        self._keep = keep
        self.socket = self._connect()
        self._reset()

    def send(self, request: Request) -> None:
        """Send a request. The server may have closed a connection that rested."""
        self._reset()
        self._sent_at = time.perf_counter()
        if len(request.body) < _CHUNK:
            self.socket.sendall(request.head + request.body)
        else:
            self.socket.sendall(request.head)
            self.socket.sendall(request.body)

    def receive(self) -> float:
        """Read what has come; once the answer is complete, return how long it took. Raises `Refused`."""
        some = self.socket.recv(_CHUNK)
        if not some:
            raise Refused("The connection was closed before the answer was complete.")
        if self._left is None:
            self._head += some
            at = self._head.find(b"\r\n\r\n")
            if at < 0:
                return 0.0
            some = bytes(self._head[at + 4 :])
            self._read_head(bytes(self._head[:at]))
        return self._take(some)

    def close(self) -> None:
        self.socket.close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((self._address.host, self._address.port), timeout=_PATIENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _reset(self) -> None:
        self.body = bytearray()
        self._head = bytearray()
        self._left: int | None = None
        self._chunked = False
        self._end = b""

    def _read_head(self, head: bytes) -> None:
        lines = head.lower().split(b"\r\n")
        self._status = int(lines[0].split()[1])
        headers = dict(line.partition(b":")[::2] for line in lines[1:])
        self._chunked = b"chunked" in headers.get(b"transfer-encoding", b"")
        self._left = int(headers.get(b"content-length", b"0"))

    def _take(self, some: bytes) -> float:
        if self._keep or (self._status >= 300 and len(self.body) < _KEPT_OF_REFUSAL):
            self.body += some
        if self._chunked:
            self._end = (self._end + some[-7:])[-7:]
            done = self._end in (b"\r\n0\r\n\r\n", b"0\r\n\r\n")
        else:
            assert self._left is not None
            self._left -= len(some)
            done = self._left <= 0
        if not done:
            return 0.0
        took = time.perf_counter() - self._sent_at
        if self._status >= 300:
            text = bytes(self.body[:_KEPT_OF_REFUSAL]).decode(errors="replace")
            raise Refused(f"HTTP {self._status}: {text}")
        if self._chunked and self._keep:
            self.body = _joined(self.body)
        return took


def _joined(body: bytearray) -> bytearray:
    whole, at = bytearray(), 0
    while True:
        end = body.index(b"\r\n", at)
        size = int(body[at:end].split(b";")[0], 16)
        if not size:
            return whole
        whole += body[end + 2 : end + 2 + size]
        at = end + 2 + size + 2


@dataclass
class Sample:
    """What one or more slices of an operation brought."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    server_cpu: float = 0.0
    database_cpu: float = 0.0
    growth: float = 0.0

    def add(self, other: "Sample") -> None:
        """Take another slice in."""
        self.seconds += other.seconds
        self.wall += other.wall
        self.server_cpu += other.server_cpu
        self.database_cpu += other.database_cpu
        self.growth = max(self.growth, other.growth)

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time that one operation costs, server and database together."""
        return (self.server_cpu + self.database_cpu) / len(self.seconds) * 1000

    @property
    def per_second(self) -> float:
        """Operations per second, all clients together."""
        return len(self.seconds) / self.wall

    def percentile_ms(self, percent: float) -> float:
        """How many milliseconds this share of the operations took at most."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000


def drive(
    address: Address, make: Callable[[int], Request], *, clients: int, seconds: float, least: int = 1, most: int = 10**9
) -> Sample:
    """Send ``make(0)``, ``make(1)``, … for so long, at least so many and at most so many. Raises `Refused`."""
    sample, selector, sent = Sample(), selectors.DefaultSelector(), 0
    begin = time.perf_counter()

    def go_on(client: Client) -> None:
        nonlocal sent
        if sent >= most or (sent >= least and time.perf_counter() - begin >= seconds):
            selector.unregister(client.socket)
            client.close()
            return
        client.send(make(sent))
        sent += 1

    for _ in range(min(clients, most)):
        client = Client(address)
        selector.register(client.socket, selectors.EVENT_READ, client)
        go_on(client)
    try:
        while selector.get_map():
            ready = selector.select(_PATIENCE_SECONDS)
            if not ready:
                raise Refused(f"No answer within {_PATIENCE_SECONDS} seconds.")
            for key, _ in ready:
                if took := key.data.receive():
                    sample.seconds.append(took)
                    go_on(key.data)
    finally:
        for key in list(selector.get_map().values()):
            key.data.close()
        selector.close()
    sample.wall = time.perf_counter() - begin
    return sample
