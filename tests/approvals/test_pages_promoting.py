"""The page on which somebody asks that a version may enter a stage: what it shows before they do."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import operations as accounts
from accounts.models import RoleBinding
from accounts.roles import Role
from approvals.models import GateTrial, PromotionRequest
from approvals.operations import open_request
from approvals.trying import try_gates
from audit import guard, triggers
from registry.models import ModelVersion
from registry.operations import create_model_version, create_registered_model, quarantine
from registry.operations.cards import revise_version_card
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, vote

GATES = """[{type: metric_threshold, metric: auc, at_least: 0.8}, {type: required_tags, keys: [owner_team]},
  {type: card_complete, sections: [Limitations]}, {type: human_checklist, items: [Teams know the date.]}]"""


def address(version, stage="Production"):
    return f"/models/default/fraud/versions/{version.number}/transition?to={stage}"


def test_incumbent_and_candidate_stand_side_by_side(candidate, set_policy, contributor, session_of):
    set_policy()
    revise_version_card(contributor, candidate, {"limitations": "Not at night."}, based_on=0)

    page = session_of(contributor).get(address(candidate)).text

    assert "In Production now" in page
    assert "1 of 11 sections" in page
    assert page.count('class="is-best"') == 2
    assert "https://github.com/acme/fraud/commit/" + "b" * 40 in page
    for title, told in (("Params", "2 differ"), ("Data", "1 differs"), ("Code and image", "1 differs, 1 the same")):
        assert f'<strong>{title}</strong> <span class="soft small">{told}' in page
    assert "+0.09 (+11.1 %) better" in re.sub(r"<[^>]+>", "", page)


def test_long_differences_are_folded_and_counted(incumbent, version_of_run, set_policy, contributor, session_of):
    set_policy()
    candidate = version_of_run(0.9, [(f"p{number}", str(number)) for number in range(100)])

    page = session_of(contributor).get(address(candidate)).text

    assert '<details class="part"><summary><strong>Params</strong> <span class="soft small">101 differ' in page
    assert "40 of 101 are shown" in page


def test_whoever_may_not_see_the_run_is_told_so(candidate, set_policy, admin, outsider, model, session_of):
    set_policy(gates=GATES)
    accounts.grant_role(admin, outsider.user, Role.CONTRIBUTOR, model, reason="Only this model.")
    browser = session_of(outsider)
    browser.post(f"/models/default/fraud/versions/{candidate.number}/gates?to=Production")
    try_gates(GateTrial.objects.get().pk)

    page = browser.get(address(candidate)).text

    assert "Both runs are" in page
    assert "0.9" not in page
    assert "It is about a run that you may not see." in page


def test_the_gates_are_tried_by_a_worker_and_shown_as_they_come(candidate, set_policy, contributor, session_of):
    set_policy(gates=GATES)
    browser, gates = session_of(contributor), f"/models/default/fraud/versions/{candidate.number}/gates?to=Production"
    assert "Evaluate the gates" in browser.get(address(candidate)).text

    begun = browser.post(gates, headers={"HX-Request": "true"}).text
    assert 'hx-trigger="every 2s"' in begun
    assert begun.count(">waiting</span>") == 4

    try_gates(GateTrial.objects.get().pk)
    ended = browser.get(gates).text
    assert "2 of 4 would stand in the way." in ended
    assert "every 2s" not in ended
    assert "Give the version this tag: owner_team." in ended
    assert f'href="/models/default/fraud/versions/{candidate.number}/tags">Set tags' in ended
    assert "Write the card" in ended
    assert "The checklist is ticked on a request" in ended


def test_without_scripts_a_button_tries_the_gates_and_leads_back(candidate, set_policy, contributor, session_of):
    set_policy(gates=GATES)
    browser = session_of(contributor)

    answer = browser.post(f"/models/default/fraud/versions/{candidate.number}/gates?to=Production")

    assert answer.headers["Location"].startswith(address(candidate))
    assert "Evaluating gates" in browser.get(address(candidate)).text


@pytest.mark.parametrize(("auc", "seconds"), [(0.95, 11 * 60), (0.5, 31)])
def test_a_trial_counts_for_a_while(auc, seconds, candidate, set_policy, contributor, session_of):
    set_policy(gates=f"[{{type: metric_threshold, metric: auc, at_most: {auc}}}]")
    browser = session_of(contributor)
    browser.post(f"/models/default/fraud/versions/{candidate.number}/gates?to=Production")
    try_gates(GateTrial.objects.get().pk)
    assert "Evaluate again" in browser.get(address(candidate)).text

    GateTrial.objects.update(ended_at=timezone.now() - timedelta(seconds=seconds))

    assert 'hx-trigger="load"' in browser.get(address(candidate)).text


def test_what_was_put_right_meanwhile_is_evaluated_again(candidate, set_policy, contributor, session_of):
    set_policy(gates=GATES)
    browser = session_of(contributor)
    browser.post(f"/models/default/fraud/versions/{candidate.number}/gates?to=Production")
    try_gates(GateTrial.objects.get().pk)
    assert "Evaluate again" in browser.get(address(candidate)).text

    revise_version_card(contributor, candidate, {"limitations": "Not at night."}, based_on=0)

    assert 'hx-trigger="load"' in browser.get(address(candidate)).text


def test_a_trial_that_goes_on_is_not_begun_anew(candidate, set_policy, contributor, maintainer, session_of):
    set_policy(gates=GATES)
    gates = f"/models/default/fraud/versions/{candidate.number}/gates?to=Production"
    session_of(contributor).post(gates)
    begun = GateTrial.objects.get().begun_at
    session_of(maintainer).post(gates)
    assert GateTrial.objects.get().begun_at == begun

    try_gates(GateTrial.objects.get().pk)
    session_of(maintainer).post(gates)

    assert GateTrial.objects.get().begun_at > begun


def test_nobody_tries_gates_who_may_not_ask(candidate, set_policy, viewer, outsider, session_of):
    set_policy(gates=GATES)
    gates = f"/models/default/fraud/versions/{candidate.number}/gates?to=Production"

    assert session_of(viewer).post(gates).status_code == 403
    assert session_of(outsider).post(gates).status_code == 404
    assert not GateTrial.objects.exists()


def test_it_says_who_can_approve_and_why_others_cannot(
    candidate, set_policy, contributor, approver, second_approver, admin, cast, session_of
):
    set_policy(independence="strict")
    age_roles()
    young = cast("young", Role.APPROVER)
    with guard.lifted(), triggers.disabled():
        RoleBinding.objects.filter(user=young.user).update(granted_at=timezone.now() - timedelta(hours=10))
        ModelVersion.objects.filter(pk=candidate.pk).update(creator=second_approver.user)

    page = session_of(contributor).get(address(candidate)).text

    able, _, barred = page.partition('<ul class="people soft">')
    assert f"<span>{approver.user}</span>" in able.partition("Who can approve")[2]
    assert "registered the version" in barred
    assert "the role is younger than 24 h" in barred
    assert "UTC t" in barred


def test_it_says_when_nobody_can_approve(candidate, set_policy, contributor, approver, admin, session_of):
    set_policy()
    accounts.revoke_role(admin, RoleBinding.objects.get(user=approver.user), reason="Left.")

    assert "Nobody can: somebody needs the role approver" in session_of(contributor).get(address(candidate)).text


@pytest.mark.parametrize("hindrance", ["staging", "quarantine", "another"])
def test_what_no_approval_could_help_is_said_with_the_way_out(
    hindrance, candidate, version_of_run, set_policy, contributor, maintainer, session_of
):
    set_policy(skip_staging="false" if hindrance == "staging" else "true")
    other = version_of_run(0.91)
    if hindrance == "quarantine":
        quarantine(maintainer, candidate, reason="Looks poisoned.")
    if hindrance == "another":
        open_request(contributor, other, Stage.PRODUCTION)

    page = session_of(contributor).get(address(candidate)).text

    told = {"staging": "Move it to Staging", "quarantine": "It is quarantined", "another": "waits for the same stage"}
    assert told[hindrance] in page
    assert 'name="reason"' not in page


def test_an_open_request_is_shown_instead_of_another_one(candidate, set_policy, contributor, session_of):
    set_policy()
    request = open_request(contributor, candidate, Stage.PRODUCTION)

    page = session_of(contributor).get(address(candidate)).text

    assert f'href="/requests/{request.pk}">Open request {request.pk}' in page
    assert 'name="reason"' not in page


def test_an_approved_step_that_waits_for_a_call_is_taken_here(candidate, set_policy, contributor, approver, session_of):
    set_policy(execute="on_call")
    age_roles()
    vote(approver, checked(open_request(contributor, candidate, Stage.PRODUCTION)))
    browser = session_of(contributor)
    assert "Move to Production</button>" in browser.get(address(candidate)).text

    browser.post(address(candidate), {"reason": ""})

    assert ModelVersion.objects.get(pk=candidate.pk).stage == "Production"


def test_the_reason_typed_is_what_people_approve(candidate, set_policy, contributor, session_of):
    set_policy()

    session_of(contributor).post(address(candidate), {"reason": "Better on **new** cards."})

    assert PromotionRequest.objects.get().reason == "Better on **new** cards."


def test_a_step_for_which_nobody_is_asked_is_taken_at_once(candidate, contributor, session_of):
    page = session_of(contributor).get(address(candidate)).text
    assert "stamped unreviewed" in page
    assert "Who can approve" not in page

    session_of(contributor).post(address(candidate), {"reason": "Alone."})

    assert ModelVersion.objects.get(pk=candidate.pk).stage == "Production"


def test_a_prompt_has_no_such_page(contributor, project, set_policy, session_of):
    set_policy()
    prompt = create_registered_model(contributor, project, "greeting", tags={"mlflow.prompt.is_prompt": "true"})
    version = create_model_version(contributor, prompt, "dummy-source", tags={"mlflow.prompt.is_prompt": "true"})

    page = session_of(contributor).get(f"/models/default/greeting/versions/{version.number}/transition?to=Production")

    assert 'name="reason"' not in page.text


@pytest.mark.parametrize("size", [2, 90])
def test_the_number_of_queries_is_fixed(
    size, incumbent, version_of_run, set_policy, contributor, session_of, queries_of
):
    gates = ", ".join(f"{{type: required_tags, name: gate {n}, keys: [k{n}]}}" for n in range(size))
    set_policy(gates=f"[{gates}]")
    candidate = version_of_run(0.9, [(f"p{n}", str(n)) for n in range(size)])
    revise_version_card(contributor, candidate, {"limitations": "Not at night."}, based_on=0)
    browser = session_of(contributor)
    browser.post(f"/models/default/fraud/versions/{candidate.number}/gates?to=Production")
    try_gates(GateTrial.objects.get().pk)

    assert queries_of(browser, address(candidate)) == 17
