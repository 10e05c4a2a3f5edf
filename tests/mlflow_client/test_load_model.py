"""Loading a model by every kind of URI the stock client knows, and predicting with it."""

from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.usefixtures("quick_requirements")


@pytest.fixture
def info(experiment, classifier, unique):
    """A model just logged and registered as version 1."""
    with mlflow.start_run():
        return mlflow.sklearn.log_model(classifier, name="model", registered_model_name=unique("loaded"))


@pytest.fixture
def name(info, client: MlflowClient) -> str:
    return client.search_model_versions(f"run_id = '{info.run_id}'")[0].name


def _predicts(uri: str) -> bool:
    native = mlflow.sklearn.load_model(uri).predict([[-5.0], [5.0]])
    generic = mlflow.pyfunc.load_model(uri).predict([[-5.0], [5.0]])
    return list(native) == list(generic) == [0, 1]


def test_by_version(name):
    assert _predicts(f"models:/{name}/1")


def test_by_alias(name, client: MlflowClient):
    client.set_registered_model_alias(name, "champion", "1")

    assert _predicts(f"models:/{name}@champion")


def test_by_stage(name, client: MlflowClient):
    client.transition_model_version_stage(name, "1", "Staging")

    assert _predicts(f"models:/{name}/Staging")


def test_by_latest(name):
    assert _predicts(f"models:/{name}/latest")


def test_by_run(info):
    assert _predicts(f"runs:/{info.run_id}/model")


def test_by_model_id(info):
    assert _predicts(f"models:/{info.model_id}")


def test_the_models_description_is_read_without_loading_it(name, info):
    described = mlflow.models.get_model_info(f"models:/{name}/1")

    assert described.model_id == info.model_id
    assert described.flavors["sklearn"]["sklearn_version"]
    assert "scikit-learn" in Path(mlflow.pyfunc.get_model_dependencies(f"models:/{name}/1")).read_text()


@pytest.mark.parametrize("tail", ["/7", "@nobody", "/Production"])
def test_what_is_not_there_is_not_loaded(name, tail):
    with pytest.raises(MlflowException):
        mlflow.sklearn.load_model(f"models:/{name}{tail}")
