"""Experiments: making, finding, renaming, deleting, restoring, tagging; who may, and what the log says."""

import pytest

from accounts.operations import create_project
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from audit.exceptions import AlreadyExists, BadRequest, InvalidInput, NotFound, PermissionDenied
from audit.models import AuditEvent
from tracking import blockers, operations
from tracking.exceptions import NoSuchExperiment, NotActive, StillNeeded
from tracking.models import Experiment, Run
from tracking.queries import (
    ExperimentView,
    get_experiment,
    get_experiment_by_name,
    get_run,
    search_experiments,
    search_logged_models,
    search_runs,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(contributor, project):
    """The names of the experiments that a search finds, in order."""

    def search(filter_string="", *order_by, actor=contributor, **arguments):
        arguments.setdefault("max_results", 50)
        page = search_experiments(actor, project, filter_string=filter_string, order_by=order_by, **arguments)
        return [row.name for row in page.rows]

    return search


def test_an_experiment_is_made_with_a_place_for_its_artifacts_and_the_event_says_so(contributor, project):
    made = operations.create_experiment(contributor, project, name="churn", tags=[{"key": "team", "value": "red"}])

    row = get_experiment(contributor, project, str(made.pk))
    assert (row.name, row.artifact_location) == ("churn", f"mlflow-artifacts:/{made.pk}")
    assert row.tags == [{"key": "team", "value": "red"}]
    assert row.creation_time == row.last_update_time > 0
    event = AuditEvent.objects.get(action="experiment.created", object_id=str(made.pk))
    assert (event.actor_uid, event.project_id, event.object_label) == (contributor.uid, project.pk, "churn")


def test_an_experiment_may_keep_its_artifacts_elsewhere(contributor, project):
    made = operations.create_experiment(contributor, project, name="churn", artifact_location="s3://bucket/churn")

    assert made.artifact_location == "s3://bucket/churn"


def test_the_default_experiment_is_there_from_the_start_and_made_only_once(contributor, project):
    operations.create_default_experiment()

    row = get_experiment_by_name(contributor, project, "Default")
    assert (row.pk, row.artifact_location) == (0, "mlflow-artifacts:/0")
    assert AuditEvent.objects.filter(action="experiment.created", object_id="0").count() == 1


def test_the_default_experiment_can_be_deleted_and_restored(maintainer, project):
    operations.delete_experiment(maintainer, project, "0")
    operations.create_default_experiment()
    assert get_experiment(maintainer, project, "0").lifecycle_stage == "deleted"

    operations.restore_experiment(maintainer, project, "0")
    assert get_experiment(maintainer, project, "0").lifecycle_stage == "active"


def test_a_name_is_taken_once_in_a_project_also_by_a_deleted_experiment(contributor, project, experiment):
    with pytest.raises(AlreadyExists, match="already exists"):
        operations.create_experiment(contributor, project, name="churn")

    operations.delete_experiment(contributor, project, str(experiment.pk))
    with pytest.raises(AlreadyExists, match="is deleted: restore it"):
        operations.create_experiment(contributor, project, name="churn")


def test_a_deleted_experiment_is_still_found_by_id_and_by_name(contributor, project, experiment):
    operations.delete_experiment(contributor, project, str(experiment.pk))

    assert get_experiment(contributor, project, str(experiment.pk)).lifecycle_stage == "deleted"
    assert get_experiment_by_name(contributor, project, "churn").lifecycle_stage == "deleted"


def test_an_experiment_of_another_project_is_not_found(admin, contributor, experiment):
    other = create_project(CONSOLE, "other", admin=admin.user)
    admin = Principal(admin.user, auth="session")

    with pytest.raises(NoSuchExperiment):
        get_experiment(admin, other, str(experiment.pk))
    with pytest.raises(NoSuchExperiment):
        operations.delete_experiment(admin, other, str(experiment.pk))
    assert operations.create_experiment(admin, other, name="churn").pk != experiment.pk


@pytest.mark.parametrize("experiment_id", ["a", "", "1.0", "-1", "९"])
def test_an_id_that_is_no_number_is_refused(contributor, project, experiment_id):
    with pytest.raises(InvalidInput, match="must be a valid integer"):
        get_experiment(contributor, project, experiment_id)


@pytest.mark.parametrize("name", ["nobody", "", "a\x00b"])
def test_a_name_that_is_not_there_is_not_found(contributor, project, name):
    with pytest.raises(NotFound):
        get_experiment_by_name(contributor, project, name)


def test_an_experiment_is_renamed_by_its_maker_and_by_a_maintainer(contributor, maintainer, project, experiment):
    operations.rename_experiment(contributor, project, str(experiment.pk), name="leavers")
    operations.rename_experiment(maintainer, project, str(experiment.pk), name="stayers")

    assert Experiment.objects.get(pk=experiment.pk).name == "stayers"
    assert AuditEvent.objects.filter(action="experiment.renamed").count() == 2


def test_nobody_else_renames_an_experiment(approver, maintainer, project, experiment, cast):
    other = cast("other", Role.CONTRIBUTOR)
    for actor in (other, approver):
        with pytest.raises(PermissionDenied):
            operations.rename_experiment(actor, project, str(experiment.pk), name="mine")


def test_an_experiment_is_not_renamed_to_a_taken_name_or_while_it_is_deleted(contributor, project, experiment):
    with pytest.raises(BadRequest, match="already exists"):
        operations.rename_experiment(contributor, project, str(experiment.pk), name="Default")
    operations.delete_experiment(contributor, project, str(experiment.pk))
    with pytest.raises(NotActive, match="must be in the 'active' state"):
        operations.rename_experiment(contributor, project, str(experiment.pk), name="other")


def test_renaming_to_the_same_name_changes_and_records_nothing(contributor, project, experiment):
    operations.rename_experiment(contributor, project, str(experiment.pk), name="churn")

    assert not AuditEvent.objects.filter(action="experiment.renamed").exists()


def test_a_deleted_experiment_takes_its_runs_with_it_and_brings_all_of_them_back(
    contributor, project, experiment, make_run
):
    kept, deleted = make_run("kept"), make_run("deleted")
    operations.delete_run(contributor, project, deleted)
    operations.delete_experiment(contributor, project, str(experiment.pk))
    assert get_run(contributor, project, kept).head.lifecycle_stage == "deleted"

    operations.restore_experiment(contributor, project, str(experiment.pk))
    assert get_run(contributor, project, kept).head.lifecycle_stage == "active"
    assert get_run(contributor, project, deleted).head.lifecycle_stage == "active"


def test_a_run_that_comes_back_with_its_experiment_has_the_event_in_its_own_chain(
    contributor, project, experiment, make_run
):
    run = Run.objects.get(uid=make_run("deleted"))
    operations.delete_run(contributor, project, run.uid)
    operations.delete_experiment(contributor, project, str(experiment.pk))
    operations.restore_experiment(contributor, project, str(experiment.pk))

    event = AuditEvent.objects.get(action="experiment.restored")
    assert [subject.object_id for subject in event.also.all()] == [run.uid]
    run.refresh_from_db()
    assert run.audit_seq == event.also.get().object_seq


def test_deleting_twice_and_restoring_what_is_not_deleted_find_nothing(contributor, project, experiment):
    with pytest.raises(NotFound, match="it is active"):
        operations.restore_experiment(contributor, project, str(experiment.pk))
    operations.delete_experiment(contributor, project, str(experiment.pk))
    with pytest.raises(NotFound, match="deleted already"):
        operations.delete_experiment(contributor, project, str(experiment.pk))


def test_what_something_depends_on_cannot_be_deleted(contributor, project, experiment, make_run, monkeypatch):
    monkeypatch.setattr(blockers, "_blockers", [])
    blockers.register(lambda target: ["fraud v7 is in Production"] * 5)
    run = make_run("needed")

    for delete, uid in ((operations.delete_experiment, str(experiment.pk)), (operations.delete_run, run)):
        with pytest.raises(StillNeeded, match=r"fraud v7 is in Production.* and 2 more") as refusal:
            delete(contributor, project, uid)
        assert refusal.value.details == {"blockers": ["fraud v7 is in Production"] * 5}

    assert get_run(contributor, project, run).head.lifecycle_stage == "active"
    assert AuditEvent.objects.filter(outcome="failed").count() == 2


def test_tags_are_set_replaced_and_deleted(contributor, project, experiment):
    for value in ("red", "blue"):
        operations.set_experiment_tag(contributor, project, str(experiment.pk), key="team", value=value)
    assert get_experiment(contributor, project, str(experiment.pk)).tags == [{"key": "team", "value": "blue"}]

    operations.delete_experiment_tag(contributor, project, str(experiment.pk), key="team")
    assert get_experiment(contributor, project, str(experiment.pk)).tags == []
    with pytest.raises(NotFound, match="No tag with name: team"):
        operations.delete_experiment_tag(contributor, project, str(experiment.pk), key="team")


@pytest.mark.parametrize(("key", "value"), [("", "a"), ("a,b", "a"), ("a", "x" * 20_001), ("x" * 251, "a")])
def test_tags_have_limits(contributor, project, experiment, key, value):
    with pytest.raises(InvalidInput):
        operations.set_experiment_tag(contributor, project, str(experiment.pk), key=key, value=value)


def test_a_viewer_reads_and_does_not_write_and_an_outsider_finds_nothing(viewer, outsider, project, experiment):
    assert get_experiment(viewer, project, str(experiment.pk)).name == "churn"
    with pytest.raises(PermissionDenied):
        operations.create_experiment(viewer, project, name="other")
    with pytest.raises(PermissionDenied):
        operations.set_experiment_tag(viewer, project, str(experiment.pk), key="a", value="b")
    with pytest.raises(PermissionDenied):
        operations.delete_experiment(viewer, project, str(experiment.pk))

    with pytest.raises(NotFound):
        get_experiment(outsider, project, str(experiment.pk))
    with pytest.raises(NotFound):
        operations.restore_experiment(outsider, project, str(experiment.pk))
    assert AuditEvent.objects.filter(outcome="denied").count() == 4


def test_experiments_are_searched(contributor, project, names):
    for name, team in (("ann", "Red"), ("bob", "red"), ("cid", None)):
        tags = [{"key": "team", "value": team}] if team else []
        operations.create_experiment(contributor, project, name=name, tags=tags)

    found = {
        "name = 'ann'": "ann",
        "name != 'ann' AND name != 'Default'": "cid bob",
        "name LIKE 'B%'": "",
        "attribute.name ILIKE 'B%'": "bob",
        "tags.team = 'red'": "bob",
        "tags.team != 'red'": "ann",
        "tag.team ILIKE 'RE_'": "bob ann",
        "tags.team IS NULL AND name != 'Default'": "cid",
        "tags.team IS NOT NULL": "bob ann",
        "experiment_id = '0'": "Default",
        "experiment_id IN ('0', '999')": "Default",
        "experiment_id NOT IN ('0')": "cid bob ann",
        "creation_time > 0 AND last_update_time < 1": "",
    }
    assert {text: " ".join(names(text, "experiment_id DESC")) for text in found} == found


def test_experiments_come_newest_first_or_in_the_order_asked_for(contributor, project, names):
    for name in ("bob", "ann", "cid"):
        operations.create_experiment(contributor, project, name=name)

    assert names("", "name") == ["Default", "ann", "bob", "cid"]
    assert names("", "name DESC")[0] == "cid"
    assert names("", "creation_time ASC", "name")[0] == "Default"
    assert set(names()) == {"Default", "ann", "bob", "cid"}


def test_pages_of_experiments_show_each_once(contributor, project, names):
    for number in range(5):
        operations.create_experiment(contributor, project, name=f"e{number}")

    found, token = [], ""
    while True:
        page = search_experiments(contributor, project, order_by=["name"], max_results=2, page_token=token)
        found += [row.name for row in page.rows]
        token = page.next_page_token
        if not token:
            break

    assert found == ["Default", "e0", "e1", "e2", "e3", "e4"]


def test_deleted_experiments_are_found_when_asked_for(contributor, project, experiment, names):
    operations.delete_experiment(contributor, project, str(experiment.pk))

    assert names() == ["Default"]
    assert names(view=ExperimentView.DELETED_ONLY) == ["churn"]
    assert set(names(view=ExperimentView.ALL)) == {"Default", "churn"}


def test_an_outsider_finds_no_experiments(outsider, experiment, names):
    assert names(actor=outsider) == []


@pytest.mark.parametrize("arguments", [{"max_results": 0}, {"max_results": 50_001}, {"page_token": "x"}])
def test_pages_have_limits(names, arguments):
    with pytest.raises(InvalidInput):
        names(**arguments)


def test_in_another_project_the_default_experiment_is_made_when_it_is_needed_first(admin, contributor, project):
    other = create_project(CONSOLE, "other", admin=admin.user)
    admin = Principal(admin.user, auth="session")
    with pytest.raises(NoSuchExperiment):
        get_experiment(admin, other, "0")

    runs = [operations.create_run(admin, other, experiment_id="0").head for _ in range(2)]
    model = operations.create_logged_model(admin, other, experiment_id="0")

    row = get_experiment(admin, other, "0")
    assert (row.name, row.pk) == ("Default", runs[0].experiment_id)
    assert {run.experiment_id for run in runs} == {model.experiment_id} == {row.pk}
    assert row.pk != 0
    assert len(search_runs(admin, other, experiment_ids=["0"]).rows) == 2
    assert len(search_runs(admin, other, experiment_ids=["0", "999"]).rows) == 2
    assert len(search_logged_models(admin, other, experiment_ids=["0", str(row.pk)]).rows) == 1
    assert search_runs(contributor, project, experiment_ids=["0"]).rows == []


def test_whoever_may_not_write_in_a_project_does_not_make_its_default_experiment(admin, viewer):
    other = create_project(CONSOLE, "other", admin=admin.user)

    with pytest.raises(NotFound):
        operations.create_run(viewer, other, experiment_id="0")
    assert not Experiment.objects.filter(project=other).exists()
