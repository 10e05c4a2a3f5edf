"""Python-function models and their evaluation with the stock client."""

from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient

pytestmark = pytest.mark.usefixtures("quick_requirements")


class AddOne(mlflow.pyfunc.PythonModel):
    """A model that adds one to each number."""

    def predict(self, context, model_input: list[int], params=None) -> list[int]:
        return [number + 1 for number in model_input]


class Threshold(mlflow.pyfunc.PythonModel):
    """A model whose threshold lies in an artifact of its own."""

    def load_context(self, context) -> None:
        self.threshold = float(Path(context.artifacts["threshold"]).read_text())

    def predict(self, context, model_input, params=None):
        return (model_input["x"] > self.threshold).astype(int)


def test_a_python_model_predicts_after_loading(experiment, unique):
    name = unique("add-one")
    with mlflow.start_run():
        mlflow.pyfunc.log_model(name="model", python_model=AddOne(), registered_model_name=name)

    assert mlflow.pyfunc.load_model(f"models:/{name}/1").predict([1, 2]) == [2, 3]


def test_a_models_own_artifacts_travel_with_it(experiment, tmp_path):
    (tmp_path / "threshold.txt").write_text("0.5")
    with mlflow.start_run():
        info = mlflow.pyfunc.log_model(
            name="model", python_model=Threshold(), artifacts={"threshold": str(tmp_path / "threshold.txt")}
        )

    loaded = mlflow.pyfunc.load_model(info.model_uri)

    assert list(loaded.predict(pd.DataFrame({"x": [0.1, 0.9]}))) == [0, 1]


def test_evaluation_logs_metrics_and_plots(client: MlflowClient, experiment, classifier):
    data = pd.DataFrame({"x": [-3.0, -1.0, 1.0, 3.0], "label": [0, 0, 1, 1]})
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(classifier, name="model")
        result = mlflow.models.evaluate(
            info.model_uri,
            data,
            targets="label",
            model_type="classifier",
            evaluator_config={"log_explainer": False, "log_model_explainability": False},
        )

    stored = client.get_run(run.info.run_id)
    assert result.metrics["accuracy_score"] == 1.0
    assert stored.data.metrics["accuracy_score"] == 1.0
    assert mlflow.get_logged_model(info.model_id).metrics
    assert any(info.path.endswith(".png") for info in client.list_artifacts(run.info.run_id))
