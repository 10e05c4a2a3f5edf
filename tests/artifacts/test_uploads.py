"""Storing files."""

import hashlib

import pytest

from artifacts.exceptions import Frozen, IncompleteUpload, UploadLost
from artifacts.models import ArtifactFile, ArtifactSpace, FileState, Upload
from artifacts.operations import delete_artifacts, freeze, space_of, store_file
from artifacts.operations.uploads import begin_upload, finish_upload
from artifacts.paths import parse_path
from artifacts.stores.local import LocalStore
from artifacts.streaming import Incoming
from audit.exceptions import Hidden, InvalidInput, PermissionDenied, Unavailable
from audit.models import AuditEvent
from audit.operation import operation, require
from tests.artifacts.conftest import body_of, read_all


def stored_files(root):
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def test_a_file_is_stored_and_recorded(contributor, space, artifact_root):
    file = store_file(contributor, space, "model/weights.bin", body_of("abc"))

    digest = hashlib.sha256(b"abc").hexdigest()
    assert (str(file), file.size, file.sha256, file.state) == ("model/weights.bin", 3, digest, FileState.READY)
    assert file.created_by_id == contributor.user.pk
    assert read_all(contributor, space, "model/weights.bin") == b"abc"
    assert not Upload.objects.exists()
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.object_id) == ("artifact_space.artifact_stored", space.uid)
    assert f'"sha256":"{digest}"' in bytes(event.body).decode()


def test_the_space_counts_what_it_holds(contributor, space, store):
    store("a", "b/c")
    store(a="longer than before")

    space.refresh_from_db()
    assert (space.file_count, space.byte_count) == (2, len("longer than before") + len("b/c"))


def test_a_file_takes_the_place_of_the_one_before(contributor, space):
    first = store_file(contributor, space, "a.txt", body_of("one"))
    second = store_file(contributor, space, "a.txt", body_of("two"))

    first.refresh_from_db()
    assert (first.live, first.state) == (False, FileState.DELETING)
    assert read_all(contributor, space, "a.txt") == b"two"
    assert first.storage_key != second.storage_key


def test_an_empty_file_is_a_file(contributor, space):
    store_file(contributor, space, "empty.txt", body_of(""))

    assert read_all(contributor, space, "empty.txt") == b""


def test_the_key_says_nothing_about_the_path(contributor, space, artifact_root):
    store_file(contributor, space, "secret-project/model.bin", body_of("x"))

    assert [path for path in stored_files(artifact_root) if "secret" in str(path.relative_to(artifact_root))] == []


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "", "%2e%2e/x"])
def test_an_unsafe_path_is_refused(contributor, space, path, artifact_root):
    with pytest.raises(InvalidInput, match="Invalid path"):
        store_file(contributor, space, path, body_of("x"))

    assert stored_files(artifact_root) == []


def test_a_viewer_cannot_store_and_the_attempt_is_recorded(viewer, space, artifact_root):
    body = body_of("x")

    with pytest.raises(PermissionDenied):
        store_file(viewer, space, "a.txt", body)

    assert stored_files(artifact_root) == []
    assert AuditEvent.objects.get(outcome="denied").actor_uid == viewer.uid
    assert body.size == 1, "the body was read to its end"


def test_an_outsider_does_not_even_learn_that_the_space_is_there(outsider, space):
    with pytest.raises(Hidden):
        store_file(outsider, space, "a.txt", body_of("x"))


def test_a_body_that_ends_early_leaves_nothing(contributor, space, artifact_root):
    store_file(contributor, space, "a.txt", body_of("before"))
    cut = Incoming(_reads(b"half"), length=9)

    with pytest.raises(IncompleteUpload):
        store_file(contributor, space, "a.txt", cut)

    assert read_all(contributor, space, "a.txt") == b"before"
    assert len(stored_files(artifact_root)) == 1
    assert not Upload.objects.exists()


def _reads(*chunks: bytes):
    waiting = list(chunks)
    return lambda size: waiting.pop(0) if waiting else b""


def test_a_store_without_room_leaves_nothing(contributor, space, artifact_root, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)

    with pytest.raises(Unavailable, match="no room"):
        store_file(contributor, space, "a.txt", body_of("x"))

    assert stored_files(artifact_root) == []
    assert not ArtifactFile.objects.exists()
    assert not Upload.objects.exists()


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_store_that_fails_leaves_nothing(contributor, space, artifact_root, monkeypatch, call):
    store_file(contributor, space, "warm.txt", body_of("x"))

    def broken(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync" if call == "fsync" else "pathlib.Path.rename", broken)

    with pytest.raises(Unavailable):
        store_file(contributor, space, "a.txt", body_of("x"))

    monkeypatch.undo()
    assert len(stored_files(artifact_root)) == 1
    assert list(ArtifactFile.objects.values_list("name", flat=True)) == ["warm.txt"]


def test_a_right_taken_away_during_the_upload_leaves_nothing(contributor, viewer, space, artifact_root, monkeypatch):
    put = LocalStore.put

    def put_and_lose_the_right(self, key, body):
        version = put(self, key, body)
        monkeypatch.setattr(contributor, "may", viewer.may)
        return version

    monkeypatch.setattr(LocalStore, "put", put_and_lose_the_right)

    with pytest.raises(PermissionDenied):
        store_file(contributor, space, "a.txt", body_of("x"))

    assert stored_files(artifact_root) == []
    assert not Upload.objects.exists()


def test_an_upload_given_up_meanwhile_does_not_become_a_file(contributor, space):
    upload = begin_upload(contributor, space, parse_path("a.txt"))
    Upload.objects.all().delete()

    with pytest.raises(UploadLost):
        finish_upload(contributor, upload, size=1, sha256="x", version="")

    assert not ArtifactFile.objects.exists()


@operation
def _freeze(actor, space, path):
    require("write", space)
    return freeze(space, path, reason="fraud/7 is in Production")


@pytest.mark.parametrize("path", ["model/weights.bin", "model/new.bin", "model/deep/er.bin"])
def test_nothing_is_stored_in_a_frozen_folder(contributor, space, store, path, artifact_root):
    store("model/weights.bin")
    _freeze(contributor, space, "model")
    space.refresh_from_db()

    with pytest.raises(Frozen, match="fraud/7 is in Production"):
        store_file(contributor, space, path, body_of("x"))

    assert read_all(contributor, space, "model/weights.bin") == b"model/weights.bin"
    assert len(stored_files(artifact_root)) == 1


def test_a_folder_beside_the_frozen_one_stays_open(contributor, space, store):
    store("model/weights.bin")
    _freeze(contributor, space, "model")

    store("model2/weights.bin", "notes.txt", "model.txt")

    assert ArtifactFile.objects.live().count() == 4


def test_a_frozen_space_is_closed_altogether(contributor, space, store):
    _freeze(contributor, space, "")

    with pytest.raises(Frozen):
        store("any.txt")


def test_freezing_during_an_upload_wins(contributor, space, store, monkeypatch, artifact_root):
    put = LocalStore.put

    def put_and_freeze(self, key, body):
        version = put(self, key, body)
        _freeze(contributor, space, "model")
        return version

    monkeypatch.setattr(LocalStore, "put", put_and_freeze)

    with pytest.raises(Frozen):
        store_file(contributor, ArtifactSpace.objects.get(pk=space.pk), "model/late.bin", body_of("x"))

    assert stored_files(artifact_root) == []


def test_what_is_frozen_has_one_digest_for_ever(contributor, space, store):
    store("model/a", "model/b/c")

    first = _freeze(contributor, space, "model")
    again = _freeze(contributor, space, "model")

    assert first == again
    assert AuditEvent.objects.filter(action="artifact_space.frozen").count() == 1


def test_a_space_is_opened_once(contributor, owner):
    first, second = space_of(contributor, owner), space_of(contributor, owner)

    assert first == second
    assert AuditEvent.objects.filter(action="artifact_space.created").count() == 1


def test_two_first_files_at_once_open_one_space(contributor, owner, monkeypatch):
    first = space_of(contributor, owner)
    monkeypatch.setattr("artifacts.operations.spaces._find", lambda owner: None)

    assert space_of(contributor, owner) == first


def test_a_viewer_opens_no_space(viewer, owner):
    with pytest.raises(PermissionDenied):
        space_of(viewer, owner)


def test_storing_takes_few_queries(contributor, space, store, django_assert_max_num_queries):
    store("warm.txt")

    with django_assert_max_num_queries(12):
        store("a.txt")
    with django_assert_max_num_queries(13):
        store("a.txt")


def test_files_come_back_after_the_folder_was_deleted(maintainer, contributor, space, store):
    store("a/b.txt")
    delete_artifacts(maintainer, space, "a")

    store("a/b.txt")

    assert read_all(contributor, space, "a/b.txt") == b"a/b.txt"
