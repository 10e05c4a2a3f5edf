"""Runs: making, changing, deleting, restoring; who may, and what the log says."""

import re

import pytest

from accounts.operations import create_project, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from audit.exceptions import InvalidInput, NotFound, PermissionDenied
from audit.models import AuditEvent
from tracking import operations
from tracking.exceptions import NoSuchRun, NotActive
from tracking.models import Run
from tracking.queries import get_run

pytestmark = pytest.mark.django_db


def tags_of(row):
    return {tag["key"]: tag["value"] for tag in row.tags}


def test_a_run_is_made_by_whoever_asks_whatever_the_client_says_about_itself(contributor, project, experiment):
    made = operations.create_run(
        contributor,
        project,
        experiment_id=str(experiment.pk),
        start_time="1234567890123",
        tags=[{"key": "mlflow.user", "value": "somebody else"}],
    )

    row = get_run(contributor, project, made.head.uid)
    assert row.head == made.head
    assert re.fullmatch("[0-9a-f]{32}", row.head.uid)
    assert (row.head.status, row.head.start_time, row.head.end_time) == ("RUNNING", 1234567890123, None)
    assert row.head.owner_name == "contributor"
    assert row.head.artifact_uri == f"mlflow-artifacts:/{experiment.pk}/{row.head.uid}/artifacts"
    assert tags_of(row) == tags_of(made)
    event = AuditEvent.objects.get(action="run.created")
    assert (event.object_id, event.actor_uid, event.project_id) == (row.head.uid, contributor.uid, project.pk)


def test_a_run_without_a_start_starts_at_zero(contributor, project, experiment):
    assert operations.create_run(contributor, project, experiment_id=str(experiment.pk)).head.start_time == 0


def test_a_run_without_a_name_gets_one_that_can_be_said(contributor, project, experiment):
    row = operations.create_run(contributor, project, experiment_id=str(experiment.pk))

    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", row.head.name)
    assert tags_of(row) == {"mlflow.runName": row.head.name}


@pytest.mark.parametrize(
    ("name", "tag", "expected"),
    [("ann", None, "ann"), (None, "ann", "ann"), ("ann", "ann", "ann"), ("", "ann", "ann"), ("ann", "", "ann")],
)
def test_the_name_and_its_tag_are_one_thing(contributor, project, experiment, name, tag, expected):
    tags = [{"key": "mlflow.runName", "value": tag}] if tag is not None else []
    row = operations.create_run(contributor, project, experiment_id=str(experiment.pk), name=name, tags=tags)

    assert row.head.name == expected
    assert tags_of(get_run(contributor, project, row.head.uid)) == {"mlflow.runName": expected}


def test_a_name_and_a_tag_that_differ_are_refused(contributor, project, experiment):
    with pytest.raises(InvalidInput, match="with different values"):
        operations.create_run(
            contributor,
            project,
            experiment_id=str(experiment.pk),
            name="ann",
            tags=[{"key": "mlflow.runName", "value": "bob"}],
        )


def test_a_name_follows_its_tag_and_the_tag_its_name(contributor, project, make_run):
    run = make_run("ann")

    operations.set_run_tag(contributor, project, run, key="mlflow.runName", value="bob")
    assert get_run(contributor, project, run).head.name == "bob"
    operations.log_batch(contributor, project, run, tags=[{"key": "mlflow.runName", "value": "cid"}])
    assert get_run(contributor, project, run).head.name == "cid"
    operations.update_run(contributor, project, run, name="dan")
    assert tags_of(get_run(contributor, project, run)) == {"mlflow.runName": "dan"}
    operations.delete_run_tag(contributor, project, run, key="mlflow.runName")
    assert get_run(contributor, project, run).head.name == "dan"
    assert AuditEvent.objects.filter(action="run.updated").count() == 3


def test_a_run_is_updated_and_the_event_says_from_what_to_what(contributor, project, make_run):
    run = make_run("ann")

    row = operations.update_run(contributor, project, run, status="FINISHED", end_time=99, name="")

    assert (row.head.status, row.head.end_time, row.head.name) == ("FINISHED", 99, "ann")
    body = AuditEvent.objects.get(action="run.updated").body
    assert b'"after":{"end_time":"99","status":"FINISHED"}' in bytes(body)


@pytest.mark.parametrize("status", ["BOGUS", "finished", 3, None])
def test_an_unknown_status_is_ignored(contributor, project, make_run, status):
    run = make_run("ann")

    assert operations.update_run(contributor, project, run, status=status).head.status == "RUNNING"
    assert not AuditEvent.objects.filter(action="run.updated").exists()


def test_a_run_is_deleted_and_restored_and_a_second_time_changes_nothing(contributor, project, make_run):
    run = make_run("ann")
    for _ in range(2):
        operations.delete_run(contributor, project, run)
        assert get_run(contributor, project, run).head.lifecycle_stage == "deleted"
    for _ in range(2):
        operations.restore_run(contributor, project, run)
        assert get_run(contributor, project, run).head.lifecycle_stage == "active"

    assert AuditEvent.objects.filter(action__in=["run.deleted", "run.restored"]).count() == 2


def test_a_run_is_not_restored_while_its_whole_experiment_is_deleted(contributor, project, experiment, make_run):
    run = make_run("ann")
    operations.delete_experiment(contributor, project, str(experiment.pk))

    with pytest.raises(NotActive, match=r"The experiment .* must be in the 'active' state"):
        operations.restore_run(contributor, project, run)


@pytest.mark.parametrize("what", ["run", "experiment"])
def test_nothing_is_added_to_what_is_deleted(contributor, project, experiment, make_run, what):
    run = make_run("ann")
    if what == "run":
        operations.delete_run(contributor, project, run)
    else:
        operations.delete_experiment(contributor, project, str(experiment.pk))

    metric = {"key": "a", "value": 1, "timestamp": 1}
    for write in (
        lambda: operations.update_run(contributor, project, run, status="FINISHED"),
        lambda: operations.log_metric(contributor, project, run, metric=metric),
        lambda: operations.log_param(contributor, project, run, key="a", value="b"),
        lambda: operations.log_batch(contributor, project, run, metrics=[metric]),
        lambda: operations.set_run_tag(contributor, project, run, key="a", value="b"),
        lambda: operations.delete_run_tag(contributor, project, run, key="a"),
        lambda: operations.log_inputs(contributor, project, run),
        lambda: operations.log_outputs(contributor, project, run, models=[]),
        lambda: operations.log_model_history(contributor, project, run, model="{}"),
    ):
        with pytest.raises(NotActive, match="must be in the 'active' state"):
            write()


def test_no_run_is_made_in_a_deleted_experiment(contributor, project, experiment):
    operations.delete_experiment(contributor, project, str(experiment.pk))

    with pytest.raises(NotActive):
        operations.create_run(contributor, project, experiment_id=str(experiment.pk))


@pytest.mark.parametrize("run_id", ["", "0" * 32, "x", "a\x00b", "0" * 33, "../0"])
def test_a_run_that_is_not_there_is_not_found(contributor, project, run_id):
    with pytest.raises(NoSuchRun):
        get_run(contributor, project, run_id)
    with pytest.raises(NoSuchRun):
        operations.update_run(contributor, project, run_id, name="a")
    with pytest.raises(NoSuchRun):
        operations.log_param(contributor, project, run_id, key="a", value="b")


def test_a_run_of_another_project_is_not_found(admin, contributor, make_run):
    other = create_project(CONSOLE, "other", admin=admin.user)
    admin = Principal(admin.user, auth="session")
    run = make_run("ann")

    with pytest.raises(NoSuchRun):
        get_run(admin, other, run)
    with pytest.raises(NoSuchRun):
        operations.log_param(admin, other, run, key="a", value="b")


def test_a_viewer_reads_runs_and_changes_nothing(viewer, project, make_run, experiment):
    run = make_run("ann")
    assert get_run(viewer, project, run).head.name == "ann"

    for write in (
        lambda: operations.create_run(viewer, project, experiment_id=str(experiment.pk)),
        lambda: operations.update_run(viewer, project, run, name="x"),
        lambda: operations.delete_run(viewer, project, run),
        lambda: operations.log_param(viewer, project, run, key="a", value="b"),
        lambda: operations.log_batch(viewer, project, run, tags=[{"key": "a", "value": "b"}]),
        lambda: operations.set_run_tag(viewer, project, run, key="a", value="b"),
        lambda: operations.log_inputs(viewer, project, run),
        lambda: operations.log_outputs(viewer, project, run, models=[]),
    ):
        with pytest.raises(PermissionDenied):
            write()
    assert AuditEvent.objects.filter(outcome="denied").count() == 8


def test_for_an_outsider_a_run_does_not_exist(outsider, project, make_run):
    run = make_run("ann")

    with pytest.raises(NotFound):
        get_run(outsider, project, run)
    with pytest.raises(NotFound):
        operations.log_param(outsider, project, run, key="a", value="b")


def test_contributors_delete_their_own_runs_and_maintainers_all(contributor, maintainer, project, make_run, cast):
    run, other = make_run("ann"), cast("other", Role.CONTRIBUTOR)

    with pytest.raises(PermissionDenied):
        operations.delete_run(other, project, run)
    operations.delete_run(maintainer, project, run)
    operations.restore_run(contributor, project, run)


def test_a_role_on_one_experiment_opens_that_one(admin, outsider, project, experiment, make_run):
    grant_role(admin, outsider.user, Role.CONTRIBUTOR, experiment)
    guest = Principal(outsider.user, auth="session")

    run = make_run("ann")
    operations.log_param(guest, project, run, key="a", value="b")
    assert get_run(guest, project, run).params == [{"key": "a", "value": "b"}]
    with pytest.raises(NotFound):
        operations.create_run(guest, project, experiment_id="0")


def test_every_governed_change_of_a_run_moves_its_chain_by_one(contributor, project, make_run):
    uid = make_run("ann", status="FINISHED")
    operations.delete_run(contributor, project, uid)

    run = Run.objects.get(uid=uid)
    events = AuditEvent.objects.filter(object_type="run", object_id=uid)
    assert run.audit_seq == events.count() == 3
