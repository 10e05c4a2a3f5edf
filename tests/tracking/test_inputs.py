"""What runs read and made: datasets and logged models."""

import pytest

from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Role
from audit.exceptions import InvalidInput, NotFound, PermissionDenied
from tracking import operations
from tracking.models import Dataset
from tracking.queries import get_run

pytestmark = pytest.mark.django_db


def dataset(name="iris", *, tags=None, **changes):
    described = {"name": name, "digest": "d1", "source_type": "local", "source": "{}"} | changes
    return {"dataset": described, "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]}


@pytest.fixture
def model(contributor, project, experiment):
    return operations.create_logged_model(contributor, project, experiment_id=str(experiment.pk), name="net")


def test_datasets_are_kept_with_what_they_were_used_for(contributor, project, make_run):
    run = make_run("ann")
    operations.log_inputs(
        contributor,
        project,
        run,
        datasets=[dataset(tags={"mlflow.data.context": "train"}, schema="{}"), dataset("wine")],
    )

    first, second = get_run(contributor, project, run).dataset_inputs
    assert first == {
        "dataset": {"name": "iris", "digest": "d1", "source_type": "local", "source": "{}", "schema": "{}"},
        "tags": [{"key": "mlflow.data.context", "value": "train"}],
    }
    assert second["dataset"]["name"] == "wine"


def test_the_same_dataset_is_described_once_in_an_experiment_and_read_once_by_a_run(contributor, project, make_run):
    ann, bob = make_run("ann"), make_run("bob")
    for run in (ann, ann, bob):
        operations.log_inputs(contributor, project, run, datasets=[dataset(source=run, tags={"a": run})])

    assert Dataset.objects.get().source == ann
    assert len(get_run(contributor, project, ann).dataset_inputs) == 1
    assert get_run(contributor, project, bob).dataset_inputs[0]["tags"] == [{"key": "a", "value": bob}]


def test_models_are_read_and_made(contributor, project, make_run, model):
    run = make_run("ann")
    for _ in range(2):
        operations.log_inputs(contributor, project, run, models=[{"model_id": model.uid}])
        operations.log_outputs(contributor, project, run, models=[{"model_id": model.uid, "step": "3"}])
    operations.log_outputs(contributor, project, run, models=[{"model_id": model.uid}])

    row = get_run(contributor, project, run)
    assert row.model_inputs == [{"model_id": model.uid}]
    assert sorted(output["step"] for output in row.model_outputs) == [0, 3]


@pytest.mark.parametrize("model_id", ["m-" + "0" * 32, "x", ""])
def test_a_model_that_is_not_there_is_neither_read_nor_made(contributor, project, make_run, model_id):
    run = make_run("ann")

    for write in (operations.log_inputs, operations.log_outputs):
        with pytest.raises(NotFound, match="Logged model with ID"):
            write(contributor, project, run, models=[{"model_id": model_id}])


@pytest.mark.parametrize("models", [[{}], [{"model_id": 5}], ["m-1"]])
def test_a_model_is_named_by_its_id(contributor, project, make_run, models):
    with pytest.raises(InvalidInput, match=r"models\.model_id"):
        operations.log_outputs(contributor, project, make_run("ann"), models=models)


def test_a_run_is_not_said_to_have_made_a_model_of_an_experiment_one_may_not_write(
    admin, viewer, contributor, project, experiment, make_run, model
):
    mine = operations.create_experiment(contributor, project, name="open")
    grant_role(admin, viewer.user, Role.CONTRIBUTOR, mine)
    guest = Principal(viewer.user, auth="session")
    run = operations.create_run(guest, project, experiment_id=str(mine.pk)).head.uid

    operations.log_inputs(guest, project, run, models=[{"model_id": model.uid}])
    with pytest.raises(PermissionDenied):
        operations.log_outputs(guest, project, run, models=[{"model_id": model.uid}])
    metric = {"key": "a", "value": 1, "timestamp": 1, "model_id": model.uid}
    with pytest.raises(PermissionDenied):
        operations.log_metric(guest, project, run, metric=metric)
    assert get_run(guest, project, run).metrics == []
