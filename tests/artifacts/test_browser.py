"""What a page shows of a folder or a file."""

import pytest

from artifacts.browser import browse
from artifacts.exceptions import NoSuchFile
from artifacts.models import ArtifactFile, ArtifactSpace
from artifacts.previews import Kind
from artifacts.queries import page_of_folder
from artifacts.stores import get_store
from audit.exceptions import InvalidInput


def fresh(space):
    return ArtifactSpace.objects.get(pk=space.pk)


def all_pages(space, path, size):
    names, after = [], ""
    while True:
        page = page_of_folder(space, path, after=after, size=size)
        assert len(page.folders) + len(page.files) <= size
        names += [f"{name}/" for name in page.folders] + [file.name for file in page.files]
        after = page.after
        if not after:
            return names


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_the_pages_of_a_folder_hold_everything_once(space, store, size):
    store("a/x", "a-b/x", "a0/x", "b", "c", "é/x", "a/y/z", "sub/a/1", "sub/b", "sub/a-/1")

    assert all_pages(space, "", size) == ["a-b/", "a/", "a0/", "sub/", "é/", "b", "c"]
    assert all_pages(space, "sub", size) == ["a-/", "a/", "b"]


def test_a_part_cannot_be_asked_for_by_nonsense(space):
    with pytest.raises(InvalidInput):
        page_of_folder(space, after="a\x00", size=2)


def test_a_folder_shows_what_explains_it(contributor, space, store):
    store(**{"model/MLmodel": "flavors: {}", "model/README.md": "# hi", "model/requirements.txt": "numpy==2\n# no\n"})

    shown = browse(contributor, space, "model")

    assert not shown.is_file
    assert (shown.preview.kind, shown.file.name) == (Kind.MLMODEL, "MLmodel")
    assert shown.preview.content.requirements == ["numpy==2"]
    assert [crumb.path for crumb in shown.crumbs] == ["model"]


def test_a_file_is_shown_beside_its_neighbours(contributor, space, store):
    store(**{"out/a.txt": "hello", "out/b.txt": "x"})

    shown = browse(contributor, space, "out/a.txt")

    assert shown.is_file
    assert str(shown.preview.content) == "hello"
    assert [file.name for file in shown.page.files] == ["a.txt", "b.txt"]


def test_only_the_beginning_of_a_file_is_read(contributor, space, store, monkeypatch):
    store(**{"big.txt": "x" * 1_000_000})
    asked = []
    store_class = type(get_store())
    real = store_class.open
    monkeypatch.setattr(
        store_class, "open", lambda self, key, version, *part: asked.append(part) or real(self, key, version, *part)
    )

    browse(contributor, space, "big.txt")

    assert asked == [(0, 65_536)]


def test_an_empty_file_is_shown_as_empty(contributor, space, store):
    store(**{"nothing.txt": "", "nothing.csv": "", "nothing.json": "", "MLmodel": ""})

    for name in ("nothing.txt", "nothing.csv", "nothing.json", "MLmodel"):
        assert browse(contributor, space, name).preview.kind == Kind.TEXT


def test_who_may_not_download_sees_names_and_no_content(viewer, space, store):
    store(**{"a.txt": "hello", "MLmodel": "flavors: {}"})

    for path in ("", "a.txt"):
        shown = browse(viewer, space, path)
        assert not shown.may_download
        assert shown.preview is None


def test_a_damaged_file_says_so(contributor, space, store):
    store(**{"a.txt": "hello"})
    file = ArtifactFile.objects.get()
    get_store().delete(file.storage_key, file.store_version)

    shown = browse(contributor, space, "a.txt")

    assert shown.preview.kind == Kind.NOTHING
    assert "missing" in shown.preview.remark


def test_what_is_not_there_is_refused(contributor, space, store):
    store("a")

    for place in (space, None):
        with pytest.raises(NoSuchFile):
            browse(contributor, place, "b")
    with pytest.raises(InvalidInput):
        browse(contributor, space, "../up")
    assert browse(contributor, None).is_empty


@pytest.mark.parametrize("path", ["", "MLmodel"])
def test_looking_costs_the_same_at_any_size(contributor, space, store, path, django_assert_max_num_queries):
    store(*(f"f{number}" for number in range(150)), *(f"d{number}/x" for number in range(100)), MLmodel="flavors: {}")
    contributor.grants  # noqa: B018  # read once a request

    with django_assert_max_num_queries(3):
        browse(contributor, fresh(space), path)
