"""Gates are judged again when people decide and when the step is taken: what they said before may no longer be true."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals import checks
from approvals.actors import PROMOTIONS
from approvals.exceptions import GatesBlock, SubjectChanged
from approvals.models import Decision, GateOutcome, GateResult, RequestState
from approvals.operations import open_request, post_check_result, refresh_request, waive_gate
from approvals.promotion import promote
from registry.models import ModelVersion
from registry.operations import set_version_tag
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, fresh, vote
from tracking import operations as tracking

METRIC = "[{type: metric_threshold, metric: auc, at_least: 0.8}]"


def stage_of(version):
    return ModelVersion.objects.get(pk=version.pk).stage


def taken(contributor, version):
    return promote(contributor, ModelVersion.objects.select_related("model").get(pk=version.pk), Stage.PRODUCTION)


@pytest.fixture
def approved(set_policy, contributor, approver, version_of_run):
    """Approved on what the gates said, to be taken by a later call."""
    set_policy(execute="on_call", gates=METRIC)
    age_roles()
    return vote(approver, checked(open_request(contributor, version_of_run(0.9), Stage.PRODUCTION)))


def log(contributor, project, version, value, step=2):
    point = {"key": "auc", "value": value, "timestamp": 2, "step": step}
    tracking.log_batch(contributor, project, version.run_uid, metrics=[point])


@pytest.mark.parametrize(("value", "said"), [(0.5, "Its auc is 0.5"), (float("nan"), "is not a number")])
def test_a_metric_that_got_worse_stops_an_approved_step(value, said, approved, contributor, project):
    log(contributor, project, approved.version, value)

    with pytest.raises(GatesBlock, match=said):
        taken(contributor, approved.version)
    assert stage_of(approved.version) == Stage.NONE


def test_another_value_must_be_approved_again_even_if_it_passes(approved, contributor, project):
    log(contributor, project, approved.version, 0.85)

    with pytest.raises(SubjectChanged, match="What metric auc says changed since the approval"):
        taken(contributor, approved.version)


def test_the_next_look_voids_the_votes(approved, contributor, project):
    log(contributor, project, approved.version, 0.85)

    checks.look_after_requests()

    assert Decision.objects.get().void_reason == "what the gates say changed"
    assert fresh(approved).state == RequestState.CHECKING


def test_nobody_approves_what_a_gate_no_longer_says(set_policy, contributor, approver, project, version_of_run):
    set_policy(gates=METRIC)
    age_roles()
    version = version_of_run(0.9)
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    log(contributor, project, version, 0.85)

    with pytest.raises(SubjectChanged, match="what the gates say changed"):
        vote(approver, request)


def test_a_tag_that_changed_begins_a_new_revision(set_policy, contributor, version):
    set_policy(gates="[{type: required_tags, keys: [owner_team]}]")
    set_version_tag(contributor, version, "owner_team", "risk")
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    set_version_tag(contributor, version, "owner_team", "")

    refresh_request(PROMOTIONS, request)
    assert fresh(request).revision == 1
    refresh_request(PROMOTIONS, request, ask_gates=True)
    assert fresh(request).revision == 2


def test_a_check_that_grew_old_stops_the_step(set_policy, contributor, approver, version, time_machine_at):
    set_policy(execute="on_call", gates="[{type: external_check, check: evaluation, max_age_days: 3}]")
    age_roles()
    post_check_result(contributor, version, "evaluation", passed=True)
    vote(approver, checked(open_request(contributor, version, Stage.PRODUCTION)))

    later = (timezone.now() + timedelta(days=5)).isoformat()
    with time_machine_at(later), pytest.raises(GatesBlock, match="older than 3 days"):
        taken(contributor, version)


@pytest.mark.parametrize("gate", ["{type: required_tags, keys: [owner_team]}", "{type: integrity}"])
def test_a_waiver_that_is_over_no_longer_counts(gate, set_policy, contributor, approver, version, time_machine_at):
    set_policy(execute="on_call", gates=f"[{gate}]")
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    name = GateResult.objects.get().name
    waive_gate(approver, request, name, reason="Known, and mended next week.", days=1, signed_in_at=timezone.now())
    vote(approver, checked(request))
    assert newest(request).outcome == GateOutcome.WAIVED

    with time_machine_at((timezone.now() + timedelta(days=2)).isoformat()), pytest.raises(GatesBlock, match=name):
        taken(contributor, version)
    assert taken(contributor, version).stage == Stage.PRODUCTION


def newest(request):
    """The gate of the newest revision."""
    return GateResult.objects.order_by("-revision__number").first()


def test_what_holds_a_step_up_is_kept_without_quoting_runs(
    set_policy, contributor, approver, project, version_of_run, monkeypatch
):
    set_policy(gates=METRIC)
    age_roles()
    version = version_of_run(0.9)
    request = checked(open_request(contributor, version, Stage.PRODUCTION))
    monkeypatch.setattr("approvals.operations.decisions._check_subject", lambda *given: None)
    log(contributor, project, version, 0.5)

    done = vote(approver, request)

    assert done.outcome == "Gates block this step. metric auc: It is about a run that you may not see.."
    assert stage_of(version) == Stage.NONE
