"""Stages of model versions through the MLflow client."""

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def name(client: MlflowClient, unique) -> str:
    name = client.create_registered_model(unique("staged")).name
    for _ in range(3):
        client.create_model_version(name, "s3://bucket/model")
    return name


def _promote(client: MlflowClient, name: str, version: str) -> None:
    """Take a version to Production the way every server allows."""
    client.transition_model_version_stage(name, version, "Staging")
    client.transition_model_version_stage(name, version, "Production", archive_existing_versions=True)


def test_a_version_goes_through_the_stages(client: MlflowClient, name):
    stages = [
        client.transition_model_version_stage(name, "1", stage).current_stage
        for stage in ("Staging", "production", "Archived")
    ]

    assert stages == ["Staging", "Production", "Archived"]


def test_the_next_in_production_archives_the_one_before(client: MlflowClient, name):
    _promote(client, name, "1")
    _promote(client, name, "2")

    assert client.get_model_version(name, "1").current_stage == "Archived"
    assert client.get_model_version(name, "2").current_stage == "Production"


def test_the_latest_versions_are_one_for_each_stage(client: MlflowClient, name):
    _promote(client, name, "1")
    client.transition_model_version_stage(name, "2", "Staging")

    latest = {version.current_stage: version.version for version in client.get_latest_versions(name)}
    some = [version.version for version in client.get_latest_versions(name, stages=["Staging", "Production"])]

    assert latest == {"Production": "1", "Staging": "2", "None": "3"}
    assert some == ["1", "2"]
    assert {version.version for version in client.get_registered_model(name).latest_versions} == {"1", "2", "3"}


def test_an_unknown_stage_is_refused(client: MlflowClient, name):
    with pytest.raises(MlflowException, match="Invalid Model Version stage: Bogus") as refusal:
        client.transition_model_version_stage(name, "1", "Bogus")

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_missing_version_has_no_stage(client: MlflowClient, name):
    with pytest.raises(MlflowException) as refusal:
        client.transition_model_version_stage(name, "9", "Staging")

    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.stagekeeper("there is one Production version at a time")
def test_production_holds_one_version_even_when_archiving_was_not_asked_for(client: MlflowClient, name):
    _promote(client, name, "1")
    client.transition_model_version_stage(name, "2", "Staging")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=False)

    stages = [client.get_model_version(name, version).current_stage for version in ("1", "2")]
    assert stages.count("Production") == 1
    assert stages[1] == "Production"


@pytest.mark.stagekeeper("the latest of a stage is the one that entered it last, not the highest number")
def test_the_latest_in_staging_is_the_one_that_came_last(client: MlflowClient, name):
    client.transition_model_version_stage(name, "2", "Staging")
    client.transition_model_version_stage(name, "1", "Staging")

    assert [version.version for version in client.get_latest_versions(name, stages=["Staging"])] == ["1"]


@pytest.mark.stagekeeper("mirror aliases follow the stages by themselves")
def test_the_alias_production_follows_the_stage(client: MlflowClient, name):
    _promote(client, name, "1")
    assert client.get_model_version_by_alias(name, "production").version == "1"

    _promote(client, name, "2")
    assert client.get_model_version_by_alias(name, "production").version == "2"
