"""Deleting moves to the trash: nothing is erased, and what is live stays."""

import pytest

from accounts.roles import Role
from audit.exceptions import PermissionDenied
from registry import blockers
from registry.exceptions import ModelNotFound, NameTaken, NotInTrash, StillInUse, VersionNotFound
from registry.models import ModelVersion, RegisteredModel, StageInterval
from registry.operations import (
    create_registered_model,
    delete_model_version,
    delete_registered_model,
    restore_model_version,
    restore_registered_model,
    set_alias,
    set_version_tag,
    transition_stage,
)
from registry.queries import find_model, find_version, get_model, get_version
from registry.rules import Stage

LIVE = [Stage.STAGING, Stage.PRODUCTION]


@pytest.fixture
def nobody_else_objects(monkeypatch):
    """No other app has a say in deletions."""
    monkeypatch.setattr(blockers, "_blockers", [])


def test_a_deleted_version_is_gone_for_readers_and_nothing_of_it_is_erased(contributor, register, last_event):
    version = register(run_uid="f" * 32, tags={"a": "1"}, description="First", run_link="https://ci/7")
    set_alias(contributor, version, "champion")
    before = ModelVersion.objects.values("source", "run_uid", "run_link", "description", "creator", "stage").get()

    delete_model_version(contributor, version, reason="wrong data")

    with pytest.raises(VersionNotFound):
        get_version(contributor, version.project_id, "fraud", 1)
    assert get_model(contributor, version.project_id, "fraud").aliases == {}
    kept = ModelVersion.objects.values("source", "run_uid", "run_link", "description", "creator", "stage").get()
    assert kept == before
    assert version.tags.count() == 1
    assert StageInterval.objects.filter(version=version).count() == 1
    event = last_event(version)
    assert event["action"] == "model_version.deleted"
    assert event["before"] == {"lifecycle": "active", "aliases": ["champion"]}


def test_a_version_comes_back_from_the_trash_as_it_was_but_without_aliases(contributor, version, last_event):
    set_version_tag(contributor, version, "a", "1")
    set_alias(contributor, version, "champion")
    transition_stage(contributor, version, Stage.ARCHIVED)
    delete_model_version(contributor, version)

    restore_model_version(contributor, find_version(contributor, version.project_id, "fraud", 1, trashed=True))

    row = get_version(contributor, version.project_id, "fraud", 1)
    assert (row.stage, row.tags, row.aliases) == (Stage.ARCHIVED, {"a": "1"}, [])
    assert last_event(version)["action"] == "model_version.restored"


def test_only_what_is_in_the_trash_can_be_restored(contributor, model, version):
    with pytest.raises(NotInTrash):
        restore_model_version(contributor, version)
    with pytest.raises(NotInTrash):
        restore_registered_model(contributor, model)


def test_contributors_delete_their_own_versions_only(cast, contributor, viewer, register):
    theirs = register(by=cast("colleague", Role.CONTRIBUTOR))

    with pytest.raises(PermissionDenied):
        delete_model_version(contributor, theirs)
    with pytest.raises(PermissionDenied):
        delete_model_version(viewer, theirs)

    assert get_version(contributor, theirs.project_id, "fraud", 1)


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.RECORDS_MANAGER])
def test_maintainers_and_records_managers_delete_and_restore_what_others_made(cast, version, role):
    keeper = cast("keeper", role)

    delete_model_version(keeper, version)
    restore_model_version(keeper, version)

    assert get_version(keeper, version.project_id, "fraud", 1)


@pytest.mark.parametrize("stage", LIVE)
def test_a_live_version_cannot_be_deleted_by_anybody(maintainer, register, stage):
    version = register(stage)

    with pytest.raises(StillInUse, match=f"fraud/1 is in {stage}") as refusal:
        delete_model_version(maintainer, version)

    assert refusal.value.status == 409
    assert refusal.value.details["blockers"] == [f"fraud/1 is in {stage}, move it to Archived first"]
    assert get_version(maintainer, version.project_id, "fraud", 1)


def test_a_model_with_live_versions_cannot_be_deleted_and_all_of_them_are_named(maintainer, register):
    versions = [register(Stage.STAGING) for _ in range(5)]

    with pytest.raises(StillInUse, match="and 2 more") as refusal:
        delete_registered_model(maintainer, versions[0].model)

    assert len(refusal.value.details["blockers"]) == 5


def test_apps_above_can_object(contributor, version, nobody_else_objects):
    blockers.register(lambda versions: [f"{version} is deployed" for version in versions])

    with pytest.raises(StillInUse, match="fraud/1 is deployed"):
        delete_model_version(contributor, version)
    with pytest.raises(StillInUse, match="fraud/1 is deployed"):
        delete_registered_model(contributor, version.model)


def test_a_deleted_model_is_gone_with_its_versions_and_comes_back_with_them(contributor, model, register, project):
    set_alias(contributor, register(), "champion")

    delete_registered_model(contributor, model)
    for read in (find_model, get_model):
        with pytest.raises(ModelNotFound):
            read(contributor, project.pk, "fraud")
    with pytest.raises(ModelNotFound):
        get_version(contributor, project.pk, "fraud", 1)

    restore_registered_model(contributor, find_model(contributor, project.pk, "fraud", trashed=True))
    row = get_model(contributor, project.pk, "fraud")
    assert row.aliases == {"champion": 1}
    assert [version.number for version in row.latest_versions] == [1]


def test_a_model_cannot_come_back_while_its_name_is_taken(contributor, model, project):
    delete_registered_model(contributor, model)
    create_registered_model(contributor, project, "fraud")

    with pytest.raises(NameTaken):
        restore_registered_model(contributor, model)

    assert RegisteredModel.objects.active().count() == 1


def test_a_contributor_cannot_delete_a_model_of_another(cast, model):
    with pytest.raises(PermissionDenied):
        delete_registered_model(cast("colleague", Role.CONTRIBUTOR), model)


def test_the_model_that_went_to_the_trash_last_is_the_one_that_is_found_there(contributor, model, project):
    delete_registered_model(contributor, model)
    second = create_registered_model(contributor, project, "fraud")
    delete_registered_model(contributor, second)

    assert find_model(contributor, project.pk, "fraud", trashed=True).pk == second.pk
