"""Several agents and people change what runs at the same moment: one consistent outcome."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.models import User
from accounts.principals import Principal
from audit.exceptions import Refusal
from audit.models import AuditEvent
from deployments.models import Alert, Deployment, DeploymentInterval, Permit, Sighting
from deployments.operations import issue_permit, record_sightings, report_state, request_deployment, roll_back
from deployments.operations.sightings import Observation
from registry.models import ModelVersion
from registry.operations import delete_model_version, quarantine
from registry.rules import Stage
from tests.deployments.steps import fresh, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once():
    """Runs functions at the same time, each as a fresh principal of its own person; returns the outcomes."""

    def go(*acts):
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

    return go


def refused(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, Refusal)]


def again(version):
    return ModelVersion.objects.select_related("model__project").get(pk=version.pk)


def test_of_two_that_become_active_at_once_one_supersedes_the_other(deployer, register, environment, at_once):
    asked = [
        request_deployment(deployer, register(Stage.PRODUCTION), environment, image_digest=f"{n:064x}")
        for n in range(3)
    ]
    for each in asked:
        report_state(deployer, each, "deploying")

    outcomes = at_once(*[(deployer, lambda who, each=each: report_state(who, each, "active")) for each in asked])

    assert not refused(outcomes)
    assert Deployment.objects.active().count() == 1
    assert DeploymentInterval.objects.filter(state="active", until=None).count() == 1
    assert Deployment.objects.filter(state="superseded").count() == 2
    last = Deployment.objects.active().get()
    assert last.previous_id is not None


def test_the_same_report_at_once_is_noted_once(deployer, deployment, at_once):
    outcomes = at_once(*[(deployer, lambda who: report_state(who, deployment, "deploying"))] * 3)

    assert not refused(outcomes)
    assert AuditEvent.objects.filter(action="deployment.started").count() == 1


def test_the_same_wish_at_once_is_one_deployment(deployer, version, environment, at_once):
    outcomes = at_once(*[(deployer, lambda who: request_deployment(who, again(version), environment))] * 3)

    assert not refused(outcomes)
    assert Deployment.objects.count() == Permit.objects.count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_a_quarantine_comes_before_a_permit_or_after_it(deployer, maintainer, version, environment, at_once, attempt):
    asked, _ = at_once(
        (deployer, lambda who: request_deployment(who, again(version), environment)),
        (maintainer, lambda who: quarantine(who, again(version), reason="Odd scores.")),
    )

    order = list(
        AuditEvent.objects.filter(outcome="ok", action__in=_EITHER).order_by("pk").values_list("action", flat=True)
    )
    if isinstance(asked, Refusal):
        assert not Permit.objects.exists()
        assert order == ["model_version.quarantined"]
    else:
        assert order == ["deployment.permitted", "model_version.quarantined"]
        for attempt_ in (
            lambda: report_state(deployer, fresh(asked), "deploying"),
            lambda: issue_permit(deployer, fresh(asked)),
        ):
            with pytest.raises(Refusal, match="quarantined"):
                attempt_()


_EITHER = ["deployment.permitted", "model_version.quarantined"]


@pytest.mark.parametrize("attempt", range(3))
def test_a_deletion_and_a_deployment_do_not_both_win(
    deployer, maintainer, contributor, register, maintainer_place, at_once, attempt
):
    version = register(Stage.NONE)

    outcomes = at_once(
        (deployer, lambda who: request_deployment(who, again(version), maintainer_place)),
        (maintainer, lambda who: delete_model_version(who, again(version))),
    )

    assert len(refused(outcomes)) == 1
    assert Deployment.objects.exists() == (again(version).lifecycle == "active")


@pytest.fixture
def maintainer_place(maintainer, project):
    """An environment that takes any version."""
    from deployments.operations import create_environment

    return create_environment(maintainer, project, "lab", kind="development", required_stage="None")


def test_two_roll_backs_at_once_are_one(deployer, approver, running, register, environment, at_once):
    second = run(deployer, request_deployment(deployer, register(), environment))

    outcomes = at_once(
        (deployer, lambda who: roll_back(who, second, reason="Wrong.")),
        (approver, lambda who: roll_back(who, second, reason="Wrong!")),
    )

    assert not refused(outcomes)
    assert Deployment.objects.filter(rolls_back=second).count() == 1


def test_agents_that_see_the_same_raise_one_alert(deployer, running, environment, at_once):
    seen = [Observation("fraud", "f" * 64), Observation("fraud", running.content_digest)]

    outcomes = at_once(*[(deployer, lambda who: record_sightings(who, environment, seen))] * 4)

    assert not refused(outcomes)
    assert Alert.objects.count() == 1
    assert sorted(Sighting.objects.values_list("count", flat=True)) == [4, 4]
