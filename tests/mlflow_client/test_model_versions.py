"""Model versions through the MLflow client."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def name(client: MlflowClient, unique) -> str:
    return client.create_registered_model(unique("versioned")).name


def test_versions_count_up_and_never_repeat(client: MlflowClient, name):
    numbers = [client.create_model_version(name, "s3://bucket/model").version for _ in range(3)]
    client.delete_model_version(name, "3")

    assert numbers == ["1", "2", "3"]
    assert client.create_model_version(name, "s3://bucket/model").version == "4"


def test_a_version_keeps_what_it_was_given(client: MlflowClient, name, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.create_model_version(
        name, "s3://bucket/model", run_id=run_id, tags={"a": "1"}, run_link="https://ci/7", description="First"
    )

    version = client.get_model_version(name, "1")

    assert (version.source, version.run_id, version.run_link) == ("s3://bucket/model", run_id, "https://ci/7")
    assert (version.description, version.status, version.current_stage) == ("First", "READY", "None")
    assert version.tags == {"a": "1"}
    assert version.aliases == []
    assert version.creation_timestamp <= version.last_updated_timestamp


def test_a_version_is_described_and_tagged(client: MlflowClient, name):
    client.create_model_version(name, "s3://bucket/model")

    client.update_model_version(name, "1", "Better")
    client.set_model_version_tag(name, "1", "a", "1")
    client.set_model_version_tag(name, "1", "a", "2")
    client.set_model_version_tag(name, "1", "b", "x")
    client.delete_model_version_tag(name, "1", "b")
    client.delete_model_version_tag(name, "1", "b")

    version = client.get_model_version(name, "1")
    assert version.description == "Better"
    assert version.tags == {"a": "2"}


def test_a_deleted_version_is_not_found(client: MlflowClient, name):
    client.create_model_version(name, "s3://bucket/model")
    client.delete_model_version(name, "1")

    with pytest.raises(MlflowException) as refusal:
        client.get_model_version(name, "1")

    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_the_download_uri_is_where_the_files_lie(client: MlflowClient, name, experiment):
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model(name="m")
    client.finalize_logged_model(model.model_id, "READY")
    client.create_model_version(name, f"models:/{model.model_id}", run_id=run.info.run_id, model_id=model.model_id)
    client.create_model_version(name, f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
    client.create_model_version(name, "s3://bucket/model")

    assert client.get_model_version_download_uri(name, "1") == model.artifact_location
    assert client.get_model_version_download_uri(name, "2") == f"{run.info.artifact_uri}/model"
    assert client.get_model_version_download_uri(name, "3") == "s3://bucket/model"


def test_a_copied_version_points_at_the_same_files(client: MlflowClient, name, unique):
    client.create_model_version(name, "s3://bucket/model", tags={"a": "1"})
    client.set_registered_model_alias(name, "best", "1")
    other = unique("copy")

    first = client.copy_model_version(f"models:/{name}/1", other)
    second = client.copy_model_version(f"models:/{name}@best", other)

    assert (first.version, second.version) == ("1", "2")
    assert first.source == second.source == f"models:/{name}/1"
    assert client.get_model_version_download_uri(other, "2") == "s3://bucket/model"


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "ftp://host/file",
        "s3://bucket/../secret",
        "s3://bucket/%2e%2e/secret",
        "mlflow-artifacts:/0/../1/artifacts",
        "mlflow-artifacts://host/0",
        "runs:/0123456789abcdef0123456789abcdef/model",
        "models:/m-0123456789abcdef0123456789abcdef",
    ],
)
def test_a_source_that_leads_elsewhere_is_refused(client: MlflowClient, name, source):
    with pytest.raises(MlflowException) as refusal:
        client.create_model_version(name, source)

    assert refusal.value.error_code in {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"}


def test_a_source_in_a_foreign_run_is_refused(client: MlflowClient, name, experiment):
    mine, other = (client.create_run(experiment.experiment_id).info for _ in range(2))

    with pytest.raises(MlflowException) as refusal:
        client.create_model_version(name, f"{other.artifact_uri}/model", run_id=mine.run_id)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("version", ["x", "0.5", ""])
def test_a_version_is_a_number(client: MlflowClient, name, version):
    with pytest.raises(MlflowException) as refusal:
        client.get_model_version(name, version)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_version_of_a_missing_model_is_refused(client: MlflowClient, unique):
    with pytest.raises(MlflowException) as refusal:
        client.create_model_version(unique("missing"), "s3://bucket/model")

    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
