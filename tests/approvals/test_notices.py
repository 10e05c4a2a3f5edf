"""Who is told what by e-mail about a request."""

import pytest
from django.core import mail

from accounts.models import User
from approvals.actors import PROMOTIONS
from approvals.notices import ask_approvers, tell_decided, tell_glass_broken, tell_voided
from approvals.operations import refresh_request
from registry.operations.cards import revise_version_card
from tests.approvals.scene import fresh, vote


@pytest.fixture(autouse=True)
def addresses(request_):
    """Everybody has an address."""
    from audit import guard

    with guard.lifted():
        for user in User.objects.all():
            User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org")


def told():
    return [(letter.to[0].split("@")[0], letter.subject) for letter in mail.outbox]


def test_those_who_may_decide_are_asked_but_not_the_requester(request_, second_approver, contributor):
    with_address = ["approver"]
    ask_approvers(request_.pk)

    assert sorted(who for who, _ in told()) == with_address
    assert f"/requests/{request_.pk}" in mail.outbox[0].body


def test_the_requester_is_told_what_was_decided(request_, approver):
    vote(approver, request_)
    tell_decided(request_.pk)

    assert told() == [("contributor", "Decided: fraud v1 to Production")]
    assert "approver approved" in mail.outbox[0].body


def test_whose_vote_is_void_is_told_why(set_policy, request_, contributor, approver, version):
    set_policy(approvals=2, name="two")
    refresh_request(PROMOTIONS, fresh(request_))
    from approvals import checks

    checks.check_request(request_.pk)
    vote(approver, fresh(request_))
    revise_version_card(contributor, version, {"limitations": "Not at night."}, based_on=0)
    refresh_request(PROMOTIONS, fresh(request_))
    tell_voided(fresh(request_).revisions.get(number=2).pk)

    assert told()[-1] == ("approver", "Your vote was voided: fraud v1 to Production")
    assert "the model card changed" in mail.outbox[-1].body


def test_an_emergency_is_told_to_all_who_may_decide(request_):
    tell_glass_broken(request_.pk)

    assert told() == [("approver", "Break-glass: fraud v1 to Production")]
