"""What happens and who is owed a message about it, in one transaction."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.operations import create_project, grant_role
from accounts.principals import Principal
from accounts.roles import Role
from audit.event_types import EventType
from audit.models import AuditEvent
from audit.operation import operation, require
from notifications import operations as webhooks, outbox
from notifications.models import WebhookDelivery
from notifications.vocabulary import EVENTS, OF_MODELS, OF_PROMPTS
from registry import operations
from registry.rules import Stage

SOURCE = "s3://bucket/fraud"
PROMPT = {"mlflow.prompt.is_prompt": "true"}


@pytest.fixture
def owed():
    """Reads what is owed: event and data of each message, the oldest first."""

    def read() -> list[tuple[str, Any]]:
        return [(each.event, json.loads(each.body)["data"]) for each in WebhookDelivery.objects.order_by("pk")]

    return read


def anew(principal: Principal) -> Principal:
    """The same person in their next request, with what was granted meanwhile."""
    return Principal(principal.user, auth="session")


def test_a_message_has_mlflows_envelope_and_the_moment_of_the_event(webhook, model):
    delivery = WebhookDelivery.objects.get()
    event = AuditEvent.objects.get(action="registered_model.created")

    assert json.loads(delivery.body) == {
        "entity": "registered_model",
        "action": "created",
        "timestamp": event.ts.isoformat(),
        "workspace": "default",
        "data": {"name": "fraud", "tags": {"team": "risk"}, "description": "Finds fraud"},
    }
    assert (delivery.webhook, delivery.event_uid, delivery.state) == (webhook, event.uid, "pending")


def test_every_event_of_a_model_tells_what_mlflow_tells_and_more(make_webhook, contributor, maintainer, model, owed):
    make_webhook(*EVENTS)
    version = operations.create_model_version(contributor, model, SOURCE, tags={"seed": "7"}, description="First")
    operations.update_model_version(contributor, version, description="The first")
    operations.set_version_tag(contributor, version, "seed", "8")
    operations.delete_version_tag(contributor, version, "seed")
    operations.set_model_tag(contributor, model, "team", "fraud")
    operations.delete_model_tag(contributor, model, "team")
    operations.set_alias(contributor, version, "champion")
    operations.delete_alias(contributor, model, "champion")
    operations.delete_model_version(contributor, version)
    operations.restore_model_version(contributor, version)
    operations.update_registered_model(contributor, model, description="Finds more")
    operations.rename_registered_model(maintainer, model, "fraud-2")
    operations.delete_registered_model(contributor, model)
    operations.restore_registered_model(contributor, model)

    fraud, first = {"name": "fraud"}, {"name": "fraud", "version": "1"}
    assert owed() == [
        (
            "model_version.created",
            first | {"source": SOURCE, "run_id": None, "tags": {"seed": "7"}, "description": "First"},
        ),
        ("model_version.updated", first | {"description": "The first"}),
        ("model_version_tag.set", first | {"key": "seed", "value": "8"}),
        ("model_version_tag.deleted", first | {"key": "seed"}),
        ("registered_model_tag.set", fraud | {"key": "team", "value": "fraud"}),
        ("registered_model_tag.deleted", fraud | {"key": "team"}),
        ("model_version_alias.created", first | {"alias": "champion"}),
        ("model_version_alias.deleted", fraud | {"alias": "champion"}),
        ("model_version.deleted", first),
        ("model_version.restored", first),
        ("registered_model.updated", fraud | {"description": "Finds more"}),
        ("registered_model.renamed", {"name": "fraud-2", "old_name": "fraud"}),
        ("registered_model.deleted", {"name": "fraud-2"}),
        ("registered_model.restored", {"name": "fraud-2"}),
    ]


def test_a_prompt_has_words_of_its_own(make_webhook, contributor, project, owed):
    make_webhook(*EVENTS)
    prompt = operations.create_registered_model(
        contributor, project, "greeting", tags=PROMPT | {"team": "care"}, description="Greets"
    )
    text = PROMPT | {"mlflow.prompt.text": "Hello {{name}}", "_mlflow_prompt_type": "text", "tone": "warm"}
    version = operations.create_model_version(contributor, prompt, "dummy-source", tags=text)
    operations.set_model_tag(contributor, prompt, "team", "sales")
    operations.delete_model_tag(contributor, prompt, "team")
    operations.set_version_tag(contributor, version, "tone", "cool")
    operations.delete_version_tag(contributor, version, "tone")
    operations.set_alias(contributor, version, "production")
    operations.delete_alias(contributor, prompt, "production")

    name, first = {"name": "greeting"}, {"name": "greeting", "version": "1"}
    assert owed() == [
        ("prompt.created", name | {"tags": {"team": "care"}, "description": "Greets"}),
        ("prompt_version.created", first | {"template": "Hello {{name}}", "tags": {"tone": "warm"}, "description": ""}),
        ("prompt_tag.set", name | {"key": "team", "value": "sales"}),
        ("prompt_tag.deleted", name | {"key": "team"}),
        ("prompt_version_tag.set", first | {"key": "tone", "value": "cool"}),
        ("prompt_version_tag.deleted", first | {"key": "tone"}),
        ("prompt_alias.created", first | {"alias": "production"}),
        ("prompt_alias.deleted", name | {"alias": "production"}),
    ]


def test_a_change_of_stage_names_the_stages_and_who_made_room(make_webhook, contributor, model, owed):
    make_webhook("model_version.transitioned")
    for _ in range(2):
        version = operations.create_model_version(contributor, model, SOURCE)
        operations.transition_stage(contributor, version, Stage.PRODUCTION)

    assert owed() == [
        (
            "model_version.transitioned",
            {
                "name": "fraud",
                "version": "1",
                "from_stage": "None",
                "to_stage": "Production",
                "archived_versions": [],
            },
        ),
        (
            "model_version.transitioned",
            {
                "name": "fraud",
                "version": "2",
                "from_stage": "None",
                "to_stage": "Production",
                "archived_versions": ["1"],
            },
        ),
    ]


def test_only_webhooks_that_asked_are_owed_a_message(make_webhook, maintainer, contributor, project):
    asked = make_webhook("registered_model.created")
    also_asked = make_webhook("registered_model.created", "model_version.created")
    make_webhook("prompt.created")
    webhooks.update_webhook(maintainer, make_webhook("registered_model.created"), status="DISABLED")
    webhooks.delete_webhook(maintainer, make_webhook("registered_model.created"))

    operations.create_registered_model(contributor, project, "fraud")

    assert {each.webhook for each in WebhookDelivery.objects.all()} == {asked, also_asked}


def test_webhooks_of_another_project_hear_nothing(admin, make_webhook, contributor, project):
    elsewhere = create_project(admin, "elsewhere")
    webhooks.create_webhook(
        anew(admin), elsewhere, name="far", url="https://93.184.215.14/", events=["registered_model.created"]
    )

    operations.create_registered_model(contributor, project, "fraud")

    assert not WebhookDelivery.objects.exists()


def test_what_happens_to_a_closed_model_is_told_only_while_the_keeper_may_see_it(
    make_webhook, admin, maintainer, contributor, model
):
    kept_by_maintainer = make_webhook("model_version.created")
    kept_by_admin = make_webhook("model_version.created", by=admin)
    operations.set_inheritance(admin, model, inherits=False)
    grant_role(admin, contributor.user, Role.CONTRIBUTOR, model)
    model.refresh_from_db()

    operations.create_model_version(anew(contributor), model, SOURCE)
    assert {each.webhook for each in WebhookDelivery.objects.all()} == {kept_by_admin}

    webhooks.update_webhook(maintainer, kept_by_admin, url=kept_by_maintainer.url + "2")
    operations.create_model_version(anew(contributor), model, SOURCE)
    assert WebhookDelivery.objects.count() == 1


def test_a_message_vanishes_with_the_change_it_tells_of(webhook, contributor, project):
    @operation
    def fail_after_creating(actor, project):
        operations.create_registered_model(actor, project, "fraud")
        assert WebhookDelivery.objects.count() == 1
        raise RuntimeError("something went wrong at last")

    with pytest.raises(RuntimeError), transaction.atomic():
        fail_after_creating(contributor, project)

    assert not WebhookDelivery.objects.exists()
    assert not AuditEvent.objects.filter(action="registered_model.created").exists()


def test_an_event_that_no_webhook_can_ask_for_costs_no_query(webhook, maintainer, django_assert_num_queries):
    events = AuditEvent.objects.exclude(action__in=OF_MODELS)

    assert {event.action for event in events} > {"project.created", "webhook.created"}
    for event in events:
        with django_assert_num_queries(0):
            outbox.announce(event, webhook)


def test_an_event_nobody_listens_to_costs_one_query(model, version, django_assert_num_queries):
    for action, obj in (("registered_model.created", model), ("model_version.created", version)):
        event = AuditEvent.objects.get(action=action)
        with django_assert_num_queries(1):
            outbox.announce(event, obj)


@pytest.mark.parametrize("number", [1, 10])
def test_an_event_costs_the_same_for_one_listener_and_for_ten(
    make_webhook, maintainer, model, number, django_assert_num_queries
):
    event = AuditEvent.objects.get(action="registered_model.created")
    for _ in range(number):
        make_webhook("registered_model.created")

    @operation
    def announce(actor):
        require("manage", model)
        outbox.announce(event, model)

    with django_assert_num_queries(4 + 2):  # whether and who listens, the tags, the messages; and a savepoint
        announce(maintainer)

    assert WebhookDelivery.objects.count() == number


def test_nothing_is_owed_twice_for_one_event(webhook, model):
    delivery = WebhookDelivery.objects.get()
    delivery.pk, delivery.uid = None, uuid4()

    with pytest.raises(IntegrityError), transaction.atomic():
        delivery.save(force_insert=True)


def test_what_is_told_of_prompts_is_told_of_models_too():
    assert set(OF_PROMPTS) == set(OF_MODELS) - {
        EventType.MODEL_VERSION_TRANSITIONED,
        EventType.MODEL_VERSION_ROLLED_BACK,
        EventType.MODEL_VERSION_QUARANTINED,
        EventType.MODEL_VERSION_RELEASED,
        EventType.REGISTERED_MODEL_ALIAS_DETACHED,
    }
