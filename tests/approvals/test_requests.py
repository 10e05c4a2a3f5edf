"""Asking for a step, and carrying it out once others have agreed."""

import pytest

from approvals import checks
from approvals.actors import PROMOTIONS
from approvals.exceptions import ApprovalNeeded, MayNotDecide, RequestClosed, SubjectChanged
from approvals.models import Passage, PromotionRequest, RequestState, Road, Verdict
from approvals.operations import cancel_request, open_request, refresh_request
from approvals.promotion import promote
from approvals.queries import newest_revision
from audit.exceptions import Conflict, Hidden, PermissionDenied
from audit.models import AuditEvent
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion
from registry.operations import create_model_version, transition_stage
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, vote
from tracking.operations import create_experiment, create_run, delete_run


def stage_of(version):
    return ModelVersion.objects.get(pk=version.pk).stage


def events(action):
    return AuditEvent.objects.filter(action=action, outcome="ok").count()


def test_a_step_that_needs_approval_is_not_taken_directly(policy, contributor, version):
    with pytest.raises(ApprovalNeeded, match="fraud v1 needs 1 more approval"):
        transition_stage(contributor, version, Stage.PRODUCTION)

    assert stage_of(version) == Stage.NONE


def test_promoting_opens_a_request_and_says_where(policy, contributor, version, settings):
    with pytest.raises(ApprovalNeeded) as refusal:
        promote(contributor, version, Stage.PRODUCTION, reason="Better.")

    request = PromotionRequest.objects.get()
    assert str(refusal.value) == (
        f"fraud v1 needs 1 more approval. Request {request.pk}: {settings.PUBLIC_URL}/requests/{request.pk}"
    )
    assert refusal.value.details["request"] == request.pk
    assert refusal.value.status == 409


def test_nobody_is_asked_about_what_was_made_of_something_deleted(policy, contributor, project, model):
    experiment = create_experiment(contributor, project, name="training")
    uid = create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
    version = create_model_version(contributor, model, "s3://bucket/fraud", run_uid=uid)
    delete_run(contributor, project, uid)

    with pytest.raises(StageChangeNotAllowed, match="now deleted: restore it"):
        open_request(contributor, version, Stage.PRODUCTION)


def test_repeating_the_call_is_harmless(policy, contributor, version):
    for _ in range(3):
        with pytest.raises(ApprovalNeeded):
            promote(contributor, version, Stage.PRODUCTION)

    assert PromotionRequest.objects.count() == 1
    assert events("promotion_request.opened") == 1


def test_the_approval_that_completes_the_quorum_takes_the_step(request_, approver, version):
    done = vote(approver, request_)

    assert done.state == RequestState.EXECUTED
    assert stage_of(version) == Stage.PRODUCTION
    assert Passage.objects.get().road == Road.REVIEWED
    assert [events(f"promotion_request.{name}") for name in ("opened", "checked", "decided", "executed")] == [1] * 4


def test_where_the_policy_says_so_the_step_waits_for_the_next_call(set_policy, contributor, approver, version):
    set_policy(execute="on_call")
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))

    assert vote(approver, request).state == RequestState.APPROVED
    assert stage_of(version) == Stage.NONE
    assert promote(contributor, version, Stage.PRODUCTION).stage == Stage.PRODUCTION
    assert fresh(request).state == RequestState.EXECUTED


def test_the_requester_cannot_approve(policy, approver, second_approver, version):
    age_roles()
    request = checked(open_request(approver, version, Stage.PRODUCTION))

    with pytest.raises(MayNotDecide, match="You asked for this yourself"):
        vote(approver, request)

    assert vote(second_approver, request).state == RequestState.EXECUTED


def test_one_rejection_ends_the_request(request_, approver, second_approver, version):
    assert vote(approver, request_, Verdict.REJECT).state == RequestState.REJECTED
    with pytest.raises(RequestClosed):
        vote(second_approver, request_)

    assert stage_of(version) == Stage.NONE


def test_an_outsider_learns_nothing_of_a_request(request_, outsider):
    with pytest.raises(Hidden):
        vote(outsider, request_)


def test_a_viewer_cannot_ask(policy, viewer, version):
    with pytest.raises(PermissionDenied):
        open_request(viewer, version, Stage.PRODUCTION)

    assert not PromotionRequest.objects.exists()


def test_two_people_must_decide_where_two_are_asked_for(set_policy, contributor, approver, second_approver, version):
    set_policy(approvals=2)
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))

    assert vote(approver, request).state == RequestState.AWAITING
    with pytest.raises(MayNotDecide, match="decided on this revision already"):
        vote(approver, request)
    assert vote(second_approver, request).state == RequestState.EXECUTED


def test_an_edit_of_the_card_voids_votes(set_policy, contributor, approver, second_approver, version):
    set_policy(approvals=2)
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    vote(approver, request)

    revise_version_card(contributor, version, {"limitations": "Not at night."}, based_on=0)
    refresh_request(PROMOTIONS, fresh(request))

    voided = request.revisions.get(number=1).decisions.get()
    assert voided.void_reason == "the model card changed"
    assert fresh(request).revision == 2
    assert fresh(request).state == RequestState.CHECKING


def test_the_next_look_voids_votes_on_what_has_changed(set_policy, contributor, approver, version):
    set_policy(approvals=2)
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    vote(approver, request)
    revise_version_card(contributor, version, {"limitations": "Not at night."}, based_on=0)

    checks.look_after_requests()

    assert request.revisions.get(number=1).decisions.get().void_reason == "the model card changed"
    assert fresh(request).revision == 2


def test_a_vote_on_what_has_changed_meanwhile_is_refused(request_, contributor, approver, version):
    revise_version_card(contributor, version, {"limitations": "Not at night."}, based_on=0)

    with pytest.raises(SubjectChanged, match="the model card changed"):
        vote(approver, request_)

    assert stage_of(version) == Stage.NONE


def test_an_approved_step_is_not_taken_when_its_subject_changed(set_policy, contributor, approver, version):
    set_policy(execute="on_call")
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    vote(approver, request)
    revise_version_card(contributor, version, {"limitations": "Not at night."}, based_on=0)

    with pytest.raises(SubjectChanged):
        transition_stage(contributor, version, Stage.PRODUCTION)

    assert stage_of(version) == Stage.NONE


def test_one_open_request_per_model_and_target(request_, contributor, model):
    other = create_model_version(contributor, model, "s3://bucket/fraud-2")

    with pytest.raises(Conflict, match="fraud/1 to Production is open"):
        open_request(contributor, other, Stage.PRODUCTION)


def test_the_requester_takes_it_back(request_, contributor, approver):
    assert cancel_request(contributor, request_, reason="Not yet.").state == RequestState.CANCELLED
    with pytest.raises(RequestClosed):
        vote(approver, request_)


def test_another_contributor_cannot_cancel(request_, cast):
    from accounts.roles import Role

    other = cast("other", Role.CONTRIBUTOR)

    with pytest.raises(PermissionDenied):
        cancel_request(other, request_)


def test_time_ends_a_request_and_approves_nothing(request_, approver, version, time_machine_at):
    with time_machine_at("2031-01-01T00:00:00+00:00"):
        checks.look_after_requests()

    assert fresh(request_).state == RequestState.EXPIRED
    assert stage_of(version) == Stage.NONE


def test_staging_is_skipped_only_where_the_policy_allows_it(set_policy, contributor, version):
    set_policy(skip_staging="false")

    with pytest.raises(StageChangeNotAllowed, match="must be in Staging before Production"):
        open_request(contributor, version, Stage.PRODUCTION)
    assert transition_stage(contributor, version, Stage.STAGING).stage == Stage.STAGING
    assert Passage.objects.get().road == Road.UNREVIEWED


def test_the_subject_has_nine_members(request_):
    subject = newest_revision(request_).subject

    assert subject is not None
    assert subject.keys() - {"v"} == {
        "version",
        "content_digest",
        "transition",
        "incumbent",
        "policy",
        "card_revision",
        "lineage_digest",
        "gates",
        "reason",
    }


def test_the_first_start_asks_nobody_and_says_so(contributor, version):
    transition_stage(contributor, version, Stage.PRODUCTION)

    passage = Passage.objects.get()
    assert (passage.road, str(passage.policy)) == (Road.UNREVIEWED, "solo 1")
