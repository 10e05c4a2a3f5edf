"""Local receivers of webhooks: one that answers as it is told, and one that speaks raw bytes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What a receiver heard, and what it says next: ``answers`` one after the other, then 200."""

    url: str = ""
    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    #: Set while an answer may be given; clear it to let requests wait.
    open: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def answer_with(self, *answers: int | tuple[int, dict[str, str]]) -> None:
        self.answers = [(answer, {}) if isinstance(answer, int) else answer for answer in answers]

    @property
    def ids(self) -> list[str]:
        return [request.headers["x-mlflow-delivery-id"] for request in self.received]


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver on this machine."""
    receiver = Receiver()
    receiver.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            receiver.arrived.set()
            receiver.open.wait(30)
            status, extra = receiver.answers.pop(0) if receiver.answers else (200, {})
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.port = server.server_address[1]
    receiver.url = f"http://127.0.0.1:{receiver.port}/hook"
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.shutdown()
        server.server_close()


def read_request(connection: socket.socket) -> bytes:
    """Read a request with the body ``{}`` to its end: a connection closed earlier breaks before its answer is read."""
    heard = b""
    while not heard.endswith(b"\r\n\r\n{}"):
        heard += connection.recv(65536)
    return heard


@contextmanager
def raw_receiver(talk: Callable[[socket.socket, threading.Event], object]) -> Iterator[str]:
    """Run a server that takes one connection and hands it to ``talk``, with an event that ends it; give its URL."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                talk(connection, over)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
