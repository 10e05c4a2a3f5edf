"""Listing folders, manifests and digests."""

import hashlib
import json
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from artifacts.exceptions import Damaged, NotHashedYet
from artifacts.models import ArtifactFile
from artifacts.operations import KEEPER, SpaceOwner, delete_artifacts, space_of
from artifacts.operations.upkeep import mark_file
from artifacts.queries import Entry, ManifestLine, content_digest, list_folder, manifest
from artifacts.stores.base import new_key
from audit import guard
from audit.exceptions import InvalidInput


def put_rows(space, *paths: str) -> None:
    """Rows without bytes: a listing never looks at the store."""
    with guard.lifted():
        ArtifactFile.objects.bulk_create(
            ArtifactFile(
                space=space, folder=folder + slash, name=name, size=len(path), sha256="x", storage_key=new_key()
            )
            for path in paths
            for folder, slash, name in [path.rpartition("/")]
        )


def shown(entries: list[Entry]) -> list[str]:
    return [entry.name + "/" * entry.is_folder for entry in entries]


def test_a_folder_shows_its_files_and_sub_folders_by_name(space):
    put_rows(space, "b.txt", "a/x", "a/y/z", "c/d/e/f", "c.txt")

    assert shown(list_folder(space)) == ["a/", "b.txt", "c/", "c.txt"]
    assert shown(list_folder(space, "a")) == ["x", "y/"]
    assert shown(list_folder(space, "c/d/")) == ["e/"]
    assert list_folder(space)[1] == Entry("b.txt", False, 5)


@pytest.mark.parametrize("path", ["b.txt", "nothing", "a/x", "a/nothing"])
def test_a_file_or_nothing_shows_nothing(space, path):
    put_rows(space, "b.txt", "a/x")

    assert list_folder(space, path) == []


def test_names_around_the_slash_do_not_hide_each_other(space):
    put_rows(space, "c/1", "c-x/1", "c.txt/1", "c0/1", "c /1", "c", "cc/1", "c/d-e/1", "c/d/1", "c/d0/1")

    assert shown(list_folder(space)) == ["c/", "c", "c /", "c-x/", "c.txt/", "c0/", "cc/"]
    assert shown(list_folder(space, "c")) == ["1", "d/", "d-e/", "d0/"]


def test_names_of_any_script_are_listed_in_one_order(space):
    put_rows(space, "é/1", "e/1", "Z/1", "日本/1", "😀/1", "ﬀ/1")

    assert shown(list_folder(space)) == ["Z/", "e/", "é/", "日本/", "ﬀ/", "😀/"]
    assert shown(list_folder(space, "😀")) == ["1"]


NAMES = st.text(st.sampled_from("ab-./0 é😀_"), min_size=1, max_size=3).filter(lambda name: name.strip("./"))
PATHS = st.lists(NAMES.map(lambda name: name.replace("/", "_")), min_size=1, max_size=4).map("/".join)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.sets(PATHS, max_size=12))
def test_a_listing_shows_what_a_walk_over_all_paths_would(space, paths):
    with guard.lifted():
        ArtifactFile.objects.all().delete()
    put_rows(space, *paths)

    for folder in {path.rpartition("/")[0] for path in paths} | {""}:
        start = f"{folder}/" if folder else ""
        below = [path.removeprefix(start) for path in paths if path.startswith(start)]
        expected = {rest.partition("/")[0] + "/" * ("/" in rest) for rest in below}
        assert set(shown(list_folder(space, folder))) == expected
        assert len(list_folder(space, folder)) == len(expected)


def test_files_of_other_spaces_and_deleted_files_are_not_shown(contributor, space, owner, store):
    values = {**{name: getattr(owner, name) for name in owner.__slots__}, "uid": "f" * 32, "root": "7/other"}
    other = space_of(contributor, SpaceOwner(**values))
    put_rows(other, "theirs.txt")
    store("kept.txt", "gone.txt", "folder/gone.txt")
    delete_artifacts(contributor, space, "gone.txt")
    delete_artifacts(contributor, space, "folder")

    assert shown(list_folder(space)) == ["kept.txt"]


def test_an_unsafe_folder_is_refused(space):
    with pytest.raises(InvalidInput):
        list_folder(space, "../x")


@pytest.mark.parametrize("count", [10, 100])
def test_a_listing_takes_two_queries(space, django_assert_num_queries, count):
    put_rows(space, *(f"folder{number}/deep/{number}.txt" for number in range(count)))

    with django_assert_num_queries(2):
        assert len(list_folder(space)) == count


def test_a_listing_does_not_walk_over_what_lies_deep_below(space):
    put_rows(space, *(f"a/{number // 100}/{number}" for number in range(5000)), "b/x")

    assert rows_read(lambda: list_folder(space)) < 50


def rows_read(work: Callable[[], object]) -> int:
    """About how many rows or index entries the database looked at."""
    return _steps_of_sqlite(work) if connection.vendor == "sqlite" else _rows_of_postgres(work)


def _steps_of_sqlite(work: Callable[[], object]) -> int:
    hundreds = []
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: hundreds.append(1), 100)
    try:
        work()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return len(hundreds)


def _rows_of_postgres(work: Callable[[], object]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE artifacts_artifactfile")
        with CaptureQueriesContext(connection) as queries:
            work()
        total = 0
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql'].strip()}")
            total += _rows(cursor.fetchone()[0][0]["Plan"])
    return total


def _rows(plan: dict) -> int:
    here = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return here + sum(map(_rows, plan.get("Plans", [])))


# --- Manifests --------------------------------------------------------------------------------------------------------


def test_a_manifest_names_every_file_below_a_folder(space, store, django_assert_num_queries):
    store("model/b", "model/a/c", "other")

    with django_assert_num_queries(1):
        lines = manifest(space, "model")

    assert lines == [
        ManifestLine("a/c", 9, hashlib.sha256(b"model/a/c").hexdigest()),
        ManifestLine("b", 7, hashlib.sha256(b"model/b").hexdigest()),
    ]
    assert [line.path for line in manifest(space)] == ["model/a/c", "model/b", "other"]


def test_the_digest_is_that_of_the_canonical_manifest(space, store):
    store("model/b", "model/a/c")

    files = [{"path": line.path, "sha256": line.sha256, "size": line.size} for line in manifest(space, "model")]
    text = json.dumps({"files": files, "v": 1}, separators=(",", ":"), sort_keys=True)
    assert content_digest(space, "model") == hashlib.sha256(text.encode()).hexdigest()


def test_the_digest_follows_every_change_and_nothing_else(contributor, space, store):
    store("model/a", "model/b")
    first = content_digest(space, "model")

    store("beside")
    assert content_digest(space, "model") == first
    store(**{"model/a": "changed"})
    assert content_digest(space, "model") != first
    store("model/a")
    assert content_digest(space, "model") == first
    delete_artifacts(contributor, space, "model/b")
    assert content_digest(space, "model") != first


def test_the_same_files_elsewhere_have_the_same_digest(space, store):
    store(**{"one/a": "x", "two/deep/a": "x"})

    assert content_digest(space, "one") == content_digest(space, "two/deep")


def test_a_file_that_nobody_has_read_yet_has_no_digest(space, store):
    store("model/a")
    with guard.lifted():
        ArtifactFile.objects.update(sha256="")

    with pytest.raises(NotHashedYet, match="Try again"):
        content_digest(space, "model")


def test_a_damaged_file_has_no_digest(space, store):
    store("model/a")
    mark_file(KEEPER, ArtifactFile.objects.select_related("space").get(), good=False)

    with pytest.raises(Damaged):
        content_digest(space, "model")
