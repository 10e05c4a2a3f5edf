"""Who is told of what runs unapproved and of what failed, by mail and to receivers of webhooks."""

import json

import pytest

from accounts.models import User
from accounts.operations import create_project, update_user
from accounts.principals import Principal
from audit.models import AuditEvent
from deployments.notices import notices_about
from deployments.operations import create_environment, record_sightings, report_state, request_deployment
from deployments.operations.sightings import Observation
from deployments.upkeep import look_after_deployments
from notifications.letters import TOLD, open_noted
from notifications.models import Letter, WebhookDelivery
from notifications.operations import create_webhook
from notifications.vocabulary import OF_ALERTS, OF_DEPLOYMENTS
from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tests.deployments.conftest import IMAGE
from tests.deployments.steps import run

UNKNOWN = "f" * 64


def told(person):
    open_noted()
    return list(Letter.objects.filter(person=person.user).order_by("pk"))


@pytest.fixture
def reachable(deployer, viewer):
    for person in (deployer, viewer):
        update_user(person, person.user, email=f"{person.user.username}@example.org")


def test_deployers_are_told_of_everything_unapproved_in_one_letter(deployer, viewer, running, environment, reachable):
    seen = [Observation("fraud", UNKNOWN), Observation("elsewhere", running.content_digest)]

    for _ in range(2):
        record_sightings(deployer, environment, seen)

    (letter,) = told(deployer)
    assert letter.subject == "Unapproved in default/prod"
    assert "Something that is no version here runs at fraud in prod." in letter.text
    assert "At elsewhere in prod runs fraud v1, which nobody let run there." in letter.text
    assert told(viewer) == []


def test_what_comes_up_a_moment_later_is_told_too(deployer, running, environment, reachable):
    for target in ("fraud", "elsewhere"):
        record_sightings(deployer, environment, [Observation(target, UNKNOWN)])
        letters = told(deployer)

    assert len(letters) == 2
    assert "runs at elsewhere in prod" not in letters[0].text
    assert "runs at elsewhere in prod" in letters[1].text


def test_whoever_asked_is_told_when_it_failed_or_was_forgotten(
    admin, deployer, deployment, version, environment, reachable, time_machine_at
):
    other = request_deployment(deployer, version, environment, target="other")
    report_state(Principal(User.objects.get(pk=admin.user.pk), auth="session"), other, "failed", note="Out of memory.")
    with time_machine_at("2100-01-01T00:00:00Z"):
        look_after_deployments()
        letters = told(deployer)

    assert [letter.subject for letter in letters] == [
        "Failed: fraud v1 to prod (other)",
        "Failed: fraud v1 to prod (fraud)",
    ]
    assert "Out of memory" not in letters[0].text
    assert "nobody began it while its permit held" in letters[1].text


def test_nobody_is_told_what_they_reported_themselves(deployer, deployment, reachable):
    report_state(deployer, deployment, "failed")

    assert told(deployer) == []


def test_every_event_that_is_told_has_a_writer():
    from deployments import notices

    assert notices.TOLD <= TOLD


@pytest.fixture
def messages(maintainer, project, monkeypatch):
    """A receiver that asked for everything about deployments; returns what it is owed."""
    monkeypatch.setattr("notifications.operations.check_url", lambda url: None)
    events = [message.event for message in (*OF_DEPLOYMENTS.values(), *OF_ALERTS.values())]
    create_webhook(maintainer, project, name="ops", url="https://ops.example.org/hook", events=events)

    def read():
        owed = WebhookDelivery.objects.order_by("pk")
        return [(each.event, json.loads(each.body)["data"]) for each in owed]

    return read


def test_receivers_are_told_what_runs(messages, deployer, running, register, environment):
    run(deployer, request_deployment(deployer, register(), environment))
    record_sightings(deployer, environment, [Observation("fraud", UNKNOWN)])

    owed = messages()
    assert [event for event, _ in owed] == [
        *("deployment.requested", "deployment.started", "deployment.activated"),
        *("deployment.requested", "deployment.started", "deployment.activated"),
        "deployment_alert.opened",
    ]
    started = owed[1][1]
    assert (started["name"], started["version"], started["environment"]) == ("fraud", "1", "default/prod")
    assert (started["image_digest"], started["deployment_state"], started["by"]) == (IMAGE, "deploying", "deployer")
    assert owed[5][1]["previous"] == running.pk
    assert (owed[6][1]["alert_kind"], owed[6][1]["content_digest"]) == ("unknown", UNKNOWN)


@pytest.fixture
def running(messages, deployer, deployment):
    """Version 1, running in `prod`, after the receiver was there."""
    return run(deployer, deployment)


@pytest.fixture
def deployment(messages, deployer, version, environment):
    """Version 1, permitted to run in `prod`, after the receiver was there."""
    return request_deployment(deployer, version, environment, image_digest=IMAGE)


def test_receivers_learn_no_model_that_their_keeper_may_not_see(messages, admin, project):
    elsewhere = create_project(admin, "secret")
    lead = Principal(User.objects.get(pk=admin.user.pk), auth="session")
    model = create_registered_model(lead, elsewhere, "hidden-name")
    version = transition_stage(lead, create_model_version(lead, model, "s3://b/m"), Stage.STAGING)
    place = create_environment(lead, project, "stage", kind="staging", required_stage="Staging")

    run(lead, request_deployment(lead, version, place, target="scorer"))

    assert messages() == []
    events = AuditEvent.objects.filter(object_type="deployment")
    assert {event.object_label for event in events} == {"a version of another project to stage (scorer)"}
    assert all(notices_about(event) == [] for event in events.filter(action__in=TOLD))
