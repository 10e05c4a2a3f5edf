"""Tagging, deleting and restoring many runs at once."""

import pytest

from audit.exceptions import Hidden, InvalidInput, PermissionDenied
from audit.models import AuditEvent
from tests.tracking.conftest import pairs
from tracking import operations
from tracking.exceptions import NoSuchRun, NotActive
from tracking.models import Run, RunTag


def tags_of(run_id):
    rows = RunTag.objects.filter(run__uid=run_id).exclude(key="mlflow.runName")
    return dict(rows.values_list("key", "value"))


def test_many_runs_get_the_same_tags(contributor, project, make_run):
    runs = [make_run(f"run-{number}", tags={"team": "old", "phase": "draft"}) for number in range(3)]

    count = operations.tag_runs(contributor, project, runs, tags=pairs({"team": "risk"}), remove=["phase", "never"])

    assert count == 3
    assert [tags_of(run) for run in runs] == [{"team": "risk"}] * 3


def test_tagged_runs_are_found_by_their_tag(contributor, project, experiment, make_run):
    from tracking.queries import search_runs

    run = make_run("ann")
    operations.tag_runs(contributor, project, [run], tags=pairs({"team": "risk"}))

    found = search_runs(contributor, project, experiment_ids=[str(experiment.pk)], filter_string="tags.team = 'risk'")
    assert [row.head.uid for row in found.rows] == [run]


def test_when_one_run_is_deleted_none_is_tagged(contributor, project, make_run):
    kept, gone = make_run("kept"), make_run("gone")
    operations.delete_run(contributor, project, gone)

    with pytest.raises(NotActive):
        operations.tag_runs(contributor, project, [kept, gone], tags=pairs({"team": "risk"}))
    assert tags_of(kept) == {}


def test_names_of_runs_are_not_changed_together(contributor, project, make_run):
    with pytest.raises(InvalidInput, match="one by one"):
        operations.tag_runs(contributor, project, [make_run()], tags=pairs({"mlflow.runName": "x"}))


def test_a_run_that_is_not_there_is_named(contributor, project, make_run):
    with pytest.raises(NoSuchRun, match="0" * 32):
        operations.tag_runs(contributor, project, [make_run(), "0" * 32], tags=pairs({"a": "b"}))


@pytest.mark.parametrize("runs", [[], ["x"] * 2 + [str(number) for number in range(600)]])
def test_no_run_or_too_many_are_refused(contributor, project, runs):
    with pytest.raises(InvalidInput):
        operations.delete_runs(contributor, project, runs)


def test_a_viewer_tags_nothing(viewer, project, make_run):
    with pytest.raises(PermissionDenied):
        operations.tag_runs(viewer, project, [make_run()], tags=pairs({"a": "b"}))


def test_an_outsider_learns_nothing(outsider, project, make_run):
    with pytest.raises(Hidden):
        operations.tag_runs(outsider, project, [make_run()], tags=pairs({"a": "b"}))


def test_many_runs_are_deleted_and_restored_with_an_event_each(contributor, project, make_run):
    runs = [make_run(f"run-{number}") for number in range(3)]

    assert operations.delete_runs(contributor, project, runs) == 3
    assert set(Run.objects.values_list("lifecycle_stage", flat=True)) == {"deleted"}
    assert AuditEvent.objects.filter(action="run.deleted").count() == 3

    assert operations.restore_runs(contributor, project, runs) == 3
    assert set(Run.objects.values_list("lifecycle_stage", flat=True)) == {"active"}
    assert AuditEvent.objects.filter(action="run.restored").count() == 3


def test_when_one_may_not_be_deleted_none_is(contributor, maintainer, project, experiment, make_run):
    own = make_run("own")
    theirs = operations.create_run(maintainer, project, experiment_id=str(experiment.pk)).head.uid

    with pytest.raises(PermissionDenied):
        operations.delete_runs(contributor, project, [own, theirs])
    assert set(Run.objects.values_list("lifecycle_stage", flat=True)) == {"active"}
