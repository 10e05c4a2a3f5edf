"""Aliases of model versions through the MLflow client."""

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def name(client: MlflowClient, unique) -> str:
    name = client.create_registered_model(unique("aliased")).name
    for _ in range(2):
        client.create_model_version(name, "s3://bucket/model")
    return name


def test_an_alias_names_one_version_and_can_move(client: MlflowClient, name):
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "champion", "2")
    client.set_registered_model_alias(name, "123", "2")

    assert client.get_model_version_by_alias(name, "champion").version == "2"
    assert sorted(client.get_model_version(name, "2").aliases) == ["123", "champion"]
    assert client.get_model_version(name, "1").aliases == []
    assert client.get_registered_model(name).aliases == {"champion": "2", "123": "2"}


def test_a_deleted_alias_is_not_found(client: MlflowClient, name):
    client.set_registered_model_alias(name, "champion", "1")
    client.delete_registered_model_alias(name, "champion")
    client.delete_registered_model_alias(name, "champion")

    with pytest.raises(MlflowException, match="Registered model alias champion not found") as refusal:
        client.get_model_version_by_alias(name, "champion")

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_an_alias_goes_with_its_version(client: MlflowClient, name):
    client.set_registered_model_alias(name, "champion", "1")

    client.delete_model_version(name, "1")

    assert client.get_registered_model(name).aliases == {}


def test_an_alias_of_a_missing_model_is_not_found(client: MlflowClient, unique):
    with pytest.raises(MlflowException) as refusal:
        client.get_model_version_by_alias(unique("missing"), "champion")

    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("alias", ["latest", "LATEST", "v1", "a b", "a/b", "", "a" * 256])
def test_an_alias_that_would_confuse_a_uri_is_refused(client: MlflowClient, name, alias):
    with pytest.raises(MlflowException) as refusal:
        client.set_registered_model_alias(name, alias, "1")

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.stagekeeper("aliases are unique without regard to case")
def test_two_aliases_do_not_differ_by_case_alone(client: MlflowClient, name):
    client.set_registered_model_alias(name, "Champion", "1")
    client.set_registered_model_alias(name, "champion", "2")

    assert list(client.get_registered_model(name).aliases.values()) == ["2"]
