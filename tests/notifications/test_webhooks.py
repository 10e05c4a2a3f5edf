"""Making, changing and deleting webhooks: what is kept, what is recorded, and who may."""

import json
import logging
import socket
from typing import Any

import pytest

from accounts.operations import grant_role
from accounts.roles import Role
from audit import operation
from audit.exceptions import NotFound, PermissionDenied
from audit.models import AuditEvent
from notifications import operations
from notifications.exceptions import InvalidWebhook, UnsafeAddress, WebhookNotFound
from notifications.models import Webhook, WebhookStatus
from tests.notifications.conftest import SECRET

URL = "https://93.184.215.14/hooks/T0K3N?key=v3ry-secret"
WANTED: dict[str, Any] = {"name": "chat", "url": URL, "events": ["model_version.created"]}


def last_event() -> Any:
    return json.loads(bytes(AuditEvent.objects.latest("pk").body))


def test_a_maintainer_makes_a_webhook_and_it_is_recorded(maintainer, project):
    webhook = operations.create_webhook(maintainer, project, description="To the team", secret=SECRET, **WANTED)

    stored = Webhook.objects.get(pk=webhook.pk)
    assert (stored.name, stored.url, stored.events, stored.status) == ("chat", URL, ["model_version.created"], "ACTIVE")
    assert stored.secret == SECRET
    assert (stored.creator, stored.keeper) == (maintainer.user, maintainer.user)
    event = last_event()
    assert (event["action"], event["object"]["id"]) == ("webhook.created", str(webhook.uid))
    assert event["after"] == {
        "name": "chat",
        "host": "93.184.215.14",
        "events": ["model_version.created"],
        "description_sha256": event["after"]["description_sha256"],
        "status": "ACTIVE",
        "signed": True,
    }


def test_what_changes_is_recorded_and_the_rest_stays(maintainer, project):
    webhook = operations.create_webhook(maintainer, project, secret=SECRET, **WANTED)

    changed = operations.update_webhook(maintainer, webhook, status="DISABLED", url="https://1.1.1.1/other")

    assert (changed.status, changed.url, changed.name, changed.secret) == (
        WebhookStatus.DISABLED,
        "https://1.1.1.1/other",
        "chat",
        SECRET,
    )
    event = last_event()
    assert event["action"] == "webhook.updated"
    assert event["before"] == {"host": "93.184.215.14", "status": "ACTIVE"}
    assert event["after"] == {"host": "1.1.1.1", "status": "DISABLED"}


def test_a_change_that_changes_nothing_is_not_recorded(maintainer, project):
    webhook = operations.create_webhook(maintainer, project, **WANTED)
    before = AuditEvent.objects.count()

    operations.update_webhook(maintainer, webhook, **WANTED)

    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(("secret", "signed"), [("another secret", True), ("", False)])
def test_a_secret_can_be_replaced_and_taken_away(maintainer, project, secret, signed):
    webhook = operations.create_webhook(maintainer, project, secret=SECRET, **WANTED)

    operations.update_webhook(maintainer, webhook, secret=secret)

    assert Webhook.objects.get(pk=webhook.pk).secret == secret
    assert last_event()["after"] == {"signed": signed}


def test_whoever_says_where_it_leads_is_the_keeper(admin, maintainer, project):
    webhook = operations.create_webhook(admin, project, **WANTED)

    operations.update_webhook(maintainer, webhook, description="Mine?")
    assert Webhook.objects.get(pk=webhook.pk).keeper == admin.user
    operations.update_webhook(maintainer, webhook, url="https://1.1.1.1/mine")
    assert Webhook.objects.get(pk=webhook.pk).keeper == maintainer.user


def test_a_deleted_webhook_loses_its_secret_and_cannot_be_changed(maintainer, project):
    webhook = operations.create_webhook(maintainer, project, secret=SECRET, **WANTED)

    operations.delete_webhook(maintainer, webhook)

    assert last_event()["action"] == "webhook.deleted"
    stored = Webhook.objects.get(pk=webhook.pk)
    assert stored.deleted_at is not None
    assert stored.sealed_secret == ""
    for change in (operations.delete_webhook, operations.begin_webhook_test):
        with pytest.raises(WebhookNotFound):
            change(maintainer, webhook)
    with pytest.raises(WebhookNotFound):
        operations.update_webhook(maintainer, webhook, name="again")


def test_neither_secret_nor_url_is_in_the_log_the_repr_or_a_message(maintainer, project, caplog):
    caplog.set_level(logging.DEBUG)
    webhook = operations.create_webhook(maintainer, project, secret=SECRET, **WANTED)
    operations.update_webhook(maintainer, webhook, secret=f"{SECRET}2", url=f"{URL}2", description="v3ry-secret")
    operations.begin_webhook_test(maintainer, webhook)
    operations.delete_webhook(maintainer, webhook)

    bodies = b"".join(bytes(event.body) for event in AuditEvent.objects.all()).decode()
    told = bodies + repr(webhook) + str(webhook) + webhook.audit_label + caplog.text
    assert len(AuditEvent.objects.filter(object_type="webhook")) == 4
    assert SECRET not in told + json.dumps({**webhook.__dict__, "_state": None}, default=str)
    assert "v3ry-secret" not in told
    assert "T0K3N" not in told


@pytest.mark.parametrize(
    "role", [r for r in Role if r not in (Role.MAINTAINER, Role.PROJECT_ADMIN, Role.PLATFORM_ADMIN)]
)
def test_no_other_role_of_the_project_may_do_anything_with_webhooks(cast, maintainer, project, role):
    somebody = cast("somebody", role) if role != Role.AUDITOR else cast("somebody", Role.AUDITOR)
    webhook = operations.create_webhook(maintainer, project, **WANTED)

    with pytest.raises(PermissionDenied):
        operations.create_webhook(somebody, project, **WANTED)
    with pytest.raises(PermissionDenied):
        operations.update_webhook(somebody, webhook, url=URL)
    with pytest.raises(PermissionDenied):
        operations.delete_webhook(somebody, webhook)
    with pytest.raises(PermissionDenied):
        operations.try_webhook(somebody, webhook)

    assert not Webhook.objects.visible_to(somebody).exists()
    denied = AuditEvent.objects.filter(outcome="denied", actor_uid=somebody.uid)
    assert {json.loads(bytes(event.body))["after"]["operation"] for event in denied} == {
        "create_webhook",
        "update_webhook",
        "delete_webhook",
        "begin_webhook_test",
    }


def test_to_an_outsider_there_are_no_webhooks(outsider, maintainer, project):
    webhook = operations.create_webhook(maintainer, project, **WANTED)

    with pytest.raises(NotFound):
        operations.update_webhook(outsider, webhook, name="mine")
    with pytest.raises(NotFound):
        operations.try_webhook(outsider, webhook)
    assert not Webhook.objects.visible_to(outsider).exists()


def test_an_administrator_of_the_platform_alone_manages_no_webhooks(admin, project, cast):
    somebody = cast("somebody")
    grant_role(admin, somebody.user, Role.PLATFORM_ADMIN)

    with pytest.raises(NotFound):
        operations.create_webhook(somebody, project, **WANTED)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": "no spaces"}, InvalidWebhook),
        ({"events": []}, InvalidWebhook),
        ({"events": ["run.created"]}, InvalidWebhook),
        ({"status": "PAUSED"}, InvalidWebhook),
        ({"description": "x" * 1001}, InvalidWebhook),
        ({"secret": "x" * 1001}, InvalidWebhook),
        ({"url": "http://93.184.215.14/"}, UnsafeAddress),
        ({"url": "https://127.0.0.1/"}, UnsafeAddress),
        ({"url": ""}, UnsafeAddress),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_when_made_and_when_changed(maintainer, project, wrong, refusal):
    webhook = operations.create_webhook(maintainer, project, **WANTED)

    with pytest.raises(refusal):
        operations.create_webhook(maintainer, project, **(WANTED | wrong))
    with pytest.raises(refusal):
        operations.update_webhook(maintainer, webhook, **wrong)

    assert Webhook.objects.get() == webhook
    assert Webhook.objects.get().url == URL


def test_no_name_is_looked_up_inside_a_transaction_nor_for_somebody_who_may_not(
    maintainer, contributor, project, monkeypatch
):
    asked = []

    def getaddrinfo(host, port, **_):
        assert operation._door.get() is None
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    wanted = WANTED | {"url": "https://hooks.example.org/"}
    with pytest.raises(PermissionDenied):
        operations.create_webhook(contributor, project, **wanted)
    assert asked == []

    operations.create_webhook(maintainer, project, **wanted)
    assert asked == ["hooks.example.org"]
