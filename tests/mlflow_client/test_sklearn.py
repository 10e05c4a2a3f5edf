"""scikit-learn models: logging, registering and autologging with the stock client."""

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV

pytestmark = pytest.mark.usefixtures("quick_requirements")
POINTS, LABELS = np.array([[float(x)] for x in range(-10, 10)]), np.array([int(x > 0) for x in range(-10, 10)])


@pytest.fixture
def _autolog():
    mlflow.sklearn.autolog(silent=True)
    yield
    mlflow.sklearn.autolog(disable=True, silent=True)


def test_a_model_is_logged_and_registered_in_one_call(client: MlflowClient, experiment, classifier, unique):
    name = unique("positive")

    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            classifier, name="model", registered_model_name=name, input_example=POINTS[:2], params={"C": 1}
        )

    version = client.get_model_version(name, "1")
    logged = mlflow.get_logged_model(info.model_id)
    assert int(info.registered_model_version) == 1
    assert version.source == f"models:/{info.model_id}"
    assert version.run_id == run.info.run_id
    assert version.status == "READY"
    assert logged.source_run_id == run.info.run_id
    assert logged.status == "READY"
    assert name in logged.tags["mlflow.modelVersions"]
    assert mlflow.get_run(run.info.run_id).outputs.model_outputs[0].model_id == info.model_id


def test_a_second_training_makes_the_second_version(client: MlflowClient, experiment, classifier, unique):
    name = unique("twice")

    for _ in range(2):
        with mlflow.start_run():
            mlflow.sklearn.log_model(classifier, name="model", registered_model_name=name)

    assert sorted(version.version for version in client.search_model_versions(f"name = '{name}'")) == ["1", "2"]


def test_the_old_artifact_path_still_works(client: MlflowClient, experiment, classifier, unique):
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(classifier, artifact_path="model")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", unique("by-run"))

    assert version.version == "1"
    assert version.run_id == run.info.run_id
    assert (mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model").predict(POINTS) == LABELS).mean() > 0.9


def test_a_logged_model_is_registered_later(client: MlflowClient, experiment, classifier, unique):
    name = unique("later")
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(classifier, name="model")

    version = mlflow.register_model(f"models:/{info.model_id}", name, tags={"by": "hand"})

    assert version.version == "1"
    stored = client.get_model_version(name, "1")
    assert stored.run_id == run.info.run_id
    assert stored.tags == {"by": "hand"}


@pytest.mark.usefixtures("_autolog")
def test_autolog_stores_parameters_metrics_dataset_and_model(client: MlflowClient, experiment):
    with mlflow.start_run() as run:
        LogisticRegression(C=0.5).fit(POINTS, LABELS)

    stored = client.get_run(run.info.run_id)
    assert stored.data.params["C"] == "0.5"
    assert "training_accuracy_score" in stored.data.metrics
    assert stored.data.tags["estimator_name"] == "LogisticRegression"
    assert len(stored.inputs.dataset_inputs) == 1
    assert len(stored.outputs.model_outputs) == 1
    assert "estimator.html" in {info.path for info in client.list_artifacts(run.info.run_id)}


def test_autolog_registers_when_asked(client: MlflowClient, experiment, unique):
    name = unique("auto")
    mlflow.sklearn.autolog(registered_model_name=name, silent=True)
    try:
        LogisticRegression().fit(POINTS, LABELS)
    finally:
        mlflow.sklearn.autolog(disable=True, silent=True)

    assert client.get_model_version(name, "1").status == "READY"


@pytest.mark.usefixtures("_autolog")
def test_a_grid_search_has_a_run_for_each_candidate(client: MlflowClient, experiment):
    with mlflow.start_run() as parent:
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=2).fit(POINTS, LABELS)

    children = client.search_runs([experiment.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert {run.data.params["alpha"] for run in children} == {"0.1", "1.0", "10.0"}
    assert "best_cv_score" in client.get_run(parent.info.run_id).data.metrics
    assert {info.path for info in client.list_artifacts(parent.info.run_id)} >= {"cv_results.csv"}
