"""The history of an object: what its readers may read of it, in two queries, however long it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.history import object_history
from accounts.models import Project
from accounts.operations import add_member, create_team, create_user, grant_role, update_project
from accounts.principals import CONSOLE
from accounts.roles import Role
from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tests.conftest import PASSWORD


@pytest.fixture
def versions(contributor, maintainer, project):
    """Three versions of a model, the second of which took Production from the first."""
    model = create_registered_model(contributor, project, "fraud")
    made = [create_model_version(contributor, model, "s3://bucket/fraud") for _ in range(3)]
    for version in made[:2]:
        for stage in (Stage.STAGING, Stage.PRODUCTION):
            transition_stage(maintainer, version, stage)
    return made


def actions(views):
    return [view.event.action.partition(".")[2] for view in views]


def test_a_history_holds_what_changed_the_object_also_by_the_way(maintainer, versions):
    first = object_history(maintainer, versions[0])

    assert actions(first) == ["transitioned", "transitioned", "transitioned", "created"]
    assert first[0].summary == "moved fraud v2 from Staging to Production; fraud v1 made room"
    assert actions(object_history(maintainer, versions[2])) == ["created"]


def test_a_history_may_be_of_several_objects_and_is_cut_to_a_page(maintainer, versions):
    model = versions[0].model
    both = object_history(maintainer, model, ("model_version", str(versions[2].pk)))

    assert actions(both)[-1] == "created"
    assert {view.event.object_type for view in both} == {"registered_model", "model_version"}
    (newest,) = object_history(maintainer, versions[0], limit=1)
    assert actions(object_history(maintainer, versions[0], before=newest.event.pk)) == [
        "transitioned",
        "transitioned",
        "created",
    ]


def test_a_history_shows_what_the_reader_may_read(contributor, outsider, viewer, versions):
    assert {view.event.actor_uid for view in object_history(contributor, versions[0])} == {contributor.uid}
    assert object_history(viewer, versions[0]) == []
    assert object_history(outsider, versions[0], Project.objects.get(slug="default")) == []


def test_a_history_takes_two_queries_however_long_it_is(admin, project):
    def cost():
        admin.grants  # noqa: B018  # read once per request
        with CaptureQueriesContext(connection) as queries:
            views = object_history(admin, project, crew, limit=100)
        return len(queries), len(views)

    crew = create_team(admin, "crew", project)
    update_project(admin, project, name="A")
    few = cost()
    for number in range(20):
        person = create_user(CONSOLE, f"person{number}", password=PASSWORD)
        grant_role(admin, person, Role.VIEWER, project)
        add_member(admin, crew, person)
        update_project(admin, project, name=str(number))

    many = cost()
    assert few[0] == many[0] == 2
    assert many[1] > few[1] + 30
