"""Registered models through the MLflow client."""

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


def test_a_model_keeps_its_description_and_tags(client: MlflowClient, unique):
    name = unique("größer model")
    client.create_registered_model(name, tags={"team": "risk"}, description="Scores payments")

    model = client.get_registered_model(name)

    assert model.name == name
    assert model.description == "Scores payments"
    assert model.tags == {"team": "risk"}
    assert model.latest_versions == []
    assert model.aliases == {}
    assert model.creation_timestamp <= model.last_updated_timestamp


def test_a_description_is_changed(client: MlflowClient, unique):
    name = unique("described")
    client.create_registered_model(name)

    assert client.update_registered_model(name, "Now with words").description == "Now with words"
    assert client.get_registered_model(name).description == "Now with words"


def test_tags_are_set_overwritten_and_deleted(client: MlflowClient, unique):
    name = unique("tagged")
    client.create_registered_model(name)

    client.set_registered_model_tag(name, "a", "1")
    client.set_registered_model_tag(name, "a", "2")
    client.set_registered_model_tag(name, "b", "1")
    client.delete_registered_model_tag(name, "b")
    client.delete_registered_model_tag(name, "b")

    assert client.get_registered_model(name).tags == {"a": "2"}


def test_a_taken_name_is_refused(client: MlflowClient, unique):
    name = unique("taken")
    client.create_registered_model(name)

    with pytest.raises(MlflowException) as refusal:
        client.create_registered_model(name)

    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"


@pytest.mark.parametrize("name", ["", " ", "a/b", "a:b", ".."])
def test_a_name_that_would_confuse_a_uri_is_refused(client: MlflowClient, name):
    with pytest.raises(MlflowException) as refusal:
        client.create_registered_model(name)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_rename_takes_versions_and_aliases_along(client: MlflowClient, unique):
    old, new = unique("old"), unique("new")
    client.create_registered_model(old)
    client.create_model_version(old, "s3://bucket/model")
    client.set_registered_model_alias(old, "champion", "1")

    client.rename_registered_model(old, new)

    assert client.get_model_version_by_alias(new, "champion").name == new
    with pytest.raises(MlflowException) as refusal:
        client.get_registered_model(old)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_rename_to_a_taken_name_is_refused(client: MlflowClient, unique):
    old, taken = unique("old"), unique("taken")
    client.create_registered_model(old)
    client.create_registered_model(taken)

    with pytest.raises(MlflowException) as refusal:
        client.rename_registered_model(old, taken)

    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_deleted_model_is_not_found(client: MlflowClient, unique):
    name = unique("deleted")
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/model")

    client.delete_registered_model(name)

    with pytest.raises(MlflowException) as refusal:
        client.get_registered_model(name)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.search_model_versions(f"name = '{name}'") == []


@pytest.mark.stagekeeper("version numbers survive the re-creation of a model")
def test_numbers_go_on_after_a_model_was_deleted_and_made_again(client: MlflowClient, unique):
    name = unique("again")
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/model")
    client.delete_registered_model(name)

    client.create_registered_model(name)

    assert client.create_model_version(name, "s3://bucket/model").version == "2"
