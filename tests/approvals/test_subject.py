"""Whatever changes about what people approved, their votes are void and the step is not taken."""

from collections.abc import Callable

import pytest

from approvals.actors import PROMOTIONS
from approvals.exceptions import SubjectChanged
from approvals.models import Decision, GateResult, PromotionRequest, Tier
from approvals.operations import open_request, refresh_request, set_tier
from approvals.promotion import promote
from audit import guard, triggers
from registry.models import ModelVersion
from registry.operations import (
    create_model_version,
    rename_registered_model,
    roll_back,
    set_version_tag,
    transition_stage,
)
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, vote
from tracking import operations as tracking

GATES = "[{type: required_tags, keys: [review]}]"


@pytest.fixture
def version(contributor, project, model) -> ModelVersion:
    """Version 2, made by a run; version 1 was in Production once."""
    before = create_model_version(contributor, model, "s3://bucket/fraud")
    transition_stage(contributor, before, Stage.PRODUCTION)
    transition_stage(contributor, before, Stage.ARCHIVED)
    experiment = tracking.create_experiment(contributor, project, name="training")
    run = tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
    made = create_model_version(contributor, model, "s3://bucket/fraud-2", run_uid=run)
    set_version_tag(contributor, made, "review", "done")
    return ModelVersion.objects.select_related("model").get(pk=made.pk)


@pytest.fixture
def voted(set_policy, contributor, approver, version) -> PromotionRequest:
    """One of two approvers has approved; a gate was asked too."""
    set_policy(approvals=2, gates=GATES)
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION, reason="Better on new cards."))
    return vote(approver, request)


def _tampered(**columns):
    """Somebody with access to the database writes past all operations."""

    def change(scene):
        with guard.lifted(), triggers.disabled():
            ModelVersion.objects.filter(pk=scene("version").pk).update(**columns)

    return change


def _rename(scene):
    rename_registered_model(scene("maintainer"), scene("model"), "swindle")


def _to_staging(scene):
    transition_stage(scene("contributor"), scene("version"), Stage.STAGING)


def _another_incumbent(scene):
    before = ModelVersion.objects.get(model=scene("model"), number=1)
    roll_back(scene("approver"), before, reason="Nothing is in Production.")


def _raise_tier(scene):
    set_tier(scene("admin"), scene("model"), Tier.HIGH, reason="It blocks cards now.")


def _edit_card(scene):
    revise_version_card(scene("contributor"), scene("version"), {"limitations": "Not at night."}, based_on=0)


def _tag_run(scene):
    key, value = "mlflow.source.git.commit", "f" * 40
    tracking.set_run_tag(scene("contributor"), scene("project"), scene("version").run_uid, key=key, value=value)


def _other_observation(scene):
    GateResult.objects.filter(revision__request=scene("voted")).update(observed="something else")


def _other_reason(scene):
    with guard.lifted(), triggers.disabled():
        PromotionRequest.objects.filter(pk=scene("voted").pk).update(reason="Cheaper.")


MUTATIONS: list[tuple[str, Callable]] = [
    ("the version", _rename),
    ("its files", _tampered(content_digest="b" * 64)),
    ("its stage", _to_staging),
    ("the incumbent", _another_incumbent),
    ("the policy", _raise_tier),
    ("the model card", _edit_card),
    ("what it was made from", _tag_run),
    ("what the gates say", _other_observation),
    ("the reason", _other_reason),
]
every_member = pytest.mark.parametrize(
    ("member", "change"), MUTATIONS, ids=[member.replace(" ", "_") for member, _ in MUTATIONS]
)


@every_member
def test_votes_are_void_and_say_why(member, change, voted, request):
    change(request.getfixturevalue)
    refresh_request(PROMOTIONS, fresh(voted))

    decision = Decision.objects.get()
    assert decision.voided_at is not None
    assert decision.void_reason == f"{member} changed"
    assert fresh(voted).revision == 2


@every_member
def test_nobody_can_vote_on_what_was_shown_before(member, change, voted, second_approver, version, request):
    age_roles()
    change(request.getfixturevalue)

    with pytest.raises(SubjectChanged, match=member):
        vote(second_approver, fresh(voted))

    assert ModelVersion.objects.get(pk=version.pk).stage != Stage.PRODUCTION


@every_member
def test_an_approved_step_is_not_taken_anymore(member, change, set_policy, contributor, approver, version, request):
    set_policy(execute="on_call", gates=GATES)
    age_roles()
    asked = checked(open_request(contributor, version, Stage.PRODUCTION, reason="Better on new cards."))
    approved = vote(approver, asked)
    assert approved.state == "approved"

    change(lambda name: approved if name == "voted" else request.getfixturevalue(name))

    with pytest.raises(SubjectChanged, match=member):
        promote(contributor, ModelVersion.objects.select_related("model").get(pk=version.pk), Stage.PRODUCTION)
    assert ModelVersion.objects.get(pk=version.pk).stage != Stage.PRODUCTION
