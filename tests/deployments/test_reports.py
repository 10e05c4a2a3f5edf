"""What agents report: in order, harmless twice, and one active deployment at a target."""

import pytest

from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from deployments.exceptions import InvalidDeployment, NotDeployable, WrongOrder
from deployments.models import Deployment, DeploymentInterval, DeploymentState
from deployments.operations import report_state, request_deployment
from deployments.rules import NEXT_STATES, may_follow
from registry.operations import quarantine
from tests.deployments.steps import fresh, run


def test_a_deployment_begins_and_runs(deployer, deployment):
    running = run(deployer, deployment)

    assert running.state == DeploymentState.ACTIVE
    intervals = list(DeploymentInterval.objects.order_by("pk").values_list("state", "since", "until"))
    assert [state for state, _, _ in intervals] == ["requested", "permitted", "deploying", "active"]
    assert [until for _, _, until in intervals] == [since for _, since, _ in intervals[1:]] + [None]
    assert AuditEvent.objects.filter(action__in=["deployment.started", "deployment.activated"]).count() == 2


def test_the_same_report_twice_is_harmless(deployer, deployment):
    for state in ("deploying", "deploying", "active", "active", "stopped", "stopped"):
        report_state(deployer, deployment, state)

    assert DeploymentInterval.objects.count() == 5
    assert AuditEvent.objects.filter(object_type="deployment").count() == 5


@pytest.mark.parametrize("state", ["active", "superseded", "permitted"])
def test_the_wrong_order_is_refused(deployer, deployment, state):
    with pytest.raises((WrongOrder, InvalidDeployment)):
        report_state(deployer, deployment, state)

    assert fresh(deployment).state == DeploymentState.PERMITTED


def test_the_refusal_says_what_is_possible(deployer, deployment):
    with pytest.raises(WrongOrder, match="is permitted and cannot become active: it can become deploying") as refused:
        report_state(deployer, deployment, "active")

    assert refused.value.details == {"state": "permitted", "possible": ["deploying", "failed", "stopped"]}


def test_what_is_over_stays_over():
    for over in ("superseded", "stopped", "failed", "rolled_back"):
        assert not any(may_follow(over, state) for state in DeploymentState.values)
    assert all(state not in following for state, following in NEXT_STATES.items())


def test_the_next_one_supersedes_in_the_same_transaction(deployer, running, register, environment):
    second = run(deployer, request_deployment(deployer, register(), environment))

    first = fresh(running)
    assert (first.state, second.state, second.previous_id) == ("superseded", "active", first.pk)
    assert first.closed_at == second.updated_at
    event = AuditEvent.objects.filter(action="deployment.activated").latest("pk")
    assert event.also.get().object_id == str(first.pk)
    assert DeploymentInterval.objects.filter(state="active", until=None).count() == 1


def test_another_target_is_not_touched(deployer, running, register, environment):
    run(deployer, request_deployment(deployer, register(), environment, target="eu-1/fraud"))

    assert Deployment.objects.active().count() == 2


def test_nothing_begins_with_an_expired_permit(deployer, deployment, time_machine_at):
    with time_machine_at("2100-01-01T00:00:00Z"), pytest.raises(NotDeployable, match="expired") as refused:
        report_state(deployer, deployment, "deploying")

    assert refused.value.details == {"reason": "permit_expired"}


def test_nothing_begins_in_quarantine_but_what_runs_is_noted(deployer, maintainer, deployment, version):
    other = request_deployment(deployer, version, deployment.environment, target="other")
    report_state(deployer, deployment, "deploying")
    quarantine(maintainer, version, reason="Odd scores.")

    with pytest.raises(NotDeployable, match="quarantined"):
        report_state(deployer, other, "deploying")
    assert report_state(deployer, deployment, "active").state == DeploymentState.ACTIVE


@pytest.mark.parametrize("who", ["viewer", "contributor", "maintainer", "approver"])
def test_others_may_not_report(who, request, deployment):
    with pytest.raises(PermissionDenied):
        report_state(request.getfixturevalue(who), deployment, "deploying")
