"""Logged models (MLflow 3) through the client."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.exceptions import MlflowException


def test_a_logged_model_is_pending_until_it_is_finalized(client: MlflowClient, experiment):
    model = client.create_logged_model(
        experiment.experiment_id, name="tree", params={"depth": "3"}, tags={"team": "risk"}, model_type="agent"
    )
    assert model.model_id.startswith("m-")
    assert len(model.model_id) == 34
    assert model.status == LoggedModelStatus.PENDING
    assert model.artifact_location == f"mlflow-artifacts:/{experiment.experiment_id}/models/{model.model_id}/artifacts"

    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)

    stored = client.get_logged_model(model.model_id)
    assert stored.status == LoggedModelStatus.READY
    assert (stored.name, stored.model_type) == ("tree", "agent")
    assert stored.params == {"depth": "3"}
    assert stored.tags["team"] == "risk"


def test_a_failed_model_says_so(client: MlflowClient, experiment):
    model = client.create_logged_model(experiment.experiment_id)

    client.finalize_logged_model(model.model_id, "FAILED")

    assert client.get_logged_model(model.model_id).status == LoggedModelStatus.FAILED


def test_a_model_without_a_name_is_given_one(client: MlflowClient, experiment):
    assert client.create_logged_model(experiment.experiment_id).name


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])
def test_a_name_that_would_confuse_a_path_is_refused(client: MlflowClient, experiment, name):
    with pytest.raises(MlflowException) as refusal:
        client.create_logged_model(experiment.experiment_id, name=name)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_tags_and_params_are_added_and_tags_removed(client: MlflowClient, experiment):
    model_id = client.create_logged_model(experiment.experiment_id).model_id

    client.log_model_params(model_id, {"late": "1"})
    client.set_logged_model_tags(model_id, {"a": "1", "b": "2"})
    client.delete_logged_model_tag(model_id, "a")

    stored = client.get_logged_model(model_id)
    assert stored.params == {"late": "1"}
    assert stored.tags.get("b") == "2"
    assert "a" not in stored.tags
    with pytest.raises(MlflowException) as refusal:
        client.delete_logged_model_tag(model_id, "a")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_deleted_model_is_gone(client: MlflowClient, experiment):
    model_id = client.create_logged_model(experiment.experiment_id).model_id

    client.delete_logged_model(model_id)

    with pytest.raises(MlflowException) as refusal:
        client.get_logged_model(model_id)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_files_of_a_logged_model_are_listed(client: MlflowClient, experiment, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"123")
    model = client.create_logged_model(experiment.experiment_id)

    client.log_model_artifact(model.model_id, str(tmp_path / "weights.bin"))
    client.log_model_artifacts(model.model_id, str(tmp_path))

    assert [(info.path, info.file_size) for info in client.list_logged_model_artifacts(model.model_id)] == [
        ("weights.bin", 3)
    ]


def test_metrics_of_a_run_can_belong_to_a_model(client: MlflowClient, experiment):
    with mlflow.start_run() as run:
        model = mlflow.initialize_logged_model(name="checkpoint")
        mlflow.log_metric("rmse", 0.5, step=3, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")

    metrics = mlflow.get_logged_model(model.model_id).metrics
    assert [(metric.key, metric.value, metric.step, metric.run_id) for metric in metrics] == [
        ("rmse", 0.5, 3, run.info.run_id)
    ]


def test_outputs_of_a_run_name_its_models(client: MlflowClient, experiment):
    run_id = client.create_run(experiment.experiment_id).info.run_id
    model_id = client.create_logged_model(experiment.experiment_id, source_run_id=run_id).model_id

    client.log_outputs(run_id, [LoggedModelOutput(model_id, step=2)])

    outputs = client.get_run(run_id).outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [(model_id, 2)]


def test_models_are_searched_by_attributes_params_tags_and_metrics(client: MlflowClient, experiment):
    with mlflow.start_run():
        for number, name in enumerate(["ant", "bee", "cat"]):
            model = mlflow.initialize_logged_model(name=name, params={"depth": str(number)}, tags={"kind": "animal"})
            mlflow.log_metric("accuracy", number / 10, model_id=model.model_id)

    def find(text: str | None, **options) -> list[str]:
        found = client.search_logged_models([experiment.experiment_id], filter_string=text, **options)
        return [model.name for model in found]

    ascending = [{"field_name": "name", "ascending": True}]
    assert find(None) == ["cat", "bee", "ant"]
    assert find("name = 'bee'") == ["bee"]
    assert find("params.depth = '2'") == ["cat"]
    assert find("tags.kind = 'animal' AND metrics.accuracy > 0.05", order_by=ascending) == ["bee", "cat"]
    assert find("name IN ('ant', 'cat')", order_by=ascending) == ["ant", "cat"]
    assert find("name LIKE 'b%'") == ["bee"]
    assert find(None, order_by=[{"field_name": "metrics.accuracy", "ascending": False}]) == ["cat", "bee", "ant"]


def test_model_search_goes_page_by_page(client: MlflowClient, experiment):
    for name in ("ant", "bee", "cat"):
        client.create_logged_model(experiment.experiment_id, name=name)
    order = [{"field_name": "name", "ascending": True}]

    first = client.search_logged_models([experiment.experiment_id], max_results=2, order_by=order)
    second = client.search_logged_models(
        [experiment.experiment_id], max_results=2, order_by=order, page_token=first.token
    )

    assert [model.name for model in [*first, *second]] == ["ant", "bee", "cat"]
    assert not second.token


def test_fluent_search_gives_a_table(experiment):
    mlflow.create_external_model(name="outside", params={"alpha": "1"})

    table = mlflow.search_logged_models(experiment_ids=[experiment.experiment_id])

    assert list(table["name"]) == ["outside"]
    assert mlflow.last_logged_model() is not None
