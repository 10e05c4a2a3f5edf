"""Downloading files."""

from pathlib import Path

import pytest

from accounts.operations import update_project
from artifacts import readers
from artifacts.exceptions import BytesMissing, Damaged, IsFolder, NoSuchFile, NotOffered, RangeNotSatisfiable
from artifacts.models import ArtifactFile
from artifacts.operations import KEEPER, store_file
from artifacts.operations.upkeep import mark_file
from artifacts.queries import download_url, open_file
from artifacts.streaming import CHUNK, file_response
from audit.exceptions import Hidden, InvalidInput, PermissionDenied
from tests.artifacts.conftest import body_of, read_all


def test_a_file_is_read_back(contributor, space, store):
    store("a/b.txt")

    opened = open_file(contributor, space, "a/b.txt")

    assert (opened.name, opened.size, opened.start, opened.length) == ("b.txt", 7, 0, 7)
    assert b"".join(file_response(opened)) == b"a/b.txt"


def test_a_long_file_goes_out_in_pieces(contributor, space):
    store_file(contributor, space, "long.bin", body_of(b"x" * (2 * CHUNK + 1)))

    assert [len(chunk) for chunk in open_file(contributor, space, "long.bin").chunks] == [CHUNK, CHUNK, 1]


def test_a_range_is_read_alone(contributor, space, store):
    store(**{"a.txt": "0123456789"})

    opened = open_file(contributor, space, "a.txt", asked_range="bytes=2-4")

    assert b"".join(opened.chunks) == b"234"
    assert (opened.start, opened.length, opened.is_partial) == (2, 3, True)


def test_a_range_behind_the_end_is_refused(contributor, space, store):
    store(**{"a.txt": "0123456789"})

    with pytest.raises(RangeNotSatisfiable):
        open_file(contributor, space, "a.txt", asked_range="bytes=10-")


def test_a_range_of_a_file_that_has_changed_gives_all_of_it(contributor, space, store):
    store(**{"a.txt": "0123456789"})
    etag = open_file(contributor, space, "a.txt").etag

    same = open_file(contributor, space, "a.txt", asked_range="bytes=2-4", if_range=etag)
    store(**{"a.txt": "9876543210"})
    changed = open_file(contributor, space, "a.txt", asked_range="bytes=2-4", if_range=etag)

    assert (b"".join(same.chunks), b"".join(changed.chunks)) == (b"234", b"9876543210")


def test_a_missing_file_is_not_found(contributor, space):
    with pytest.raises(NoSuchFile):
        open_file(contributor, space, "nothing.txt")


def test_a_folder_is_not_a_file(contributor, space, store):
    store("a/b.txt")

    with pytest.raises(IsFolder):
        open_file(contributor, space, "a")


def test_an_unsafe_path_is_refused(contributor, space):
    with pytest.raises(InvalidInput):
        open_file(contributor, space, "%2e%2e/x")


def test_a_viewer_downloads_only_where_the_project_lets_viewers(viewer, admin, project, space, store):
    store("a.txt")

    with pytest.raises(PermissionDenied):
        open_file(viewer, space, "a.txt")
    update_project(admin, project, viewers_may_download=True)
    del viewer.grants

    assert read_all(viewer, space, "a.txt") == b"a.txt"


def test_an_outsider_does_not_even_learn_that_there_is_a_file(outsider, space, store):
    store("a.txt")

    with pytest.raises(Hidden):
        open_file(outsider, space, "a.txt")


def test_an_app_above_may_let_somebody_in_to_some_of_it(outsider, space, store, monkeypatch):
    store("model/a.txt", "other.txt")
    monkeypatch.setattr(readers, "_readers", [])
    readers.register(lambda actor, space, path: path.startswith("model/"))

    assert read_all(outsider, space, "model/a.txt") == b"model/a.txt"
    with pytest.raises(Hidden):
        open_file(outsider, space, "other.txt")


def test_bytes_that_are_missing_are_no_empty_file(contributor, space, store, artifact_root):
    store("a.txt")
    Path(artifact_root, ArtifactFile.objects.get().storage_key).unlink()

    with pytest.raises(BytesMissing, match="administrator"):
        open_file(contributor, space, "a.txt")


def test_a_damaged_file_is_not_given_out(contributor, space, store):
    store("a.txt")
    mark_file(KEEPER, ArtifactFile.objects.select_related("space").get(), good=False)

    with pytest.raises(Damaged):
        open_file(contributor, space, "a.txt")


def test_a_file_replaced_while_it_is_opened_is_read_as_it_is_now(contributor, space, store, artifact_root, monkeypatch):
    store(**{"a.txt": "old"})
    old = ArtifactFile.objects.get()
    store(**{"a.txt": "new"})
    Path(artifact_root, old.storage_key).unlink()
    from artifacts import queries

    find_file = queries.find_file
    answers = iter([old])
    monkeypatch.setattr(queries, "find_file", lambda *args: next(answers, None) or find_file(*args))

    assert read_all(contributor, space, "a.txt") == b"new"


def test_a_local_store_gives_no_addresses(contributor, space, store):
    store("a.txt")

    with pytest.raises(NotOffered):
        download_url(contributor, space, "a.txt")


def test_a_download_takes_two_queries(contributor, space, store, django_assert_num_queries):
    store("a.txt")
    _ = contributor.grants

    with django_assert_num_queries(1):
        open_file(contributor, space, "a.txt")
