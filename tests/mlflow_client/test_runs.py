"""Runs: parameters, tags, their life, nesting and asynchronous logging, through the MLflow client."""

import math

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


def test_a_training_run_is_stored_as_it_was_logged(experiment):
    with mlflow.start_run(run_name="first", tags={"purpose": "test"}, description="A run") as run:
        mlflow.log_param("alpha", 0.5)
        mlflow.log_params({"depth": 3, "kind": "tree"})
        mlflow.log_metric("rmse", 0.75)
        mlflow.log_metrics({"mae": 0.5, "r2": 0.25}, step=2)
        mlflow.set_tag("phase", "one")
        mlflow.set_tags({"owner": "risk", "größe": "✓"})

    stored = mlflow.get_run(run.info.run_id)

    assert stored.info.status == "FINISHED"
    assert stored.info.run_name == "first"
    assert stored.info.experiment_id == experiment.experiment_id
    assert stored.info.artifact_uri == f"mlflow-artifacts:/{experiment.experiment_id}/{run.info.run_id}/artifacts"
    assert stored.info.end_time >= stored.info.start_time > 0
    assert stored.data.params == {"alpha": "0.5", "depth": "3", "kind": "tree"}
    assert stored.data.metrics == {"rmse": 0.75, "mae": 0.5, "r2": 0.25}
    assert stored.data.tags["purpose"] == "test"
    assert stored.data.tags["owner"] == "risk"
    assert stored.data.tags["größe"] == "✓"
    assert stored.data.tags["mlflow.note.content"] == "A run"
    assert stored.data.tags["mlflow.runName"] == "first"


def test_a_failing_run_is_marked_failed(experiment):
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        _ = 1 / 0

    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_a_run_without_a_name_is_given_one(client: MlflowClient, experiment):
    run = client.create_run(experiment.experiment_id)

    assert run.info.run_name
    assert run.data.tags["mlflow.runName"] == run.info.run_name


def test_the_runs_name_and_its_tag_stay_in_step(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id, run_name="one").info.run_id

    client.update_run(run_id, name="two")
    assert client.get_run(run_id).data.tags["mlflow.runName"] == "two"

    client.set_tag(run_id, "mlflow.runName", "three")
    assert client.get_run(run_id).info.run_name == "three"


def test_a_runs_status_is_updated(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    assert client.get_run(run_id).info.status == "RUNNING"

    client.update_run(run_id, status="KILLED")
    assert client.get_run(run_id).info.status == "KILLED"

    client.set_terminated(run_id, status="FINISHED", end_time=1_234_567_890_123)
    assert client.get_run(run_id).info.end_time == 1_234_567_890_123


def test_a_deleted_run_can_be_restored_and_takes_no_writes_meanwhile(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id

    client.delete_run(run_id)
    client.delete_run(run_id)

    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.log_metric(run_id, "rmse", 1.0)

    client.restore_run(run_id)
    client.restore_run(run_id)

    client.log_metric(run_id, "rmse", 1.0)
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_a_parameter_cannot_change_but_may_be_repeated(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.log_param(run_id, "alpha", "1")
    client.log_param(run_id, "alpha", "1")
    client.log_param(run_id, "empty", "")

    with pytest.raises(MlflowException, match="Changing param values is not allowed") as refusal:
        client.log_param(run_id, "alpha", "2")

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_run(run_id).data.params == {"alpha": "1", "empty": ""}


def test_a_batch_with_a_changed_parameter_leaves_nothing_behind(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.log_param(run_id, "alpha", "1")

    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_batch(run_id, metrics=[Metric("rmse", 1.0, 1, 0)], params=[Param("beta", "1"), Param("alpha", "2")])

    stored = client.get_run(run_id)
    assert stored.data.params == {"alpha": "1"}
    assert stored.data.metrics == {}


def test_a_full_batch_is_taken_in_one_call(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id

    client.log_batch(
        run_id,
        metrics=[Metric(f"m{number}", number / 2, 1_000, number) for number in range(700)],
        params=[Param(f"p{number}", str(number)) for number in range(100)],
        tags=[RunTag(f"t{number}", str(number)) for number in range(100)],
    )

    stored = client.get_run(run_id)
    assert len(stored.data.metrics) == 700
    assert len(stored.data.params) == 100
    assert stored.data.metrics["m3"] == 1.5
    assert stored.data.tags["t99"] == "99"


def test_a_tag_is_overwritten_and_deleted(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.set_tag(run_id, "phase", "one")
    client.set_tag(run_id, "phase", "two")
    assert client.get_run(run_id).data.tags["phase"] == "two"

    client.delete_tag(run_id, "phase")

    assert "phase" not in client.get_run(run_id).data.tags
    with pytest.raises(MlflowException) as refusal:
        client.delete_tag(run_id, "phase")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_long_values_are_cut_not_refused(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id

    client.log_param(run_id, "long", "x" * 6_500)
    client.set_tag(run_id, "long", "y" * 8_500)

    stored = client.get_run(run_id)
    assert stored.data.params["long"] == "x" * 6_000
    assert stored.data.tags["long"] == "y" * 8_000


def test_nested_runs_know_their_parent(experiment, client: MlflowClient):
    with mlflow.start_run(run_name="parent") as parent:
        for number in range(2):
            with mlflow.start_run(run_name=f"child {number}", nested=True) as child:
                mlflow.log_metric("score", number)

    assert client.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    children = client.search_runs(
        [experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"]
    )
    assert [run.info.run_name for run in children] == ["child 1", "child 0"]


def test_a_run_can_be_taken_up_again(experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0, step=0)
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("loss", 0.5, step=1)

    assert mlflow.get_run(run.info.run_id).data.metrics["loss"] == 0.5


def test_asynchronous_logging_arrives(experiment):
    with mlflow.start_run() as run:
        pending = [mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous=False) for step in range(50)]
        mlflow.log_params({"alpha": 1, "beta": 2}, synchronous=False)
        mlflow.set_tags({"phase": "async"}, synchronous=False)
        mlflow.flush_async_logging()
    for operation in pending:
        operation.wait()

    stored = mlflow.get_run(run.info.run_id)
    assert stored.data.params == {"alpha": "1", "beta": "2"}
    assert stored.data.tags["phase"] == "async"
    assert math.isclose(stored.data.metrics["loss"], 1 / 50)
    assert len(MlflowClient().get_metric_history(run.info.run_id, "loss")) == 50


@pytest.mark.parametrize("key", ["a/../b", "a//b", "/a", ".", "..", "semi;colon", 'quo"te'])
def test_a_key_that_is_no_clean_path_is_refused(client: MlflowClient, experiment, key):
    run_id = client.create_run(experiment.experiment_id).info.run_id

    for write in (lambda: client.log_metric(run_id, key, 1.0), lambda: client.set_tag(run_id, key, "x")):
        with pytest.raises(MlflowException) as refusal:
            write()
        assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("key", ["f1 score", "val/loss", "a.b-c:d", "größe", "deep/er/key"])
def test_a_readable_key_is_taken(client: MlflowClient, experiment, key):
    run_id = client.create_run(experiment.experiment_id).info.run_id

    client.log_metric(run_id, key, 1.0)
    client.log_param(run_id, key, "1")
    client.set_tag(run_id, key, "1")

    stored = client.get_run(run_id)
    assert stored.data.metrics == {key: 1.0}
    assert stored.data.params == {key: "1"}
    assert stored.data.tags[key] == "1"
