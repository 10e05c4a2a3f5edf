"""Publishing policies, saying where they hold, and the tier of a model."""

import pytest

from accounts.models import Project, User
from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Role
from approvals.exceptions import InvalidPolicy, MayNotDecide
from approvals.masking import HIDDEN
from approvals.models import Passage, PolicyAssignment, PolicyVersion, Tier
from approvals.operations import agree_to_policy, assign_policy, publish_policy, set_tier, withdraw_policy
from approvals.rehearsal import rehearse
from approvals.standing import shipped, standing_of
from audit import guard, triggers
from audit.exceptions import AlreadyExists, InvalidState, PermissionDenied
from audit.models import AuditEvent
from registry.operations import create_model_version, set_inheritance, transition_stage
from registry.rules import Stage
from tests.approvals.scene import policy_text


def again(person):
    """The same person with the grants they hold now."""
    return Principal(User.objects.get(pk=person.user.pk), auth="session")


def test_the_shipped_policies_are_there(project):
    assert {str(policy) for policy in PolicyVersion.objects.filter(project=None)} == {
        "solo 1",
        "four-eyes 1",
        "regulated 1",
    }


def test_the_first_project_begins_with_solo_and_others_with_four_eyes(admin, contributor, model, project):
    from accounts.operations import create_project

    other = create_project(admin, "risk", name="Risk")

    assert str(standing_of(model).policy) == "solo 1"
    assert not PolicyAssignment.objects.filter(project=other).exists()


def test_publishing_keeps_the_text_as_the_next_version(admin, project):
    publish_policy(admin, project, policy_text())
    second = publish_policy(admin, project, policy_text(approvals=2), comment="Two people.")

    assert str(second) == "test-policy 2"
    assert AuditEvent.objects.filter(action="project.policy_published", actor_uid=admin.uid).count() == 2
    with pytest.raises(AlreadyExists):
        publish_policy(admin, project, policy_text(approvals=2))


@pytest.mark.parametrize("role", ["maintainer", "approver", "contributor", "viewer"])
def test_only_a_project_admin_publishes(role, project, request):
    with pytest.raises(PermissionDenied):
        publish_policy(request.getfixturevalue(role), project, policy_text())

    assert not PolicyVersion.objects.filter(project=project).exists()


def test_a_wrong_text_is_not_published(admin, project):
    with pytest.raises(InvalidPolicy):
        publish_policy(admin, project, policy_text(approvals=-1))
    with pytest.raises(InvalidPolicy, match="comes with the server"):
        publish_policy(admin, project, policy_text(name="solo"))


def test_asking_for_more_holds_at_once(admin, project, model):
    assign_policy(admin, project, shipped("four-eyes"))

    assert str(standing_of(model).policy) == "four-eyes 1"


def test_asking_for_less_waits_for_a_second_person(admin, approver, project, model):
    assign_policy(admin, project, shipped("four-eyes"))
    proposal = assign_policy(admin, project, shipped("solo"))

    assert str(standing_of(model).policy) == "four-eyes 1"
    with pytest.raises(MayNotDecide, match="You proposed this yourself"):
        agree_to_policy(admin, proposal)
    agree_to_policy(again(approver), proposal)
    assert str(standing_of(model).policy) == "solo 1"


def test_a_contributor_does_not_agree(admin, contributor, project):
    assign_policy(admin, project, shipped("four-eyes"))
    proposal = assign_policy(admin, project, shipped("solo"))

    with pytest.raises(PermissionDenied):
        agree_to_policy(again(contributor), proposal)


def test_one_proposal_at_a_time_and_it_can_be_withdrawn(admin, project):
    assign_policy(admin, project, shipped("four-eyes"))
    proposal = assign_policy(admin, project, shipped("solo"))
    with pytest.raises(InvalidState, match="waits for a second person"):
        assign_policy(admin, project, shipped("solo"))

    withdraw_policy(admin, proposal)
    with pytest.raises(InvalidState):
        agree_to_policy(admin, proposal)


def test_the_tier_decides_how_many_have_to_look(admin, project, model):
    assign_policy(admin, project, shipped("four-eyes"))
    set_tier(admin, model, Tier.CRITICAL, reason="Blocks cards.")

    assert standing_of(model).requirement("Production").approvals == 2
    assert AuditEvent.objects.filter(action="registered_model.tier_set").count() == 1


def test_a_model_can_only_ask_for_more(admin, project, model):
    assign_policy(admin, project, shipped("four-eyes"))
    assign_policy(admin, project, publish_policy(admin, project, policy_text(approvals=2)), model=model)

    requirement = standing_of(model).requirement("Production")
    assert (requirement.approvals, requirement.skip_staging) == (2, False)


def test_a_rehearsal_says_what_would_be_blocked(contributor, project, version):
    transition_stage(contributor, version, Stage.PRODUCTION)

    result = rehearse(contributor, project, shipped("four-eyes"))

    assert (result.judged, len(result.blocked), result.live) == (1, 1, 1)
    assert "1 approval would have been missing" in result.blocked[0].reasons
    assert result.sentence == "Would block 1 of 1 steps, 1 of them live now."
    assert rehearse(contributor, project, shipped("solo")).blocked == []


def test_a_rehearsal_judges_everything_in_production_however_long_it_has_been_there(
    contributor, project, model, version, monkeypatch
):
    monkeypatch.setattr("approvals.rehearsal.MOST", 1)
    transition_stage(contributor, version, Stage.PRODUCTION)
    transition_stage(contributor, create_model_version(contributor, model, "s3://bucket/2"), Stage.STAGING)
    with guard.lifted(), triggers.disabled():
        Passage.objects.filter(version=version).delete()  # as if it came from a time before there were policies

    result = rehearse(contributor, project, shipped("four-eyes"))

    assert (result.judged, [str(each.version) for each in result.blocked], result.live) == (2, ["fraud/1"], 1)


def test_a_rehearsal_counts_what_one_may_not_see_and_does_not_name_it(admin, contributor, viewer, project, version):
    transition_stage(contributor, version, Stage.PRODUCTION)
    set_inheritance(admin, version.model, inherits=False)

    result = rehearse(again(viewer), project, shipped("four-eyes"))

    assert (len(result.blocked), result.seen, result.unseen) == (1, [], 1)


def test_a_rehearsal_does_not_quote_runs_that_one_may_not_see(admin, outsider, project, incumbent):
    policy = publish_policy(
        admin, project, policy_text(approvals=0, gates="[{type: metric_threshold, metric: auc, at_least: 0.95}]")
    )
    grant_role(admin, outsider.user, Role.VIEWER, incumbent.model, reason="Only this model.")

    assert rehearse(again(outsider), project, policy).seen[0].reasons == [f"metric auc: {HIDDEN}"]
    assert rehearse(again(admin), project, policy).seen[0].reasons[0].startswith("metric auc: Its auc is 0.81")


def test_the_difference_to_what_holds_is_shown_before_publishing(admin, project, session_of):
    assign_policy(admin, project, shipped("four-eyes"))

    page = (
        session_of(admin)
        .post("/projects/default/policy/edit", {"text": policy_text(approvals=0), "comment": "", "rehearse": "1"})
        .text
    )

    assert "Beside four-eyes 1, which holds" in page
    assert "0 instead of 1 approvals" in page
    assert '<span class="visually-hidden">removed: </span>' in page
    assert not PolicyVersion.objects.filter(project=project).exists()


def test_a_model_asks_for_more_on_its_page(admin, project, model, session_of):
    policy = publish_policy(admin, project, policy_text(approvals=2))

    done = session_of(admin).post("/models/default/fraud/policy", {"policy": policy.pk, "why": "Money."}, follow=True)

    assert "test-policy 1 holds on fraud too." in done.text
    assert standing_of(model).requirement("Production").approvals == 2


def test_the_pages_of_policies(admin, approver, viewer, project, model, version, session_of, queries_of):
    browser = session_of(admin)
    page = browser.get("/projects/default/policy").text
    assert "Nobody reviews promotions in this project" in page

    four_eyes = shipped("four-eyes")
    browser.post(f"/projects/default/policy/{four_eyes.pk}", {"reason": "Two pairs of eyes."})
    assert str(standing_of(model).policy) == "four-eyes 1"
    wrong = browser.post("/projects/default/policy/edit", {"text": policy_text(approvals=-1), "comment": "x"}).text
    assert "line 14" in wrong
    assert "approvals: -1" in wrong

    done = browser.post("/projects/default/policy/edit", {"text": policy_text(), "comment": "Ours."}, follow=True)
    assert "test-policy 1" in done.text
    ours = PolicyVersion.objects.get(project=project)
    assert "What it would have meant" in browser.get(f"/projects/default/policy/{ours.pk}?rehearse=1").text
    seen = session_of(viewer)
    assert seen.get(f"/projects/default/policy/{ours.pk}").status_code == 200
    assert seen.get("/projects/default/policy/edit").status_code == 403
    assert "Write a policy" not in seen.get("/projects/default/policy").text
    assert queries_of(seen, "/projects/default/policy") <= 16


def test_the_switch_to_four_eyes_is_one_action(admin, project, model, session_of):
    four_eyes = shipped("four-eyes")
    answer = session_of(admin).post(f"/projects/default/policy/{four_eyes.pk}", {"reason": "Switched."}, follow=True)

    assert "four-eyes 1 holds now." in answer.text
    assert Project.objects.filter(slug="default").exists()


def test_the_tier_is_set_on_the_page_of_the_model(admin, viewer, model, session_of):
    session_of(admin).post("/models/default/fraud/policy", {"tier": "high", "reason": "Blocks cards."})

    assert standing_of(model).tier == Tier.HIGH
    page = session_of(viewer).get("/models/default/fraud/policy").text
    assert "high" in page
    assert "Set the tier" not in page
