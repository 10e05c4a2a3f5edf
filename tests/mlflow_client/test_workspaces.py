"""Workspaces of the MLflow client are our projects."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

pytestmark = pytest.mark.stagekeeper("workspaces are always on")


@pytest.fixture
def workspace(unique) -> str:
    return mlflow.create_workspace(unique("team")).name


def test_the_default_workspace_serves_whoever_names_none(client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("plain"))

    mlflow.set_workspace("default")

    assert MlflowClient().get_experiment(experiment_id).workspace == "default"


def test_a_workspace_is_made_described_listed_and_looked_up(unique):
    name = unique("team")
    made = mlflow.create_workspace(name, description="Fraud")

    assert (made.name, made.description) == (name, "Fraud")
    assert mlflow.get_workspace(name).description == "Fraud"
    assert {"default", name} <= {listed.name for listed in mlflow.list_workspaces()}
    assert mlflow.update_workspace(name, description="Risk").description == "Risk"


def test_what_is_made_in_a_workspace_is_found_there_and_only_there(workspace, unique):
    name = unique("inside")
    mlflow.set_workspace(workspace)
    mlflow.set_experiment(name)
    with mlflow.start_run():
        mlflow.log_text("1", "notes.txt")
    client = MlflowClient()
    client.create_registered_model(name)

    assert client.get_registered_model(name).name == name
    mlflow.set_workspace("default")
    assert client.get_experiment_by_name(name) is None
    assert client.search_registered_models(f"name = '{name}'") == []
    with pytest.raises(MlflowException) as refusal:
        client.get_registered_model(name)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_name_is_free_again_in_another_workspace(workspace, client: MlflowClient, unique):
    name = unique("twice")
    client.create_registered_model(name)

    mlflow.set_workspace(workspace)

    assert client.create_registered_model(name).name == name


def test_an_unknown_workspace_is_refused(client: MlflowClient, unique):
    mlflow.set_workspace(unique("nowhere"))

    with pytest.raises(MlflowException) as refusal:
        client.search_experiments()

    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_somebody_elses_workspace_looks_unknown(workspace, sign_in):
    outsider = sign_in("outsider")
    mlflow.set_workspace(workspace)

    with pytest.raises(MlflowException) as refusal:
        outsider.search_experiments()

    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
