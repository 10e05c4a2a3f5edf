"""Several people decide, promote and edit at the same moment: one consistent outcome, and each vote counted once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.models import User
from accounts.principals import Principal
from approvals.actors import PROMOTIONS
from approvals.models import Decision, Passage, PromotionRequest, RequestState, Road
from approvals.operations import open_request, refresh_request
from approvals.promotion import promote
from audit.exceptions import Refusal
from audit.models import AuditEvent
from registry.models import ModelVersion, StageInterval
from registry.operations import create_model_version
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, vote

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once():
    """Runs functions at the same time, each as a fresh principal of its own person; returns the outcomes."""

    def run(*acts):
        start = threading.Barrier(len(acts))

        def one(act):
            person, function = act
            try:
                anew = Principal(User.objects.get(pk=person.user.pk), auth="session")
                start.wait(20)
                return function(anew)
            except Refusal as refusal:
                return refusal
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(one, acts))

    return run


def refused(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, Refusal)]


def events(action):
    return AuditEvent.objects.filter(action=action, outcome="ok").count()


def entered_production():
    """The step was taken exactly once, and everything says so."""
    return (
        ModelVersion.objects.filter(stage=Stage.PRODUCTION).count(),
        StageInterval.objects.filter(stage=Stage.PRODUCTION, until=None).count(),
        Passage.objects.filter(to_stage=Stage.PRODUCTION, road=Road.REVIEWED).count(),
        events("promotion_request.executed"),
    ) == (1, 1, 1, 1)


def test_two_approvals_at_once_complete_the_quorum_once(
    set_policy, contributor, approver, second_approver, version, at_once
):
    set_policy(approvals=2)
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))

    outcomes = at_once((approver, lambda who: vote(who, request)), (second_approver, lambda who: vote(who, request)))

    assert not refused(outcomes)
    assert sorted(outcome.state for outcome in outcomes) == [RequestState.AWAITING, RequestState.EXECUTED]
    assert Decision.objects.filter(voided_at=None).count() == events("promotion_request.decided") == 2
    assert entered_production()


def test_one_approval_too_many_finds_the_request_closed(request_, approver, second_approver, at_once):
    outcomes = at_once((approver, lambda who: vote(who, request_)), (second_approver, lambda who: vote(who, request_)))

    assert len(refused(outcomes)) == 1
    assert Decision.objects.count() == 1
    assert entered_production()


def test_nobody_votes_twice_by_sending_it_twice(set_policy, contributor, approver, version, at_once):
    set_policy(approvals=2)
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))

    outcomes = at_once(*[(approver, lambda who: vote(who, request))] * 4)

    assert len(refused(outcomes)) == 3
    assert Decision.objects.count() == 1
    assert fresh(request).state == RequestState.AWAITING


def test_two_calls_take_an_approved_step_once(set_policy, contributor, maintainer, approver, version, at_once):
    set_policy(execute="on_call")
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    vote(approver, request)

    def take(who):
        return promote(who, ModelVersion.objects.select_related("model").get(pk=version.pk), Stage.PRODUCTION)

    outcomes = at_once((contributor, take), (maintainer, take), (contributor, take))

    assert not refused(outcomes)
    assert fresh(request).state == RequestState.EXECUTED
    assert entered_production()


def test_of_two_first_calls_one_opens_the_request(policy, contributor, maintainer, model, version, at_once):
    other = create_model_version(contributor, model, "s3://bucket/fraud-2")

    outcomes = at_once(
        (contributor, lambda who: open_request(who, version, Stage.PRODUCTION)),
        (maintainer, lambda who: open_request(who, other, Stage.PRODUCTION)),
    )

    assert len(refused(outcomes)) == 1
    assert PromotionRequest.objects.count() == events("promotion_request.opened") == 1


@pytest.mark.parametrize("attempt", range(3))
def test_an_approval_counts_for_the_card_it_was_given_for(request_, contributor, approver, version, at_once, attempt):
    def edit(who):
        return revise_version_card(who, version, {"limitations": "Not at night."}, based_on=0)

    approval, _ = at_once((approver, lambda who: vote(who, request_)), (contributor, edit))
    refresh_request(PROMOTIONS, fresh(request_))

    version.refresh_from_db()
    if isinstance(approval, Refusal):  # the edit came first
        assert "the model card changed" in str(approval)
        assert (version.stage, fresh(request_).revision) == (Stage.NONE, 2)
        assert not Decision.objects.exists()
    else:
        assert fresh(request_).state == RequestState.EXECUTED
        assert entered_production()
    assert events("model_version.card_revised") == 1


def test_an_approval_and_a_cancellation_do_not_both_win(request_, contributor, approver, at_once):
    from approvals.operations import cancel_request

    outcomes = at_once(
        (approver, lambda who: vote(who, request_)),
        (contributor, lambda who: cancel_request(who, fresh(request_), reason="Not yet.")),
    )

    assert len(refused(outcomes)) == 1
    state = fresh(request_).state
    assert (state == RequestState.EXECUTED) == entered_production()
    assert state in (RequestState.EXECUTED, RequestState.CANCELLED)
