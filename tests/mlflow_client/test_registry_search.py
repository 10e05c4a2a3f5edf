"""Searching registered models and versions through the MLflow client."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException


@pytest.fixture
def stem(client: MlflowClient, unique) -> str:
    """Three models `<stem>-0…2`; the first has three versions."""
    stem = unique("searched")
    for number in range(3):
        client.create_registered_model(f"{stem}-{number}", tags={"number": str(number), "team": "risk"})
    for number in range(3):
        client.create_model_version(f"{stem}-0", f"s3://bucket/{number}", tags={"step": str(number)})
    return stem


def _numbers(found) -> list[str]:
    return [model.name[-1] for model in found]


def test_models_are_found_by_name_and_tag(client: MlflowClient, stem):
    def find(text: str, **options) -> list[str]:
        return _numbers(client.search_registered_models(f"name LIKE '{stem}%' AND {text}", **options))

    assert find("name != ''") == ["0", "1", "2"]
    assert find(f"name = '{stem}-1'") == ["1"]
    assert find(f"name ILIKE '{stem.upper()}-2'") == ["2"]
    assert find("tags.number = '1'") == ["1"]
    assert find("tag.team = 'risk'", order_by=["name DESC"]) == ["2", "1", "0"]
    assert find("tags.team LIKE 'r%' AND tags.number != '0'") == ["1", "2"]


def test_models_come_page_by_page(client: MlflowClient, stem):
    first = client.search_registered_models(f"name LIKE '{stem}%'", max_results=2)
    second = client.search_registered_models(f"name LIKE '{stem}%'", max_results=2, page_token=first.token)

    assert _numbers(first) + _numbers(second) == ["0", "1", "2"]
    assert not second.token


def test_versions_are_found_by_name_run_source_number_and_tag(client: MlflowClient, stem, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    client.create_model_version(f"{stem}-1", "s3://bucket/run", run_id=run_id)

    def find(text: str, **options) -> list[str]:
        found = client.search_model_versions(text, **options)
        return [f"{version.name[-1]}/{version.version}" for version in found]

    mine = f"name = '{stem}-0'"
    assert find(mine, order_by=["version_number ASC"]) == ["0/1", "0/2", "0/3"]
    assert find(mine, order_by=["version_number DESC"], max_results=2) == ["0/3", "0/2"]
    assert find(f"{mine} AND version_number > 1", order_by=["version_number ASC"]) == ["0/2", "0/3"]
    assert find(f"{mine} AND tags.step = '1'") == ["0/2"]
    assert find(f"{mine} AND source_path = 's3://bucket/2'") == ["0/3"]
    assert find(f"run_id = '{run_id}'") == ["1/1"]
    assert find(f"run_id IN ('{run_id}')") == ["1/1"]
    assert find(f"name LIKE '{stem}%' AND version_number = 1", order_by=["name ASC"]) == ["0/1", "1/1"]


def test_fluent_registry_search_follows_the_pages(stem):
    assert len(mlflow.search_registered_models(filter_string=f"name LIKE '{stem}%'", max_results=3)) == 3
    assert len(mlflow.search_model_versions(filter_string=f"name = '{stem}-0'", max_results=2)) == 2


def test_deleted_versions_are_not_found(client: MlflowClient, stem):
    client.delete_model_version(f"{stem}-0", "2")

    found = client.search_model_versions(f"name = '{stem}-0'")

    assert sorted(version.version for version in found) == ["1", "3"]


@pytest.mark.parametrize("text", ["nonsense = 'x'", "name = x", "tags.a > '1'", "name = 'a' OR name = 'b'", "name"])
def test_a_filter_outside_the_language_is_refused(client: MlflowClient, text):
    for search in (client.search_registered_models, client.search_model_versions):
        with pytest.raises(MlflowException) as refusal:
            search(text)
        assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
