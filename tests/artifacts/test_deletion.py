"""Deleting files and folders, and erasing their bytes."""

import pytest

from artifacts import blockers
from artifacts.exceptions import NoSuchFile, StillNeeded
from artifacts.models import ArtifactFile, FileState
from artifacts.operations import delete_artifacts, erase_deleted, freeze, store_file
from artifacts.queries import find_file, list_folder
from artifacts.stores.local import LocalStore
from audit.exceptions import Hidden, InvalidInput, PermissionDenied, Unavailable
from audit.models import AuditEvent
from audit.operation import operation, require
from tests.artifacts.conftest import body_of


@pytest.fixture(autouse=True)
def no_blockers(monkeypatch):
    monkeypatch.setattr(blockers, "_blockers", [])


def test_a_file_is_deleted_and_recorded(contributor, space, store):
    store("a.txt", "b.txt")

    assert delete_artifacts(contributor, space, "a.txt") == 1

    with pytest.raises(NoSuchFile):
        find_file(space, "a.txt")
    assert [entry.name for entry in list_folder(space)] == ["b.txt"]
    space.refresh_from_db()
    assert (space.file_count, space.byte_count) == (1, 5)
    event = AuditEvent.objects.latest("pk")
    assert event.action == "artifact_space.artifacts_deleted"
    assert '"files":1' in bytes(event.body).decode()


@pytest.mark.parametrize(("path", "left"), [("a", ["ab/x"]), ("a/", ["ab/x"]), ("a/b", ["a/x", "ab/x"]), ("", [])])
def test_a_folder_is_deleted_with_all_below_it(contributor, space, store, path, left):
    store("a/x", "a/b/y", "a/b/c/z", "ab/x")

    delete_artifacts(contributor, space, path)

    assert sorted(map(str, ArtifactFile.objects.live())) == left


def test_deleting_nothing_is_harmless(contributor, space):
    assert delete_artifacts(contributor, space, "nothing") == 0


def test_an_unsafe_path_is_refused(contributor, space):
    with pytest.raises(InvalidInput):
        delete_artifacts(contributor, space, "../x")


def test_a_contributor_cannot_delete_what_others_made(cast, space, store):
    from accounts.roles import Role

    store("a.txt")

    with pytest.raises(PermissionDenied):
        delete_artifacts(cast("colleague", Role.CONTRIBUTOR), space, "a.txt")

    assert find_file(space, "a.txt")


def test_a_viewer_cannot_delete(viewer, space, store):
    store("a.txt")

    with pytest.raises(PermissionDenied):
        delete_artifacts(viewer, space, "a.txt")


def test_an_outsider_finds_nothing_to_delete(outsider, space, store):
    store("a.txt")

    with pytest.raises(Hidden):
        delete_artifacts(outsider, space, "a.txt")


def test_what_others_need_stays_and_the_refusal_names_them(maintainer, space, store):
    store("model/a.txt", "other.txt")
    blockers.register(lambda space, path: ["fraud/7 is in Production"] if path.startswith("model") else [])

    with pytest.raises(StillNeeded, match="fraud/7 is in Production") as refused:
        delete_artifacts(maintainer, space, "model/a.txt")
    delete_artifacts(maintainer, space, "other.txt")

    assert refused.value.details == {"blockers": ["fraud/7 is in Production"]}
    assert [str(file) for file in ArtifactFile.objects.live()] == ["model/a.txt"]


@operation
def _freeze(actor, space, path):
    require("write", space)
    freeze(space, path, reason="fraud/7 is in Production")


@pytest.mark.parametrize("path", ["model/a.txt", "model", "model/b", ""])
def test_what_is_frozen_stays(maintainer, space, store, path):
    store("model/a.txt", "model/b/c.txt")
    _freeze(maintainer, space, "model")

    with pytest.raises(StillNeeded, match="frozen"):
        delete_artifacts(maintainer, space, path)


def test_the_bytes_of_deleted_and_replaced_files_are_erased_and_recorded(contributor, space, store, artifact_root):
    store("a.txt", "b.txt", "c.txt")
    store("b.txt")
    delete_artifacts(contributor, space, "a.txt")

    assert erase_deleted() == 2
    assert erase_deleted() == 0

    states = ArtifactFile.objects.order_by("pk").values_list("name", "state")
    assert list(states) == [("a.txt", "deleted"), ("b.txt", "deleted"), ("c.txt", "ready"), ("b.txt", "ready")]
    kept = {file.storage_key for file in ArtifactFile.objects.live()}
    assert {str(path.relative_to(artifact_root)) for path in artifact_root.rglob("*") if path.is_file()} == kept
    assert AuditEvent.objects.latest("pk").action == "artifact_space.artifacts_erased"


def test_bytes_that_cannot_be_erased_now_are_erased_later(contributor, space, store, monkeypatch):
    store("a.txt", "b.txt")
    delete_artifacts(contributor, space)
    refused = ArtifactFile.objects.get(name="a.txt").storage_key
    delete = LocalStore.delete

    def refuse(self, key, version):
        if key == refused:
            raise Unavailable("locked")
        delete(self, key, version)

    monkeypatch.setattr(LocalStore, "delete", refuse)
    first = erase_deleted()
    monkeypatch.undo()
    second = erase_deleted()

    assert (first, second) == (1, 1)


def test_bytes_erased_before_a_crash_are_only_noted(contributor, space, store):
    store("a.txt")
    delete_artifacts(contributor, space)
    file = ArtifactFile.objects.get()
    LocalStore(file_root()).delete(file.storage_key, "")

    assert erase_deleted() == 1

    file.refresh_from_db()
    assert file.state == FileState.DELETED


def file_root():
    from pathlib import Path

    from django.conf import settings

    return Path(settings.ARTIFACT_ROOT)


def test_many_files_are_erased_in_steps(contributor, space, store, monkeypatch):
    monkeypatch.setattr("artifacts.operations.upkeep.BATCH", 2)
    store(*"abcde")
    delete_artifacts(contributor, space)

    assert erase_deleted() == 5


def test_a_file_of_the_same_path_survives_the_erasing(contributor, space):
    store_file(contributor, space, "a.txt", body_of("old"))
    delete_artifacts(contributor, space, "a.txt")
    new = store_file(contributor, space, "a.txt", body_of("new"))

    erase_deleted()

    new.refresh_from_db()
    assert new.state == FileState.READY
