"""Webhooks through MLflow's protocol: what its client sends and what it can read."""

import pytest
from django.test import Client

from notifications.models import Webhook, WebhookDelivery
from tests.notifications.conftest import SECRET

BASE = "/api/2.0/mlflow/webhooks"
CREATED = {"entity": "MODEL_VERSION", "action": "CREATED"}
TRANSITIONED = {"entity": "MODEL_VERSION", "action": "TRANSITIONED"}
WANTED = {"name": "chat", "url": "https://93.184.215.14/hook", "events": [CREATED]}


@pytest.fixture
def send(client_of, maintainer):
    """Sends a call as somebody, by default the maintainer, and reads the answer."""
    clients: dict[str, Client] = {}

    def call(method, path="", body=None, *, by=maintainer, status=200):
        if by.uid not in clients:
            clients[by.uid] = client_of(by)
        client = clients[by.uid]
        data = body if method == "get" else (body or {})
        kind = {} if method == "get" else {"content_type": "application/json"}
        response = getattr(client, method)(f"{BASE}{path}", data, **kind)
        assert response.status_code == status, response.content
        return response.json()

    return call


@pytest.fixture
def hook(send):
    """The webhook `chat` as the protocol shows it."""
    return send("post", "", WANTED | {"secret": SECRET, "description": "To chat"})["webhook"]


def test_a_webhook_is_shown_as_mlflow_shows_it_and_without_its_secret(send, hook):
    stored = Webhook.objects.get()
    assert hook == {
        "webhook_id": str(stored.uid),
        "name": "chat",
        "url": "https://93.184.215.14/hook",
        "events": [CREATED],
        "description": "To chat",
        "status": "ACTIVE",
        "creation_timestamp": stored.created_at,
        "last_updated_timestamp": stored.updated_at,
    }
    assert send("get", f"/{hook['webhook_id']}") == {"webhook": hook}
    assert send("get") == {"webhooks": [hook]}


def test_what_is_sent_changes_and_what_is_empty_stays(send, hook):
    sent = {"name": "", "url": "", "events": [], "description": "", "status": "DISABLED"}

    changed = send("patch", f"/{hook['webhook_id']}", sent)["webhook"]

    assert changed.pop("last_updated_timestamp") >= hook["last_updated_timestamp"]
    assert changed == {
        name: value for name, value in hook.items() if name not in ("description", "last_updated_timestamp")
    } | {"status": "DISABLED"}
    assert Webhook.objects.get().secret == SECRET


def test_a_deleted_webhook_is_not_found(send, hook):
    assert send("delete", f"/{hook['webhook_id']}") == {}

    for method, path in (("get", ""), ("patch", ""), ("delete", ""), ("post", "/test")):
        answer = send(method, f"/{hook['webhook_id']}{path}", status=404)
        assert answer["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert send("get") == {}


def test_events_that_mlflows_client_cannot_read_stand_apart(send):
    both = send("post", "", WANTED | {"events": [CREATED, TRANSITIONED]})["webhook"]
    ours = send("post", "", WANTED | {"events": [TRANSITIONED]})["webhook"]

    assert (both["events"], both["stagekeeper_events"]) == ([CREATED], [TRANSITIONED])
    assert (ours["events"], ours["stagekeeper_events"]) == ([], [TRANSITIONED])
    assert [each["webhook_id"] for each in send("get")["webhooks"]] == [both["webhook_id"]]
    assert send("get", f"/{ours['webhook_id']}")["webhook"] == ours


def test_webhooks_come_page_by_page_the_newest_first(send):
    made = [send("post", "", WANTED)["webhook"]["webhook_id"] for _ in range(3)]

    first = send("get", "", {"max_results": 2})
    second = send("get", "", {"max_results": 2, "page_token": first["next_page_token"]})

    assert "next_page_token" not in second
    assert [each["webhook_id"] for each in first["webhooks"] + second["webhooks"]] == made[::-1]
    assert len(send("get", "", {"max_results": 0})["webhooks"]) == 3


@pytest.mark.parametrize("number", [1, 20])
def test_a_list_costs_the_same_however_long_it_is(send, number, django_assert_max_num_queries):
    for _ in range(number):
        send("post", "", WANTED)

    with django_assert_max_num_queries(6):
        assert len(send("get")["webhooks"]) == number


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a b"},
        {"url": "http://127.0.0.1/x"},
        {"url": 5},
        {"events": []},
        {"events": "all"},
        {"events": [{"entity": "RUN", "action": "CREATED"}]},
        {"events": [{"entity": "MODEL_VERSION"}]},
    ],
)
def test_what_cannot_be_is_refused_with_400(send, wrong):
    answer = send("post", "", WANTED | wrong, status=400)

    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("token", ["nonsense", "eyJvZmZzZXQiOjF9"])
def test_a_page_token_of_somebody_else_is_refused(send, token):
    assert send("get", "", {"page_token": token}, status=400)["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("uid", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_webhook_is_not_found(send, uid):
    assert send("get", f"/{uid}", status=404)["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_members_who_do_not_manage_the_project_may_not(send, hook, contributor, viewer):
    for somebody in (contributor, viewer):
        assert send("get", by=somebody) == {}
        assert send("get", f"/{hook['webhook_id']}", by=somebody, status=404)
        assert send("post", "", WANTED, by=somebody, status=403)["error_code"] == "PERMISSION_DENIED"
        assert send("patch", f"/{hook['webhook_id']}", {"name": "mine"}, by=somebody, status=403)
        assert send("post", f"/{hook['webhook_id']}/test", by=somebody, status=403)
        assert send("delete", f"/{hook['webhook_id']}", by=somebody, status=403)


def test_to_an_outsider_there_is_nothing(send, hook, outsider):
    assert send("get", by=outsider) == {}
    for method, path in (("get", ""), ("patch", ""), ("delete", ""), ("post", "/test")):
        assert send(method, f"/{hook['webhook_id']}{path}", by=outsider, status=404)
    assert send("post", "", WANTED, by=outsider, status=404)


def test_a_token_without_the_right_to_manage_sees_no_webhooks(client_of, maintainer, hook):
    client = client_of(maintainer, scopes=["view", "write"])

    assert client.get(BASE).json() == {}
    assert client.delete(f"{BASE}/{hook['webhook_id']}", content_type="application/json").status_code == 403


def test_a_try_answers_how_it_went(send, make_webhook, receiver):
    uid = make_webhook().uid

    assert send("post", f"/{uid}/test") == {"result": {"success": True, "response_status": 200}}
    receiver.answer_with(500)
    assert send("post", f"/{uid}/test", {"event": TRANSITIONED}) == {
        "result": {"success": False, "response_status": 500, "error_message": "The receiver answered 500."}
    }
    assert list(WebhookDelivery.objects.order_by("pk").values_list("event", flat=True)) == [
        "registered_model.created",
        "model_version.transitioned",
    ]
    assert send("post", f"/{uid}/test", {"event": {"entity": "RUN", "action": "CREATED"}}, status=400)
