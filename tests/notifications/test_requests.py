"""What webhooks are told of promotion requests: enough to act on."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Role
from approvals import checks
from approvals.actors import PROMOTIONS
from approvals.models import RequestState, Verdict
from approvals.operations import (
    agree_to_policy,
    assign_policy,
    cancel_request,
    end_request,
    open_request,
    publish_policy,
    ratify,
    refresh_request,
)
from approvals.promotion import break_glass
from audit import guard
from notifications.models import WebhookDelivery
from notifications.vocabulary import OF_REQUESTS
from registry.operations import roll_back
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, policy_text, vote


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """Messages to workers lead nowhere."""
    from approvals import tasks

    for task in (tasks.check_gates, tasks.go_on, tasks.recheck_version, tasks.refresh_project):
        monkeypatch.setattr(task, "delay", lambda *ids: None)


@pytest.fixture
def anew():
    """The same person in their next request."""
    return lambda principal: Principal(User.objects.get(pk=principal.user.pk), auth="session")


@pytest.fixture
def asked(make_webhook, admin, approver, contributor, maintainer, project, version, anew):
    """A webhook hears of everything about requests; the contributor has asked for Production."""
    policy = publish_policy(admin, project, policy_text(break_glass="true"))
    assignment = assign_policy(admin, project, policy)
    if assignment.since is None:
        agree_to_policy(approver, assignment)
    grant_role(admin, maintainer.user, Role.INCIDENT_RESPONDER, project)
    make_webhook(*(message.event for message in OF_REQUESTS.values()))
    age_roles()
    return checked(open_request(contributor, version, Stage.PRODUCTION, reason="Better."))


def told():
    """What is owed since the last look: event and data."""
    found = [
        (each.event.split(".")[1], json.loads(each.body)["data"]) for each in WebhookDelivery.objects.order_by("pk")
    ]
    WebhookDelivery.objects.all().delete()
    return found


def facts(request, **more):
    return {
        "request": request.pk,
        "url": f"http://127.0.0.1:8000/requests/{request.pk}",
        "name": "fraud",
        "version": "1",
        "to_stage": "Production",
        "kind": "normal",
        "requester": "contributor",
    } | more


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"


def test_who_is_asked_and_what_is_missing(asked):
    opened, waiting = told()

    assert opened == ("opened", facts(asked, state="checking"))
    digest = asked.revisions.get().subject_digest
    assert waiting == (
        "checked",
        facts(
            asked,
            state="awaiting_approval",
            revision=1,
            subject_digest=digest,
            gates={},
            missing_approvals=1,
            approvers=["approver"],
            expires_at=asked.expires_at.isoformat(),
        ),
    )


def test_who_decided_and_that_it_was_carried_out(asked, approver):
    told()
    vote(approver, fresh(asked))

    digest = asked.revisions.get().subject_digest
    same = {"revision": 1, "subject_digest": digest, "by": "approver"}
    assert told() == [
        ("decided", facts(asked, state="approved", verdict="approve", missing_approvals=0, **same)),
        ("executed", facts(asked, state="executed", **same)),
    ]


def test_whose_votes_are_void_and_why(asked, approver, maintainer, version):
    vote(approver, fresh(asked), Verdict.REQUEST_CHANGES)
    told()
    revise_version_card(maintainer, version, {"limitations": "Not at night."}, based_on=0)
    refresh_request(PROMOTIONS, fresh(asked))

    why = {"revision": 2, "voided_decisions_of": ["approver"], "cause": "the model card changed"}
    assert told() == [("revised", facts(asked, state="checking", **why))]


def test_how_it_ended(asked, contributor):
    told()
    cancel_request(contributor, fresh(asked))

    assert told() == [("cancelled", facts(asked, state="cancelled", by="contributor"))]


def test_that_it_expired(asked):
    told()
    end_request(PROMOTIONS, fresh(asked), RequestState.EXPIRED, "Nobody finished it in time.")

    assert told() == [("expired", facts(asked, state="expired"))]


def test_an_emergency_from_the_alarm_to_the_ratification(asked, maintainer, approver, version, anew):
    told()
    request = break_glass(
        anew(maintainer), version, Stage.PRODUCTION, reason="The live model is silent." * 2, incident="INC-7"
    )
    by = {"kind": "break_glass", "requester": "maintainer", "incident": "INC-7"}
    alarm = by | {"approvers": ["approver"]}

    events = dict(told())
    assert list(events) == ["invalidated", "glass_broken", "executed"]
    assert events["invalidated"]["cause"] == "Overtaken by an emergency step of fraud/1."
    assert events["glass_broken"] == facts(request, state="approved", ratify_by=request.ratify_by.isoformat(), **alarm)

    for hours, event in ((60, "ratification_due"), (24, "ratification_overdue")):
        with guard.lifted():
            request.ratify_by -= timedelta(hours=hours)
            request.created_at -= timedelta(hours=hours)
            request.save()
        checks.look_after_requests()
        request.refresh_from_db()
        assert told() == [(event, facts(request, state="executed", ratify_by=request.ratify_by.isoformat(), **alarm))]

    ratify(anew(approver), request, signed_in_at=timezone.now())
    assert told() == [("ratified", facts(request, state="executed", by="approver", **by))]


def test_a_roll_back_is_told_like_a_transition(asked, make_webhook, approver, maintainer, contributor, model, anew):
    from registry.operations import create_model_version

    vote(approver, fresh(asked))
    second = create_model_version(contributor, model, "s3://bucket/fraud-2")
    vote(approver, checked(open_request(contributor, second, Stage.PRODUCTION)))
    make_webhook("model_version.rolled_back", name="roll-backs")
    told()
    roll_back(anew(maintainer), model.versions.get(number=1), reason="Version 2 is wrong.")

    assert told() == [
        (
            "rolled_back",
            {
                "name": "fraud",
                "version": "1",
                "from_stage": "Archived",
                "to_stage": "Production",
                "archived_versions": ["2"],
            },
        )
    ]
