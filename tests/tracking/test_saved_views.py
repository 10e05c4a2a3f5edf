"""Saved views: kept under a name, private or shared, changed and deleted."""

import pytest

from accounts.roles import Role
from audit.exceptions import AlreadyExists, Hidden, InvalidInput, NotFound, PermissionDenied
from audit.models import AuditEvent
from tracking import operations
from tracking.models import SavedView

ASKED = "q=metrics.acc+%3E+0.9&sort=-metrics.acc&column=metrics.acc"


@pytest.fixture
def save(project, experiment):
    def save(actor, name="Good ones", **options):
        return operations.save_view(actor, project, str(experiment.pk), name=name, query=ASKED, **options)

    return save


def seen_by(principal):
    return set(SavedView.objects.visible_to(principal).values_list("name", flat=True))


def test_a_view_is_kept_and_recorded(contributor, save):
    view = save(contributor, "  Good   ones ", shared=True)

    assert (view.name, view.query, view.shared) == ("Good ones", ASKED, True)
    event = AuditEvent.objects.get(action="saved_view.created")
    assert event.object_label == "Good ones"
    assert event.project_id == view.experiment.project_id


def test_a_private_view_is_there_for_its_owner_alone(contributor, viewer, save):
    save(contributor, "mine")
    save(contributor, "ours", shared=True)

    assert seen_by(contributor) == {"mine", "ours"}
    assert seen_by(viewer) == {"ours"}


def test_an_outsider_sees_no_view(contributor, outsider, save):
    save(contributor, shared=True)

    assert seen_by(outsider) == set()


def test_a_view_keeps_the_question_and_not_the_place_in_the_list(contributor, project, experiment):
    view = operations.save_view(
        contributor, project, str(experiment.pk), name="x", query=f"run=abc&page_token=xyz&evil=1&{ASKED}"
    )

    assert view.query == ASKED


def test_a_viewer_keeps_views_but_does_not_share_them(viewer, save):
    assert save(viewer).owner == viewer.user

    with pytest.raises(PermissionDenied):
        save(viewer, "ours", shared=True)


def test_an_outsider_saves_nothing_and_learns_nothing(outsider, save):
    with pytest.raises(Hidden):
        save(outsider)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b", None])
def test_a_view_needs_a_name(contributor, save, name):
    with pytest.raises(InvalidInput):
        save(contributor, name)


def test_a_name_is_taken_once_by_each_person(contributor, viewer, save):
    save(contributor)
    save(viewer)

    with pytest.raises(AlreadyExists, match="Good ones"):
        save(contributor)


def test_the_name_of_a_deleted_view_is_free_again(contributor, save):
    operations.delete_view(contributor, save(contributor))

    assert save(contributor).name == "Good ones"


def test_there_is_an_end_to_how_many_views_one_has(contributor, save, monkeypatch):
    monkeypatch.setattr("tracking.operations.saved_views.MOST_VIEWS", 1)
    save(contributor)

    with pytest.raises(InvalidInput, match="delete one"):
        save(contributor, "another")


def test_changing_a_view_is_recorded(contributor, save):
    view = save(contributor)

    operations.change_view(contributor, view, name="Best", query="q=x", shared=True)

    view.refresh_from_db()
    assert (view.name, view.query, view.shared) == ("Best", "q=x", True)
    assert AuditEvent.objects.filter(action="saved_view.updated").count() == 1


def test_changing_nothing_is_recorded_nowhere(contributor, save):
    operations.change_view(contributor, save(contributor), name="Good ones", query=ASKED, shared=False)

    assert not AuditEvent.objects.filter(action="saved_view.updated").exists()


def test_a_taken_name_is_refused_when_renaming(contributor, save):
    save(contributor, "taken")

    with pytest.raises(AlreadyExists):
        operations.change_view(contributor, save(contributor), name="taken")


def test_somebody_elses_private_view_does_not_exist(contributor, maintainer, save):
    view = save(contributor)

    with pytest.raises(NotFound):
        operations.change_view(maintainer, view, name="x")
    with pytest.raises(NotFound):
        operations.delete_view(maintainer, view)


def test_a_maintainer_tidies_up_shared_views(contributor, maintainer, save):
    view = save(contributor, shared=True)

    operations.delete_view(maintainer, view)

    assert seen_by(contributor) == set()
    assert AuditEvent.objects.get(action="saved_view.deleted").actor_uid == maintainer.uid


def test_another_contributor_does_not_change_a_shared_view(contributor, cast, save):
    colleague = cast("colleague", Role.CONTRIBUTOR)
    view = save(contributor, shared=True)

    with pytest.raises(PermissionDenied):
        operations.change_view(colleague, view, name="x")


def test_who_may_only_look_does_not_share_later_either(viewer, save):
    view = save(viewer)

    with pytest.raises(PermissionDenied):
        operations.change_view(viewer, view, shared=True)


def test_a_deleted_view_is_gone(contributor, save):
    view = save(contributor)
    operations.delete_view(contributor, view)

    with pytest.raises(NotFound):
        operations.delete_view(contributor, view)
