"""What no well-behaved client sends, over a plain socket: the server must refuse it, and never answer with a 500."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest

from tests.mlflow_client.servers import Server

pytestmark = pytest.mark.stagekeeper("a foreign server has its own weaknesses")
FILES = "/api/2.0/mlflow-artifacts/artifacts"
Send = Callable[..., http.client.HTTPResponse]


@pytest.fixture
def send(server: Server) -> Iterator[Send]:
    """Send a request line and headers exactly as given."""
    open_ones = ExitStack()

    def send(method: str, target: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        connection = open_ones.enter_context(
            closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30))
        )
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": urlsplit(server.url).netloc, "Authorization": f"Bearer {server.tokens['admin']}", **headers}
        sent.setdefault("Content-Length", str(len(body)))
        for name, value in sent.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        return open_ones.enter_context(connection.getresponse())

    with open_ones:
        yield send


@pytest.fixture
def root(client, experiment) -> str:
    """The address of a fresh run's artifacts."""
    return f"{FILES}/{experiment.experiment_id}/{client.create_run(experiment.experiment_id).info.run_id}/artifacts"


@pytest.mark.parametrize(
    "tail",
    [
        "..",
        "../../secret",
        "%2e%2e/secret",
        "%2E%2E%2Fsecret",
        "%252e%252e/secret",
        "a/%2e%2e/%2e%2e/secret",
        "%2fetc/passwd",
        "/etc/passwd",
        "..%5csecret",
        "C:/windows",
        "file:///etc/passwd",
        "a%00b",
        "a%0d%0aSet-Cookie:x",
    ],
)
def test_a_path_that_leads_elsewhere_stores_nothing(send, root, tail, client):
    answer = send("PUT", f"{root}/{tail}", b"x")

    assert answer.status in (400, 404), answer.read()
    assert client.list_artifacts(root.rsplit("/", 2)[1]) == []


@pytest.mark.parametrize(
    "credentials",
    [
        "Digest username=x",
        "Basic",
        "Basic !!!",
        "Basic bm9jb2xvbg==",
        "Basic " + "A" * 4000,
        "Bearer",
        "Bearer ",
        "x",
        "Basic OjA=",
    ],
)
def test_credentials_that_cannot_be_read_are_refused(send, credentials):
    answer = send("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", Authorization=credentials)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert json.loads(answer.read())["error_code"] == "UNAUTHENTICATED"


def test_an_unknown_host_is_refused(send):
    assert send("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", Host="evil.example").status == 400


def test_a_body_that_is_too_large_is_refused(send):
    body = b'{"name": "' + b"x" * (11 * 1024 * 1024) + b'"}'

    answer = send("POST", "/api/2.0/mlflow/registered-models/create", body, Content_Type="application/json")

    assert answer.status == 413


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": {"a": 1}}',
        b'{"name": "x", "tags": [{"key": "a\\u0000", "value": "1"}]}',
        b'{"name": "x", "tags": [null]}',
        b"[" * 50_000,
        b"null",
    ],
)
def test_json_that_no_database_keeps_is_refused(send, body):
    for path in ("registered-models/create", "experiments/create"):
        answer = send("POST", f"/api/2.0/mlflow/{path}", body, Content_Type="application/json")
        assert answer.status == 400, answer.read()


@pytest.mark.parametrize(
    "query", ["run_id=%00", "run_id=%ff", "run_id=" + "a" * 4000, "run_id=a&run_id=b", "run_id[]=a"]
)
def test_a_query_string_that_means_nothing_is_refused(send, query):
    assert send("GET", f"/api/2.0/mlflow/runs/get?{query}").status in (400, 404)


def test_a_deep_filter_costs_little(send):
    filter_text = " AND ".join(["metrics.x > 1"] * 20_000)
    body = json.dumps({"experiment_ids": ["0"], "filter": filter_text}).encode()

    assert send("POST", "/api/2.0/mlflow/runs/search", body, Content_Type="application/json").status == 400


def test_an_upload_that_is_cut_off_leaves_no_file(server, send, root, client):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.putrequest("PUT", f"{root}/half.bin")
    connection.putheader("Authorization", f"Bearer {server.tokens['admin']}")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"x" * 1000)
    connection.close()

    assert client.list_artifacts(root.rsplit("/", 2)[1]) == []


def test_another_origin_cannot_use_a_session(send):
    answer = send(
        "POST",
        "/ajax-api/2.0/mlflow/experiments/create",
        b'{"name": "forged"}',
        Content_Type="application/json",
        Authorization="",
        Cookie="sessionid=stolen",
        Origin="https://evil.example",
    )

    assert answer.status in (401, 403)
