"""What leaves the house, to whom, and how much of our time a receiver gets."""

import datetime as dt
import socket
import ssl
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications import http
from notifications.exceptions import UnsafeAddress
from tests.notifications.receivers import raw_receiver, read_request

HOST = "hooks.example.org"


@pytest.fixture
def hurried(monkeypatch):
    """Half a second for everything, so that nobody waits for what is slow."""
    monkeypatch.setattr(http, "TIME_LIMIT", 0.5)


@pytest.fixture
def names(monkeypatch):
    """A name server under our control; the list of addresses it gives next, and the questions it was asked."""

    class Names:
        def __init__(self):
            self.answers, self.asked = [], []

        def getaddrinfo(self, host, port, *args, **kwargs):
            self.asked.append(host)
            found = self.answers.pop(0)
            if isinstance(found, Exception):
                raise found
            return [
                (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
                for each in found
            ]

    server = Names()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    return server


@pytest.fixture
def dialled(monkeypatch):
    """The places that were dialled; every call fails."""
    places = []

    def dial(family, place, timeout):
        places.append((family, place))
        raise ConnectionRefusedError

    monkeypatch.setattr(http, "_dial", dial)
    return places


def say_nothing(connection, over) -> None:
    over.wait(30)


def post(url):
    return http.post(url, b"{}", {"Content-Type": "application/json"})


def test_the_body_goes_to_the_path_with_the_headers(receiver):
    answer = http.post(f"{receiver.url}?team=risk", b'{"a": 1}', {"X-Test": "yes", "Content-Type": "application/json"})

    assert answer == http.Answer(200, "")
    (request,) = receiver.received
    assert (request.path, request.body) == ("/hook?team=risk", b'{"a": 1}')
    assert request.headers["x-test"] == "yes"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_the_answer_keeps_status_and_retry_after(receiver):
    receiver.answer_with((503, {"Retry-After": "120"}))

    assert post(receiver.url) == http.Answer(503, "120")


def test_a_redirect_is_not_followed(receiver):
    receiver.answer_with((302, {"Location": receiver.url}))

    assert post(receiver.url).status == 302
    assert len(receiver.received) == 1


def test_proxies_of_the_environment_are_not_used(receiver, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert post(receiver.url).status == 200


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "64:ff9b::1"]
)
def test_a_name_that_leads_inside_is_refused_before_anything_is_dialled(names, dialled, address):
    names.answers = [["93.184.215.14", address]]

    with pytest.raises(UnsafeAddress, match="not a public address"):
        post(f"https://{HOST}/")

    assert dialled == []


def test_a_name_is_asked_once_and_only_its_checked_addresses_are_dialled(names, dialled):
    names.answers = [["2606:4700::1111", "93.184.215.14"], ["127.0.0.1"]]

    with pytest.raises(http.NoAnswer, match=f"{HOST} refused the connection"):
        post(f"https://{HOST}/")

    assert names.asked == [HOST]
    assert dialled == [
        (socket.AF_INET6, ("2606:4700::1111", 443)),
        (socket.AF_INET, ("93.184.215.14", 443)),
    ]


def test_a_connection_that_ends_up_inside_is_dropped_before_a_byte_is_sent(names, receiver, settings, monkeypatch):
    names.answers = [["93.184.215.14"]]
    settings.ALLOW_PRIVATE_WEBHOOKS = False
    with socket.socket() as inside:
        inside.connect(("127.0.0.1", receiver.port))
        monkeypatch.setattr(http, "_dial", lambda *_: inside)

        with pytest.raises(UnsafeAddress, match=r"leads to 127\.0\.0\.1"):
            post(f"https://{HOST}/")

        assert inside.fileno() == -1
    assert receiver.received == []


def test_the_next_address_is_tried_when_one_does_not_answer(names, receiver, monkeypatch):
    dial = http._dial
    failed: list[tuple[str, int]] = []

    def dial_second(family, place, timeout):
        if not failed:
            failed.append(place)
            raise ConnectionRefusedError
        return dial(family, place, timeout)

    monkeypatch.setattr(http, "_dial", dial_second)
    names.answers = [["127.0.0.2", "127.0.0.1"]]

    assert post(f"http://{HOST}:{receiver.port}/").status == 200
    assert failed == [("127.0.0.2", receiver.port)]
    assert receiver.received[0].headers["host"] == f"{HOST}:{receiver.port}"


def test_an_unknown_name_is_worth_another_try_but_no_url_to_begin_with(names):
    names.answers = [socket.gaierror(-2, "Name or service not known")] * 2

    with pytest.raises(http.NoAnswer, match=f"The name {HOST} cannot be resolved"):
        post(f"https://{HOST}/")
    with pytest.raises(UnsafeAddress, match="Check the URL"):
        http.check_url(f"https://{HOST}/")


def test_a_name_server_that_hangs_costs_no_more_than_the_time_limit(monkeypatch, hurried):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])

    with pytest.raises(http.NoAnswer, match="did not answer within"):
        post(f"https://{HOST}/")
    over.set()


def test_a_receiver_that_hangs_costs_no_more_than_the_time_limit(receiver, hurried):
    receiver.open.clear()

    with pytest.raises(http.NoAnswer, match=r"127\.0\.0\.1 did not answer within"):
        post(receiver.url)


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_receiver_that_answers_drop_by_drop_costs_no_more_than_the_time_limit(settings, hurried, beginning):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    def drip(connection, over):
        read_request(connection)
        connection.sendall(beginning)
        while not over.wait(0.05):
            connection.sendall(b"a")

    with raw_receiver(drip) as url, pytest.raises(http.NoAnswer, match="did not answer within"):
        post(url)


def test_a_receiver_that_never_reads_costs_no_more_than_the_time_limit(settings, hurried):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    with (
        raw_receiver(lambda _, over: over.wait(30)) as url,
        pytest.raises(http.NoAnswer, match="did not answer within"),
    ):
        http.post(url, b"x" * 50_000_000, {})


def test_a_refusal_counts_although_it_came_before_everything_was_sent(settings):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    def refuse(connection, over):
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)

    with raw_receiver(refuse) as url:
        assert http.post(url, b"x" * 50_000_000, {}).status == 413


def test_a_body_that_never_ends_changes_nothing_about_the_answer(settings, hurried):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    def begin(connection, over):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf")
        over.wait(30)

    with raw_receiver(begin) as url:
        assert post(url).status == 202


def test_of_an_answer_of_ten_megabytes_only_the_beginning_is_read(settings):
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    refused = threading.Event()

    def flood(connection, over):
        read_request(connection)
        # A small buffer, so that what was sent is what was read.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            for _ in range(160):
                connection.sendall(b"x" * 65536)
        except OSError:
            refused.set()

    with raw_receiver(flood) as url:
        assert post(url).status == 200
        assert refused.wait(10)


@pytest.mark.parametrize("answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 " + b"y" * 200_000])
def test_what_is_no_http_is_no_answer(settings, answer):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    def talk(connection, over):
        read_request(connection)
        connection.sendall(answer)

    with raw_receiver(talk) as url, pytest.raises(http.NoAnswer, match=r"127\.0\.0\.1 (did not|could not)"):
        post(url)


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certified(tmp_path: Path, monkeypatch):
    """Makes a certificate for a name, from an authority that this server trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    http._tls.cache_clear()
    yield lambda name: _certificate(tmp_path, key, name)
    http._tls.cache_clear()


def _certificate(folder: Path, key: ec.EllipticCurvePrivateKey, name: str) -> ssl.SSLContext:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    moment = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - dt.timedelta(days=1))
        .not_valid_after(moment + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "authority.pem").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _over_tls(context, heard):
    def talk(connection, over):
        context.sni_callback = lambda _, name, __: heard.append(name)
        with context.wrap_socket(connection, server_side=True) as secure:
            heard.append(read_request(secure))
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return talk


def test_the_certificate_is_the_named_hosts_though_an_address_was_dialled(settings, certified, names):
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    heard: list[Any] = []
    names.answers = [["127.0.0.1"]]

    with raw_receiver(_over_tls(certified(HOST), heard)) as url:
        answer = post(url.replace("http://127.0.0.1", f"https://{HOST}"))

    assert answer.status == 200
    assert heard[0] == HOST
    assert f"\r\nHost: {HOST}:".encode() in heard[1]


def test_an_address_can_have_a_certificate_too(settings, certified):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    with raw_receiver(_over_tls(certified("127.0.0.1"), [])) as url:
        assert post(url.replace("http:", "https:")).status == 200


def test_a_certificate_for_another_name_is_not_taken(settings, certified, names):
    settings.ALLOW_PRIVATE_WEBHOOKS = True
    names.answers = [["127.0.0.1"]]
    heard: list[Any] = []

    with (
        raw_receiver(_over_tls(certified("elsewhere.example.org"), heard)) as url,
        pytest.raises(http.NoAnswer, match=f"The certificate of {HOST} is not valid"),
    ):
        post(url.replace("http://127.0.0.1", f"https://{HOST}"))

    assert heard == [HOST]


def test_a_receiver_without_tls_is_not_spoken_to(receiver):
    with pytest.raises(http.NoAnswer, match="No secure connection"):
        post(receiver.url.replace("http:", "https:"))

    assert receiver.received == []


def test_a_handshake_that_hangs_costs_no_more_than_the_time_limit(settings, hurried):
    settings.ALLOW_PRIVATE_WEBHOOKS = True

    with (
        raw_receiver(lambda _, over: over.wait(30)) as url,
        pytest.raises(http.NoAnswer, match="did not answer within"),
    ):
        post(url.replace("http:", "https:"))
