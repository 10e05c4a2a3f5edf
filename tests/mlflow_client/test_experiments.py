"""Experiments through the MLflow client."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def test_set_experiment_creates_it_once(unique):
    name = unique("fraud")

    first = mlflow.set_experiment(name)
    second = mlflow.set_experiment(name)

    assert first.experiment_id == second.experiment_id
    assert first.artifact_location == f"mlflow-artifacts:/{first.experiment_id}"
    assert first.lifecycle_stage == "active"


def test_the_default_experiment_is_there_from_the_start(client: MlflowClient):
    default = client.get_experiment("0")

    assert default.name == "Default"


def test_an_experiment_keeps_its_tags_and_description(client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("tagged"), tags={"team": "risk", "mlflow.note.content": "Weekly"})
    client.set_experiment_tag(experiment_id, "team", "fraud")
    client.set_experiment_tag(experiment_id, "unicode", "größer ✓")

    experiment = client.get_experiment(experiment_id)

    assert experiment.tags == {"team": "fraud", "mlflow.note.content": "Weekly", "unicode": "größer ✓"}
    assert experiment.creation_time <= experiment.last_update_time


def test_an_experiment_tag_can_be_deleted_once(client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("tagged"), tags={"team": "risk"})

    client.delete_experiment_tag(experiment_id, "team")

    assert client.get_experiment(experiment_id).tags == {}
    with pytest.raises(MlflowException) as refusal:
        client.delete_experiment_tag(experiment_id, "team")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_renamed_experiment_is_found_by_its_new_name(client: MlflowClient, unique):
    old, new = unique("old"), unique("new")
    experiment_id = client.create_experiment(old)

    client.rename_experiment(experiment_id, new)

    assert client.get_experiment_by_name(new).experiment_id == experiment_id
    assert client.get_experiment_by_name(old) is None


def test_a_deleted_experiment_keeps_its_name_and_comes_back_with_its_runs(client: MlflowClient, unique):
    name = unique("deleted")
    experiment_id = client.create_experiment(name)
    run = client.create_run(experiment_id)

    client.delete_experiment(experiment_id)

    assert client.get_experiment_by_name(name).lifecycle_stage == "deleted"
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException) as taken:
        client.create_experiment(name)
    assert taken.value.error_code == "RESOURCE_ALREADY_EXISTS"

    client.restore_experiment(experiment_id)

    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_a_deleted_experiment_takes_no_runs(client: MlflowClient, unique):
    experiment_id = client.create_experiment(unique("deleted"))
    client.delete_experiment(experiment_id)

    with pytest.raises(MlflowException, match="must be in the 'active' state") as refusal:
        client.create_run(experiment_id)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_experiments_are_searched_by_name_tag_and_view(client: MlflowClient, unique):
    stem = unique("search")
    kept = client.create_experiment(f"{stem}-kept", tags={"team": stem})
    gone = client.create_experiment(f"{stem}-gone", tags={"team": stem})
    client.delete_experiment(gone)

    def find(view: int, text: str = f"tags.team = '{stem}'") -> list[str]:
        return [found.experiment_id for found in client.search_experiments(view_type=view, filter_string=text)]

    assert find(ViewType.ACTIVE_ONLY) == [kept]
    assert find(ViewType.DELETED_ONLY) == [gone]
    assert sorted(find(ViewType.ALL)) == sorted([kept, gone])
    assert find(ViewType.ALL, f"name LIKE '{stem}%' AND name != '{stem}-gone'") == [kept]
    assert find(ViewType.ALL, f"name ILIKE '{stem.upper()}-K%'") == [kept]
    assert find(ViewType.ALL, f"attribute.name = '{stem}-kept' and creation_time > 0") == [kept]


def test_experiment_search_pages_in_the_order_asked_for(client: MlflowClient, unique):
    stem = unique("paged")
    for number in range(5):
        client.create_experiment(f"{stem}-{number}")

    names, token = [], None
    for _ in range(3):
        page = client.search_experiments(
            filter_string=f"name LIKE '{stem}%'", order_by=["name DESC"], max_results=2, page_token=token
        )
        names += [found.name for found in page]
        token = page.token

    assert names == [f"{stem}-{number}" for number in (4, 3, 2, 1, 0)]
    assert not token


def test_fluent_search_experiments_follows_the_pages(unique):
    stem = unique("fluent")
    for number in range(3):
        mlflow.create_experiment(f"{stem}-{number}")

    found = mlflow.search_experiments(filter_string=f"name LIKE '{stem}%'", order_by=["name"], max_results=2)
    everything = mlflow.search_experiments(filter_string=f"name LIKE '{stem}%'")

    assert [experiment.name for experiment in found] == [f"{stem}-0", f"{stem}-1"]
    assert len(everything) == 3
