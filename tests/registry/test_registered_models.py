"""Making, describing, renaming registered models."""

import hashlib

import pytest

from accounts.operations import create_project, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from audit.exceptions import Hidden, PermissionDenied
from registry.exceptions import InvalidName, ModelNotFound, NameTaken
from registry.models import RegisteredModel
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_registered_model,
    rename_registered_model,
    set_inheritance,
    update_registered_model,
)
from registry.queries import find_model, get_model


def test_a_contributor_makes_a_model_and_owns_it(contributor, project, last_event):
    model = create_registered_model(contributor, project, "fraud", tags={"team": "risk"}, description="Scores payments")

    row = get_model(contributor, project.pk, "fraud")
    assert (row.name, row.owner, row.description, row.tags) == (
        "fraud",
        "contributor",
        "Scores payments",
        {"team": "risk"},
    )
    event = last_event(model)
    assert event["action"] == "registered_model.created"
    assert event["actor"]["id"] == contributor.uid
    assert event["after"] == {"name": "fraud", "is_prompt": False, "tags": ["team"], "next_version": 1}
    assert "Scores" not in str(event)


def test_a_viewer_cannot_make_a_model_and_the_attempt_is_recorded(viewer, project, denied):
    with pytest.raises(PermissionDenied):
        create_registered_model(viewer, project, "fraud")

    assert not RegisteredModel.objects.exists()
    assert denied() == [(viewer.uid, "create_registered_model")]


def test_to_an_outsider_the_project_is_not_there(outsider, project, denied):
    with pytest.raises(Hidden):
        create_registered_model(outsider, project, "fraud")

    assert denied() == [(outsider.uid, "create_registered_model")]


def test_two_models_of_a_project_cannot_share_a_name(contributor, project, model):
    with pytest.raises(NameTaken, match="already exists"):
        create_registered_model(contributor, project, "fraud")


def test_models_of_two_projects_can_share_a_name(admin, contributor, project, model):
    other = create_project(admin, "other")
    grant_role(CONSOLE, contributor.user, Role.CONTRIBUTOR, other)
    anew = Principal(contributor.user, auth="session")

    twin = create_registered_model(anew, other, "fraud")

    assert twin.pk != model.pk


@pytest.mark.parametrize("name", ["a/b", "", "fraud%20"])
def test_a_bad_name_is_refused(contributor, project, name):
    with pytest.raises(InvalidName):
        create_registered_model(contributor, project, name)


def test_a_model_is_described_and_the_log_keeps_only_the_digest_of_the_words(contributor, model, last_event):
    model = update_registered_model(contributor, model, description="Now with words")

    assert RegisteredModel.objects.get().description == "Now with words"
    assert last_event(model)["after"] == {"description_sha256": hashlib.sha256(b"Now with words").hexdigest()}


def test_a_viewer_cannot_describe_a_model(viewer, model):
    with pytest.raises(PermissionDenied):
        update_registered_model(viewer, model, description="Mine")


def test_a_maintainer_renames_a_model_and_its_versions_come_along(maintainer, model, version, project, last_event):
    rename_registered_model(maintainer, model, "fraud-eu")

    assert find_model(maintainer, project.pk, "fraud-eu").pk == model.pk
    with pytest.raises(ModelNotFound):
        find_model(maintainer, project.pk, "fraud")
    version.refresh_from_db()
    assert str(version) == "fraud-eu/1"
    event = last_event(model)
    assert (event["before"], event["after"]) == ({"name": "fraud"}, {"name": "fraud-eu"})


def test_a_contributor_cannot_rename_even_an_own_model(contributor, model):
    with pytest.raises(PermissionDenied):
        rename_registered_model(contributor, model, "fraud-eu")


def test_a_rename_to_a_taken_name_changes_nothing(contributor, maintainer, project, model):
    create_registered_model(contributor, project, "taken")

    with pytest.raises(NameTaken):
        rename_registered_model(maintainer, model, "taken")

    model.refresh_from_db()
    assert model.name == "fraud"


def test_a_rename_cannot_give_the_numbers_of_another_model_a_second_meaning(contributor, maintainer, project, version):
    gone = create_registered_model(contributor, project, "scoring")
    create_model_version(contributor, gone, "s3://bucket/scoring")
    delete_registered_model(maintainer, gone)

    with pytest.raises(NameTaken, match="stood for another model up to version 1"):
        rename_registered_model(maintainer, version.model, "scoring")


def test_a_model_without_versions_of_the_same_numbers_may_take_a_past_name(contributor, maintainer, project, model):
    gone = create_registered_model(contributor, project, "scoring")
    create_model_version(contributor, gone, "s3://bucket/scoring")
    delete_registered_model(maintainer, gone)

    model = rename_registered_model(maintainer, model, "scoring")

    assert create_model_version(contributor, model, "s3://bucket/scoring").number == 2


def test_a_model_may_take_its_own_past_name_back(maintainer, contributor, model, version):
    there = rename_registered_model(maintainer, model, "fraud-eu")
    create_model_version(contributor, there, "s3://bucket/fraud")

    back = rename_registered_model(maintainer, there, "fraud")

    assert create_model_version(contributor, back, "s3://bucket/fraud").number == 3


def test_a_model_in_the_trash_cannot_be_changed(maintainer, model):
    delete_registered_model(maintainer, model)

    with pytest.raises(ModelNotFound):
        update_registered_model(maintainer, model, description="Too late")


def test_a_project_admin_cuts_a_model_off_from_the_roles_of_its_project(admin, viewer, model, project, last_event):
    set_inheritance(admin, model, inherits=False)

    with pytest.raises(ModelNotFound):
        get_model(viewer, project.pk, "fraud")
    assert last_event(model)["after"] == {"inherit_access": False}


def test_a_maintainer_cannot_cut_a_model_off(maintainer, model):
    with pytest.raises(PermissionDenied):
        set_inheritance(maintainer, model, inherits=False)
