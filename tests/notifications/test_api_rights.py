"""Who reaches webhooks through the native API, how often a write is done, and what lists cost."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from notifications.models import Webhook
from tests.native_api import call, results

PATH = "/webhooks"
WANTED = {
    "project": "default",
    "name": "chat",
    "url": "https://93.184.215.14/hook",
    "events": ["model_version.created"],
}


@pytest.fixture
def client(client_of, maintainer):
    return client_of(maintainer)


def test_nobody_asks_without_signing_in(db):
    call(Client(), "get", PATH, status=401)
    call(Client(), "post", PATH, WANTED, status=401)


def test_a_refused_attempt_is_recorded(client_of, contributor):
    call(client_of(contributor), "post", PATH, WANTED, status=403)

    assert AuditEvent.objects.get(outcome="denied").actor_uid == contributor.uid


def test_a_repeated_write_is_done_once(client):
    first = call(client, "post", PATH, WANTED, status=201, Idempotency_Key="k1")

    assert call(client, "post", PATH, WANTED, status=201, Idempotency_Key="k1") == first
    assert Webhook.objects.count() == 1


def test_webhooks_are_listed_by_project(client):
    call(client, "post", PATH, WANTED, status=201)

    assert len(results(client, PATH, project="default")) == 1
    assert results(client, PATH, project="nowhere") == []


@pytest.mark.parametrize("size", [10, 100])
def test_a_list_costs_the_same_at_any_size(client, make_webhook, size, django_assert_max_num_queries):
    for number in range(size):
        make_webhook(name=f"chat-{number}")
    call(client, "get", PATH)

    with django_assert_max_num_queries(6):
        assert len(call(client, "get", PATH, {"page_size": size})["results"]) == size
