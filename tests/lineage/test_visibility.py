"""What somebody sees of the graph follows from their roles, on projects and on single models and experiments."""

import pytest

from accounts.models import Project
from accounts.operations import grant_role, issue_token_for, update_project
from accounts.principals import CONSOLE, Principal
from accounts.roles import Action, Role
from audit.operation import bulk_write, require
from lineage import keys
from lineage.engine import graph_for
from lineage.facts import Flow, Place, Thing
from lineage.recording import record_facts
from lineage.vocabulary import EdgeKind, NodeKind
from registry.operations import create_registered_model, set_inheritance
from tracking.operations import create_experiment


@bulk_write
def note(actor, place, things, flows=()):
    require(Action.VIEW, Project.objects.get(pk=place.project_id))
    return record_facts(place, things, flows)


def thing(name):
    return Thing(NodeKind.ARTIFACT, keys.artifact(name), name)


IN_PROJECT, IN_MODEL, IN_EXPERIMENT, IN_SECRET, SHARED = map(
    thing, ["project", "model", "experiment", "secret", "shared"]
)


@pytest.fixture
def model(contributor, project):
    return create_registered_model(contributor, project, "fraud")


@pytest.fixture
def experiment(contributor, project):
    return create_experiment(contributor, project, name="trials")


@pytest.fixture
def scene(contributor, keeper, project, secret, model, experiment):
    """project -> secret -> model -> experiment, and something of the secret project that is shared with the other."""
    note(contributor, Place(project.pk), [IN_PROJECT])
    note(contributor, Place(project.pk, "model", model.pk), [IN_MODEL])
    note(contributor, Place(project.pk, "experiment", experiment.pk), [IN_EXPERIMENT])
    ways = [(IN_PROJECT, IN_SECRET), (IN_SECRET, IN_MODEL), (IN_MODEL, IN_EXPERIMENT)]
    keeper = Principal(keeper.user, auth="session")
    note(keeper, Place(secret.pk), [IN_SECRET, SHARED], [Flow(a.key, b.key, EdgeKind.DERIVED) for a, b in ways])
    note(contributor, Place(project.pk), [SHARED])


def seen_by(person, *, token=None):
    """The names of what somebody may read."""
    person = Principal(person.user, auth="token" if token else "session", token=token)
    found = graph_for(person).find(one.key for one in (IN_PROJECT, IN_MODEL, IN_EXPERIMENT, IN_SECRET, SHARED))
    return {key.rpartition(":")[2] for key in found}


def test_the_roles_on_a_project_show_what_lies_in_it_and_what_is_shared_with_it(scene, viewer, keeper, outsider):
    assert seen_by(viewer) == {"project", "model", "experiment", "shared"}
    assert seen_by(keeper) == {"secret", "shared"}
    assert seen_by(outsider) == set()


def test_a_role_on_a_single_model_or_experiment_shows_it(scene, admin, outsider, keeper, model, experiment):
    grant_role(admin, outsider.user, Role.VIEWER, model)
    grant_role(admin, keeper.user, Role.VIEWER, experiment)

    assert seen_by(outsider) == {"model"}
    assert seen_by(keeper) == {"secret", "shared", "experiment"}


def test_a_model_that_does_not_inherit_is_hidden_from_its_project(scene, admin, viewer, model):
    set_inheritance(admin, model, inherits=False)

    assert seen_by(viewer) == {"project", "experiment", "shared"}
    assert "model" in seen_by(admin)


def test_an_auditor_reads_everything_and_a_token_for_one_project_only_that(scene, outsider, project):
    grant_role(CONSOLE, outsider.user, Role.AUDITOR, None)

    assert len(seen_by(outsider)) == 5
    token, _ = issue_token_for(CONSOLE, outsider.user, name="ci", project=project)
    assert seen_by(outsider, token=token) == {"project", "model", "experiment", "shared"}


def test_lineage_passes_through_a_project_unless_it_says_no(scene, viewer, keeper, secret):
    def reached():
        graph = graph_for(Principal(viewer.user, auth="session"))
        found = graph.reach(graph.starts([IN_PROJECT.key]))
        return found.total, len(graph.edges_among(found).segments)

    assert reached() == (3, 1)
    update_project(Principal(keeper.user, auth="session"), secret, lineage_passes=False)
    assert reached() == (1, 0)


def test_what_is_shown_of_something_shared_is_a_scope_that_may_be_read(scene, viewer, project):
    graph = graph_for(Principal(viewer.user, auth="session"))
    found = graph.reach(graph.starts([SHARED.key]))

    (scope,) = graph.shown_scopes(found).tolist()
    graph.store.scope_table.make_sure_of(graph.shown_scopes(found))
    assert graph.store.scope_table.projects[scope] == project.pk


def test_two_viewers_know_a_segment_by_different_names(scene, viewer, contributor):
    def tokens(person):
        graph = graph_for(Principal(person.user, auth="session"))
        found = graph.reach(graph.starts([IN_PROJECT.key]))
        return {segment.token for segment in graph.edges_among(found).segments}

    assert tokens(viewer) == tokens(viewer)
    assert not tokens(viewer) & tokens(contributor)
