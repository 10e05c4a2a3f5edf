"""Webhooks through the native API, with the history of what was delivered."""

import pytest
import time_machine
from django.utils import timezone

from notifications import operations, tasks
from notifications.models import Webhook, WebhookDelivery
from registry.operations import create_registered_model
from tests.notifications.conftest import SECRET

BASE = "/api/v1/webhooks"
WANTED = {
    "project": "default",
    "name": "chat",
    "url": "https://93.184.215.14/hook",
    "events": ["model_version.created", "model_version.transitioned"],
}


@pytest.fixture
def client(client_of, maintainer):
    return client_of(maintainer)


def send(client, method, path="", body=None, status=200):
    response = getattr(client, method)(f"{BASE}{path}", body, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def test_a_webhook_is_made_shown_changed_and_deleted(client):
    made = send(client, "post", "", WANTED | {"secret": SECRET}, 201)
    assert SECRET not in str(made)
    assert (made["project"], made["events"], made["is_signed"]) == ("default", WANTED["events"], True)
    assert made["creator"] == "maintainer"
    path = f"/{made['uid']}"
    assert send(client, "get", path) == made
    assert send(client, "get")["results"] == [made]

    changed = send(client, "patch", path, {"status": "DISABLED", "secret": ""})
    assert (changed["status"], changed["is_signed"], changed["name"]) == ("DISABLED", False, "chat")

    send(client, "delete", path, status=204)
    send(client, "get", path, status=404)
    assert send(client, "get")["results"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a b"),
        ("url", "https://127.0.0.1/"),
        ("events", []),
        ("events", ["run.created"]),
        ("status", "PAUSED"),
        ("secret", "two\nlines"),
        ("project", "nowhere"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, field, value):
    status = 404 if field == "project" else 400

    answer = send(client, "post", "", WANTED | {field: value}, status)

    assert answer["error_code"]
    assert not Webhook.objects.exists()
    if field != "project":
        assert list(answer["fields"]) == [field]


def test_members_who_do_not_manage_the_project_see_and_change_nothing(client, client_of, contributor, viewer, outsider):
    path = f"/{send(client, 'post', '', WANTED, 201)['uid']}"

    for somebody, refused in ((contributor, 403), (viewer, 403), (outsider, 404)):
        theirs = client_of(somebody)
        assert send(theirs, "get")["results"] == []
        send(theirs, "post", "", WANTED, refused)
        for method, place in (("get", ""), ("patch", ""), ("delete", ""), ("post", "/test"), ("get", "/deliveries")):
            send(theirs, method, f"{path}{place}", {} if method in ("patch", "post") else None, 404)


def test_the_history_shows_what_was_told_and_what_comes_next(
    client, make_webhook, maintainer, contributor, project, receiver
):
    webhook = make_webhook()
    receiver.answer_with(500)
    with time_machine.travel(timezone.now(), tick=False):
        create_registered_model(contributor, project, "fraud")
        tasks.deliver_to(webhook.pk)
    operations.try_webhook(maintainer, webhook)

    newest, first = send(client, "get", f"/{webhook.uid}/deliveries")["results"]

    assert (newest["is_test"], newest["state"], newest["next_attempt_at"]) == (True, "delivered", None)
    assert (first["event"], first["state"], first["attempts"]) == ("registered_model.created", "pending", 1)
    assert (first["response_status"], first["error"]) == (500, "The receiver answered 500.")
    assert first["next_attempt_at"] > first["created_at"]
    assert first["finished_at"] is None
    assert first["uid"] == receiver.ids[0]


@pytest.mark.parametrize("number", [1, 20])
def test_the_history_costs_the_same_however_long_it_is(
    client, webhook, contributor, project, number, django_assert_max_num_queries
):
    for count in range(number):
        create_registered_model(contributor, project, f"model-{count}")
    send(client, "get")

    with django_assert_max_num_queries(6):
        found = send(client, "get", f"/{webhook.uid}/deliveries")["results"]

    assert [row["uid"] for row in found] == [str(each.uid) for each in WebhookDelivery.objects.order_by("-pk")]


def test_a_try_answers_with_its_line_of_the_history(client, make_webhook, receiver):
    webhook = make_webhook()
    receiver.answer_with(404)

    tried = send(client, "post", f"/{webhook.uid}/test", {"event": "model_version.transitioned"})

    assert (tried["state"], tried["response_status"], tried["is_test"]) == ("failed", 404, True)
    assert send(client, "get", f"/{webhook.uid}/deliveries")["results"] == [tried]
