"""Datasets as inputs of runs, through the MLflow client."""

import mlflow
import pandas as pd
from mlflow import MlflowClient


def _table(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"x": range(rows), "y": [row % 2 for row in range(rows)]})


def test_a_runs_inputs_are_kept_with_their_context(experiment):
    train = mlflow.data.from_pandas(_table(10), source="s3://lake/train.csv", name="train", targets="y")
    test = mlflow.data.from_pandas(_table(4), source="s3://lake/test.csv", name="test")

    with mlflow.start_run() as run:
        mlflow.log_input(train, context="training", tags={"split": "80"})
        mlflow.log_input(test, context="testing")

    inputs = {given.dataset.name: given for given in mlflow.get_run(run.info.run_id).inputs.dataset_inputs}
    assert inputs["train"].dataset.digest == train.digest
    assert inputs["train"].dataset.source_type == train.source._get_source_type()
    assert "mlflow_colspec" in inputs["train"].dataset.schema
    assert {tag.key: tag.value for tag in inputs["train"].tags} == {"mlflow.data.context": "training", "split": "80"}
    assert {tag.key: tag.value for tag in inputs["test"].tags} == {"mlflow.data.context": "testing"}


def test_the_same_dataset_logged_twice_is_one_input(experiment):
    data = mlflow.data.from_pandas(_table(3), source="s3://lake/x.csv", name="x")

    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training")
        mlflow.log_input(data, context="training")

    assert len(mlflow.get_run(run.info.run_id).inputs.dataset_inputs) == 1


def test_runs_are_found_by_their_dataset(client: MlflowClient, experiment):
    data = mlflow.data.from_pandas(_table(5), source="s3://lake/y.csv", name="orders")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training")
    with mlflow.start_run():
        pass

    def find(text: str) -> list[str]:
        return [found.info.run_id for found in client.search_runs([experiment.experiment_id], text)]

    assert find("dataset.name = 'orders'") == [run.info.run_id]
    assert find(f"dataset.digest = '{data.digest}' AND datasets.context = 'training'") == [run.info.run_id]
    assert find("dataset.name LIKE 'ord%'") == [run.info.run_id]
    assert find("dataset.context = 'testing'") == []


def test_a_logged_input_can_be_loaded_again(experiment):
    data = mlflow.data.from_pandas(_table(3), source="https://example.org/x.csv", name="remote")
    with mlflow.start_run() as run:
        mlflow.log_input(data)

    stored = mlflow.get_run(run.info.run_id).inputs.dataset_inputs[0].dataset

    assert mlflow.data.get_source(stored).to_dict() == data.source.to_dict()
