"""Going back to what ran before: one call, with a pre-flight, and the replaced one becomes rolled back."""

import pytest

from accounts.models import User
from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Role
from audit.exceptions import PermissionDenied
from audit.models import AuditEvent
from deployments.exceptions import NotDeployable, NotRollable
from deployments.models import DeploymentState, Permit
from deployments.operations import report_state, request_deployment, roll_back, update_environment
from deployments.pre_flight import pre_flight
from registry.models import ModelVersion
from registry.operations import (
    create_model_version,
    create_registered_model,
    quarantine,
    set_inheritance,
    transition_stage,
)
from registry.rules import Stage
from tests.deployments.conftest import IMAGE
from tests.deployments.steps import fresh, run
from tracking.operations import delete_run


@pytest.fixture
def second(deployer, running, register, environment):
    """Version 2, running in place of version 1, which is Archived since."""
    return run(deployer, request_deployment(deployer, register(), environment))


def test_the_version_before_is_permitted_in_one_call(deployer, running, second):
    back = roll_back(deployer, second, reason="Wrong scores.")

    assert (back.version, back.state, back.rolls_back) == (running.version, DeploymentState.PERMITTED, second)
    assert (back.image_digest, back.content_digest, back.target) == (IMAGE, running.content_digest, "fraud")
    assert Permit.objects.filter(deployment=back).count() == 1
    assert fresh(second).state == DeploymentState.ACTIVE
    assert AuditEvent.objects.filter(action="deployment.roll_back_requested").count() == 1

    run(deployer, back)
    assert (fresh(second).state, fresh(back).state) == (DeploymentState.ROLLED_BACK, DeploymentState.ACTIVE)
    assert fresh(back).previous == second


def test_asking_twice_finds_the_same(deployer, second):
    assert roll_back(deployer, second, reason="Wrong.").pk == roll_back(deployer, second, reason="Wrong!").pk


def test_neither_stage_nor_hour_stand_against_it(maintainer, deployer, second, environment, time_machine_at):
    update_environment(maintainer, environment, change_window={"days": ["Mon"], "from": "09:00", "to": "12:00"})

    with time_machine_at("2100-01-03T10:00:00Z"):  # a Sunday
        back = roll_back(deployer, second, reason="Wrong scores.")

    assert back.version.stage == "Archived"


@pytest.mark.parametrize("who", ["maintainer", "approver"])
def test_those_who_keep_a_model_may_roll_it_back(who, request, second):
    assert roll_back(request.getfixturevalue(who), second, reason="Wrong scores.")


@pytest.mark.parametrize("who", ["viewer", "contributor"])
def test_others_may_not(who, request, second):
    with pytest.raises(PermissionDenied):
        roll_back(request.getfixturevalue(who), second, reason="Wrong scores.")


def test_a_reason_is_asked(deployer, second):
    with pytest.raises(NotRollable, match="Say why"):
        roll_back(deployer, second, reason=" ")


def test_there_must_have_been_something(deployer, running, register):
    with pytest.raises(NotRollable, match="never active at fraud"):
        roll_back(deployer, running, reason="Wrong.")
    with pytest.raises(NotRollable, match="fraud v2 was never active"):
        roll_back(deployer, running, to=register(), reason="Wrong.")


def test_what_does_not_run_is_not_rolled_back(deployer, second):
    report_state(deployer, second, "stopped")

    with pytest.raises(NotRollable, match="does not run now"):
        roll_back(deployer, second, reason="Wrong.")


def test_not_to_a_quarantined_version(maintainer, deployer, running, second):
    quarantine(maintainer, ModelVersion.objects.get(pk=running.version_id), reason="Odd scores.")

    with pytest.raises(NotDeployable, match="quarantined"):
        roll_back(deployer, second, reason="Wrong.")


def test_not_to_files_that_are_not_there_any_more(deployer, second, monkeypatch):
    from registry.queries import way_back

    monkeypatch.setattr(way_back, "content_digest", lambda space, prefix: "0" * 64)

    with pytest.raises(NotRollable, match="not what they were"):
        roll_back(deployer, second, reason="Wrong.")


def test_not_to_what_was_made_of_something_deleted(contributor, deployer, running, second, project):
    delete_run(contributor, project, ModelVersion.objects.get(pk=running.version_id).run.uid)

    with pytest.raises(NotDeployable, match="now deleted"):
        roll_back(deployer, second, reason="Wrong.")


@pytest.fixture
def after_another(admin, deployer, contributor, outsider, project, running, environment):
    """Version 1 of `other`, running in place of `fraud`; the outsider deploys `other` and reads `fraud`."""
    model = create_registered_model(contributor, project, "other")
    version = create_model_version(contributor, model, "s3://b/m")
    version = transition_stage(contributor, version, Stage.PRODUCTION)
    grant_role(admin, outsider.user, Role.DEPLOYER, model)
    grant_role(admin, outsider.user, Role.VIEWER, running.model)
    return run(deployer, request_deployment(deployer, version, environment, target=running.target))


def test_going_back_to_another_model_takes_the_right_to_roll_that_one_back(deployer, outsider, running, after_another):
    of_other = Principal(User.objects.get(pk=outsider.user.pk), auth="session")
    with pytest.raises(PermissionDenied):
        roll_back(of_other, after_another, reason="Wrong.")

    assert roll_back(deployer, after_another, reason="Wrong.").version == running.version


def test_what_ran_before_is_named_to_those_only_who_may_see_it(admin, deployer, outsider, running, after_another):
    set_inheritance(admin, running.model, inherits=False)
    blind = pre_flight(Principal(User.objects.get(pk=deployer.user.pk), auth="session"), after_another)
    seeing = pre_flight(Principal(User.objects.get(pk=outsider.user.pk), auth="session"), after_another)

    assert (blind.version, blind.may_go) == (None, False)
    assert blind.checks[-1].sentence == "What ran here before is not for you to see."
    assert seeing.version == running.version


def test_to_a_version_that_is_named(deployer, running, second, register, environment):
    third = run(deployer, request_deployment(deployer, register(), environment))

    back = roll_back(deployer, third, to=running.version, reason="Wrong.")

    assert back.version == running.version
