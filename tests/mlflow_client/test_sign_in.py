"""Signing in with the MLflow client, and what each member of the cast may do with it."""

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

ours = pytest.mark.stagekeeper("roles and tokens are ours")


@ours
def test_a_token_signs_in(sign_in, monkeypatch, server):
    sign_in("nobody")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", server.tokens["contributor"])

    assert MlflowClient().get_experiment("0").name == "Default"


@ours
def test_a_token_serves_as_a_password(sign_in, monkeypatch, server):
    sign_in("nobody")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "contributor")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", server.tokens["contributor"])

    assert MlflowClient().get_experiment("0").name == "Default"


@ours
def test_a_password_signs_in(sign_in, monkeypatch, server):
    sign_in("nobody")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "contributor")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", server.passwords["contributor"])

    assert MlflowClient().get_experiment("0").name == "Default"


@ours
@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"MLFLOW_TRACKING_TOKEN": "sk_pat_wrong"},
        {"MLFLOW_TRACKING_USERNAME": "contributor", "MLFLOW_TRACKING_PASSWORD": "wrong"},
        {"MLFLOW_TRACKING_USERNAME": "nobody-at-all", "MLFLOW_TRACKING_PASSWORD": "wrong"},
    ],
    ids=["nothing", "wrong token", "wrong password", "unknown user"],
)
def test_whoever_cannot_sign_in_is_told_so(sign_in, monkeypatch, credentials):
    sign_in("nobody")
    for variable, value in credentials.items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(MlflowException) as refusal:
        MlflowClient().get_experiment("0")

    assert refusal.value.error_code == "UNAUTHENTICATED"


@ours
def test_a_viewer_reads_but_does_not_write(sign_in, experiment):
    run_id = MlflowClient().create_run(experiment.experiment_id).info.run_id
    viewer = sign_in("viewer")

    assert viewer.get_run(run_id).info.run_id == run_id
    with pytest.raises(MlflowException) as refusal:
        viewer.log_metric(run_id, "loss", 1.0)
    assert refusal.value.error_code == "PERMISSION_DENIED"


@ours
def test_a_contributor_trains_and_registers(sign_in, unique):
    contributor = sign_in("contributor")
    mlflow.set_experiment(unique("contributed"))

    with mlflow.start_run() as run:
        mlflow.log_text("1", "notes.txt")
    name = contributor.create_registered_model(unique("contributed")).name

    assert contributor.create_model_version(name, run.info.artifact_uri, run_id=run.info.run_id).version == "1"


@ours
def test_an_outsider_does_not_learn_what_is_there(sign_in, experiment, unique):
    client = MlflowClient()
    run_id = client.create_run(experiment.experiment_id).info.run_id
    name = client.create_registered_model(unique("secret")).name
    outsider = sign_in("outsider")

    for look in (
        lambda: outsider.get_experiment(experiment.experiment_id),
        lambda: outsider.get_run(run_id),
        lambda: outsider.get_registered_model(name),
        lambda: outsider.set_tag(run_id, "a", "b"),
        lambda: outsider.list_artifacts(run_id),
    ):
        with pytest.raises(MlflowException) as refusal:
            look()
        assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert outsider.search_registered_models() == []
    assert outsider.search_runs([experiment.experiment_id]) == []
    assert outsider.get_experiment_by_name(experiment.name) is None


@ours
def test_a_run_belongs_to_whoever_signed_in(sign_in, unique):
    contributor = sign_in("contributor")
    experiment_id = contributor.create_experiment(unique("mine"))

    run = contributor.create_run(experiment_id, tags={"mlflow.user": "somebody-else"})

    assert run.info.user_id == "contributor"
