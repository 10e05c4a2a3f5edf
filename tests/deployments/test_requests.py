"""Asking that a version may run somewhere: who may, what stands against it, and what is recorded."""

import json

import pytest

from accounts.models import User
from accounts.operations import create_project, grant_role
from accounts.principals import Principal
from accounts.roles import Role
from audit import guard
from audit.exceptions import Hidden, PermissionDenied, Refusal
from audit.models import AuditEvent
from deployments.exceptions import EnvironmentNotFound, InvalidDeployment, NotDeployable
from deployments.models import Deployment, DeploymentInterval, DeploymentState, Permit
from deployments.operations import (
    archive_environment,
    create_environment,
    issue_permit,
    report_state,
    request_deployment,
    update_environment,
)
from deployments.queries import find_environment
from deployments.views.deploying import usual_target
from registry.exceptions import StillInUse
from registry.models import ModelVersion
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_model_version,
    quarantine,
    release,
    set_inheritance,
    transition_stage,
)
from registry.rules import Stage
from tests.deployments.conftest import IMAGE, OTHER_IMAGE
from tests.deployments.steps import fresh, run
from tracking.operations import delete_run


def test_a_deployer_asks_and_is_permitted(deployer, deployment, version, environment):
    assert deployment.state == DeploymentState.PERMITTED
    assert deployment.target == "fraud"
    assert deployment.content_digest == version.content_digest != ""
    assert deployment.image_digest == IMAGE
    states = list(DeploymentInterval.objects.order_by("pk").values_list("state", "actor__username"))
    assert states == [("requested", "deployer"), ("permitted", "deployer")]
    events = AuditEvent.objects.filter(object_type="deployment", object_id=str(deployment.pk)).order_by("pk")
    assert [event.action for event in events] == ["deployment.requested", "deployment.permitted"]
    asked = json.loads(bytes(events[0].body))["after"]
    assert (asked["version"], asked["target"], asked["image"]) == (version.audit_id, "fraud", IMAGE)


@pytest.mark.parametrize("who", ["viewer", "contributor", "approver", "maintainer"])
def test_others_may_not_and_the_attempt_is_recorded(who, request, version, environment):
    somebody = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied, match="deployer"):
        request_deployment(somebody, version, environment)

    assert not Deployment.objects.exists()
    assert AuditEvent.objects.get(outcome="denied").actor_uid == somebody.uid


def test_an_outsider_learns_nothing(outsider, version, environment):
    with pytest.raises(Hidden):
        request_deployment(outsider, version, environment)


def test_a_deployer_of_the_project_may_not_deploy_a_model_that_is_cut_off(admin, deployer, model, version, environment):
    set_inheritance(admin, model, inherits=False)

    with pytest.raises(Hidden):
        request_deployment(deployer, version_again(version), environment)


def test_a_superuser_gets_nothing_extra(viewer, version, environment):
    with guard.lifted():
        User.objects.filter(pk=viewer.user.pk).update(is_superuser=True)

    with pytest.raises(PermissionDenied):
        request_deployment(fresh_principal(viewer), version, environment)


def test_the_deployer_of_one_model_deploys_that_model(
    admin, outsider, model, version, environment, contributor, project
):
    grant_role(admin, outsider.user, Role.DEPLOYER, model)
    deployer = fresh_principal(outsider)
    assert find_environment(deployer, "default", "prod") == environment

    assert run(deployer, request_deployment(deployer, version, environment)).state == DeploymentState.ACTIVE
    other = create_registered_model(contributor, project, "other")
    with pytest.raises(Hidden):
        request_deployment(deployer, create_model_version(contributor, other, "s3://b/m"), environment)


@pytest.fixture
def other(contributor, project):
    """Version 1 of the model `other`, in Production."""
    model = create_registered_model(contributor, project, "other")
    version = create_model_version(contributor, model, "s3://b/m")
    return transition_stage(contributor, version, Stage.PRODUCTION)


@pytest.fixture
def of_other(admin, outsider, other):
    """The deployer of the model `other`."""
    grant_role(admin, outsider.user, Role.DEPLOYER, other.model)
    return fresh_principal(outsider)


def test_the_deployer_of_one_model_does_not_displace_another(deployer, of_other, other, environment, running):
    with pytest.raises(Refusal):
        request_deployment(of_other, other, environment, target="fraud")

    assert not Deployment.objects.filter(model=other.model).exists()
    assert request_deployment(deployer, other, environment, target="fraud")


def test_what_came_meanwhile_is_not_displaced_either(deployer, of_other, other, version, environment):
    asked = request_deployment(of_other, other, environment, target="scorer")
    runs = run(deployer, request_deployment(deployer, version, environment, target="scorer"))

    with pytest.raises(Refusal):
        run(of_other, asked)

    assert (fresh(runs).state, fresh(asked).state) == (DeploymentState.ACTIVE, DeploymentState.DEPLOYING)


def test_the_name_of_a_model_that_is_cut_off_does_not_become_a_target(admin, outsider, model, version, environment):
    grant_role(admin, outsider.user, Role.DEPLOYER, model)
    set_inheritance(admin, model, inherits=False)
    deployer = fresh_principal(outsider)

    with pytest.raises(InvalidDeployment, match="Name the target"):
        request_deployment(deployer, version_again(version), environment)
    assert request_deployment(deployer, version_again(version), environment, target="scorer").target == "scorer"


def test_the_page_proposes_no_such_target_either(admin, version, environment):
    def proposed():
        return usual_target(version_again(version), [environment])

    assert proposed() == "fraud"
    set_inheritance(admin, version.model, inherits=False)
    assert proposed() == ""


def version_again(version):
    return ModelVersion.objects.select_related("model__project").get(pk=version.pk)


def test_a_version_in_a_lower_stage_is_refused_with_the_reason(deployer, register, environment):
    staged = register(Stage.STAGING)

    with pytest.raises(NotDeployable, match="fraud v1 is in Staging; default/prod takes Production") as refused:
        request_deployment(deployer, staged, environment)

    assert refused.value.details == {"reason": "stage", "version": 1, "environment": "default/prod"}
    assert not Deployment.objects.exists()


def test_a_quarantined_version_is_refused_until_it_is_let_go(maintainer, approver, deployer, version, environment):
    quarantine(maintainer, version, reason="Odd scores.")

    with pytest.raises(NotDeployable, match="quarantined"):
        request_deployment(deployer, version, environment)

    release(approver, version, finding="A false alarm.")
    assert request_deployment(deployer, version, environment).state == DeploymentState.PERMITTED


def test_an_environment_may_ask_for_the_image(maintainer, deployer, version, environment):
    update_environment(maintainer, environment, needs_image=True)

    with pytest.raises(NotDeployable, match="image_digest"):
        request_deployment(deployer, version, environment)
    with pytest.raises(InvalidDeployment, match="not a tag"):
        request_deployment(deployer, version, environment, image_digest="fraud:latest")

    assert request_deployment(deployer, version, environment, image_digest=IMAGE)


def test_an_environment_is_changed_in_its_window_only(maintainer, deployer, version, environment, time_machine_at):
    update_environment(maintainer, environment, change_window={"days": ["Mon"], "from": "09:00", "to": "12:00"})

    with time_machine_at("2100-01-03T10:00:00Z"), pytest.raises(NotDeployable, match="Mon 09:00 to 12:00"):
        request_deployment(deployer, version, environment)  # a Sunday
    with time_machine_at("2100-01-04T10:00:00Z"):
        assert request_deployment(deployer, version, environment)


def test_asking_again_finds_the_same_deployment(deployer, deployment, version, environment):
    again = request_deployment(deployer, version, environment, image_digest=IMAGE)
    other = request_deployment(deployer, version, environment, image_digest=OTHER_IMAGE)

    assert again.pk == deployment.pk != other.pk
    assert Permit.objects.filter(deployment=deployment).count() == 1


def test_what_runs_already_is_found_too_with_a_permit_that_holds(
    deployer, running, version, environment, time_machine_at
):
    assert request_deployment(deployer, version, environment, image_digest=IMAGE).pk == running.pk
    assert Permit.objects.count() == 1

    with time_machine_at("2100-01-01T00:00:00Z"):
        again = request_deployment(deployer, version, environment, image_digest=IMAGE)
    assert (again.pk, again.state) == (running.pk, DeploymentState.ACTIVE)
    assert Permit.objects.count() == 2


def test_asking_again_when_the_permit_expired_gives_another(
    deployer, deployment, version, environment, time_machine_at
):
    with time_machine_at("2100-01-01T00:00:00Z"):
        again = request_deployment(deployer, version, environment, image_digest=IMAGE)

        assert again.pk == deployment.pk
        assert Permit.objects.filter(deployment=deployment).count() == 2
        assert report_state(deployer, again, "deploying").state == DeploymentState.DEPLOYING


def test_elsewhere_one_deploys_what_one_may_download(admin, deployer, version):
    elsewhere = create_project(admin, "edge")
    place = create_environment(
        fresh_principal(admin), elsewhere, "prod", kind="production", required_stage="Production"
    )

    with pytest.raises(Hidden):
        request_deployment(deployer, version, place)
    grant_role(fresh_principal(admin), deployer.user, Role.DEPLOYER, elsewhere)
    with pytest.raises(InvalidDeployment, match="Name the target"):
        request_deployment(fresh_principal(deployer), version, place)
    deployment = request_deployment(fresh_principal(deployer), version, place, target="scorer")

    assert (deployment.project.slug, deployment.model.project.slug) == ("edge", "default")


def fresh_principal(somebody):
    return Principal(User.objects.get(pk=somebody.user.pk), auth="session")


def test_a_new_permit_is_issued_while_it_runs_and_not_afterwards(deployer, running):
    issue_permit(deployer, running)
    assert Permit.objects.count() == 2

    report_state(deployer, running, "stopped")
    with pytest.raises(NotDeployable, match="ask for a new one"):
        issue_permit(deployer, running)


def test_a_new_permit_is_not_issued_in_quarantine(deployer, maintainer, running, version):
    quarantine(maintainer, version, reason="Odd scores.")

    with pytest.raises(NotDeployable, match="quarantined"):
        issue_permit(deployer, running)


def test_a_viewer_gets_no_permit(viewer, deployment):
    with pytest.raises(PermissionDenied):
        issue_permit(viewer, deployment)


def test_what_is_deployed_cannot_be_deleted(maintainer, deployer, register, environment):
    old = register()
    deployment = run(deployer, request_deployment(deployer, old, environment))
    register()  # archives the first

    with pytest.raises(StillInUse, match=r"fraud/1 is active in default/prod \(deployment \d+\)"):
        delete_model_version(maintainer, version_again(old))

    report_state(deployer, deployment, "stopped")
    delete_model_version(maintainer, version_again(old))


def test_what_was_made_of_something_deleted_is_not_deployed(contributor, maintainer, deployer, project, register):
    anywhere = create_environment(maintainer, project, "trial", kind="staging", required_stage="None")
    new = register(Stage.NONE)
    delete_run(contributor, project, new.run.uid)

    with pytest.raises(NotDeployable, match="now deleted: restore it") as refused:
        request_deployment(deployer, version_again(new), anywhere)

    assert refused.value.details["reason"] == "deleted"


def test_an_archived_environment_takes_nothing(maintainer, deployer, version, environment, running):
    with pytest.raises(NotDeployable, match="1 deployment is not over in prod"):
        archive_environment(maintainer, environment)

    report_state(deployer, running, "stopped")
    archive_environment(maintainer, environment)
    with pytest.raises(EnvironmentNotFound, match="archived"):
        request_deployment(deployer, version, environment)
    assert fresh(running).state == DeploymentState.STOPPED
