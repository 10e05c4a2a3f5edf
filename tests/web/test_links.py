"""Where to see what the log names: for those who may open the page, at the price of one query."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.history import object_history
from accounts.models import User
from accounts.operations import create_service_account, create_team, grant_role
from accounts.principals import Principal
from accounts.roles import Role
from registry.operations import create_model_version, create_registered_model, delete_registered_model
from tracking.operations import create_experiment, create_logged_model, create_run
from web.links import urls_of, with_links


@pytest.fixture
def things(maintainer, admin, project):
    """One of everything, with the address of its page."""
    experiment = create_experiment(maintainer, project, name="churn")
    run = create_run(maintainer, project, experiment_id=str(experiment.pk)).head
    logged = create_logged_model(maintainer, project, experiment_id=str(experiment.pk), name="forest")
    model = create_registered_model(maintainer, project, "fraud")
    version = create_model_version(maintainer, model, "s3://bucket/fraud")
    team = create_team(admin, "risk", project)
    return {
        ("project", str(project.pk)): "/projects/default",
        ("experiment", str(experiment.pk)): f"/experiments/{experiment.pk}",
        ("run", run.uid): f"/runs/{run.uid}",
        ("artifact_space", run.uid): f"/runs/{run.uid}",
        ("logged_model", logged.uid): f"/logged-models/{logged.uid}",
        ("artifact_space", logged.uid): f"/logged-models/{logged.uid}",
        ("registered_model", str(model.pk)): "/models/default/fraud",
        ("model", str(model.pk)): "/models/default/fraud",
        ("model_version", str(version.pk)): "/models/default/fraud/versions/1",
        ("team", str(team.pk)): f"/teams/{team.pk}",
    }


def fresh(principal):
    return Principal(principal.user, auth="session")


def test_everything_has_a_page_for_those_who_may_see_it(viewer, things):
    assert urls_of(fresh(viewer), things) == things


def test_nothing_has_a_page_for_an_outsider(outsider, things):
    assert urls_of(fresh(outsider), things) == {}


def test_what_is_not_there_or_has_no_page_has_no_address(maintainer, things):
    nothing = [
        ("run", "0" * 32),
        ("experiment", "x"),
        ("experiment", "²"),
        ("token", "tok_1"),
        ("nonsense", "1"),
        ("", ""),
    ]

    assert urls_of(fresh(maintainer), nothing) == {}


def test_a_model_in_the_trash_has_no_address(maintainer, project, things):
    model = create_registered_model(maintainer, project, "old")
    version = create_model_version(maintainer, model, "s3://bucket/old")
    delete_registered_model(maintainer, model)

    named = [("registered_model", str(model.pk)), ("model_version", str(version.pk))]
    assert urls_of(fresh(maintainer), named) == {}


def test_people_have_a_page_for_those_who_keep_or_audit_them_and_everybody_their_own(
    admin, viewer, maintainer, project
):
    robot = create_service_account(admin, "robot", project)
    named = [("user", viewer.uid), ("user", maintainer.uid), ("user", robot.uid), ("user", "sys_console")]

    assert urls_of(fresh(viewer), named) == {("user", viewer.uid): "/profile"}
    assert urls_of(fresh(admin), named) == {
        ("user", viewer.uid): f"/people/{viewer.uid}",
        ("user", maintainer.uid): f"/people/{maintainer.uid}",
        ("user", robot.uid): f"/service-accounts/{robot.uid}",
    }


def test_all_of_it_takes_one_query(viewer, things):
    principal = fresh(viewer)
    principal.grants  # noqa: B018  # read once per request

    with CaptureQueriesContext(connection) as queries:
        urls_of(principal, things)

    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        urls_of(principal, [("user", viewer.uid)])
    assert len(queries) == 0


def test_the_parts_of_a_sentence_lead_to_what_they_name(admin, project):
    ada = User.objects.get(pk=admin.user.pk)
    team = create_team(admin, "risk", project)
    binding = grant_role(admin, team, Role.VIEWER, project)

    (view,) = with_links(fresh(admin), object_history(fresh(admin), binding))

    assert [(part.text, part.url) for part in view.sentence if part.url] == [
        ("risk", f"/teams/{team.pk}"),
        ("default", "/projects/default"),
    ]
    assert view.summary == "gave risk the role viewer on project default"
    assert (view.actor_name, view.actor_url) == (str(ada), "/profile")
