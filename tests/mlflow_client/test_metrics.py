"""Metric points, their history and which one is the latest, through the MLflow client."""

import math

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException


@pytest.fixture
def run_id(client: MlflowClient, experiment) -> str:
    return client.create_run(experiment.experiment_id).info.run_id


def test_the_history_of_a_metric_is_complete_and_in_order(client: MlflowClient, run_id):
    for step in (0, 1, 2):
        client.log_metric(run_id, "loss", 1.0 - step / 10, timestamp=1_000 + step, step=step)

    history = client.get_metric_history(run_id, "loss")

    assert [(point.step, point.timestamp, point.value) for point in history] == [
        (0, 1_000, 1.0),
        (1, 1_001, 0.9),
        (2, 1_002, 0.8),
    ]


def test_the_latest_value_is_the_greatest_step_then_time_then_value(client: MlflowClient, run_id):
    client.log_metric(run_id, "loss", 5.0, timestamp=10, step=3)
    client.log_metric(run_id, "loss", 9.0, timestamp=99, step=1)
    assert client.get_run(run_id).data.metrics["loss"] == 5.0

    client.log_metric(run_id, "loss", 4.0, timestamp=11, step=3)
    assert client.get_run(run_id).data.metrics["loss"] == 4.0

    client.log_metric(run_id, "loss", 3.0, timestamp=11, step=3)
    assert client.get_run(run_id).data.metrics["loss"] == 4.0


def test_the_same_point_twice_is_stored_once(client: MlflowClient, run_id):
    for _ in range(2):
        client.log_batch(run_id, metrics=[Metric("loss", 0.5, 7, 0), Metric("loss", 0.5, 7, 0)])

    assert len(client.get_metric_history(run_id, "loss")) == 1


def test_nan_and_infinity_survive_the_journey(client: MlflowClient, run_id):
    client.log_metric(run_id, "nan", math.nan, timestamp=1)
    client.log_metric(run_id, "up", math.inf, timestamp=1)
    client.log_metric(run_id, "down", -math.inf, timestamp=1)

    metrics = client.get_run(run_id).data.metrics

    assert math.isnan(metrics["nan"])
    assert metrics["up"] == 1.7976931348623157e308
    assert metrics["down"] == -1.7976931348623157e308
    assert math.isnan(client.get_metric_history(run_id, "nan")[0].value)


def test_nan_loses_a_tie(client: MlflowClient, run_id):
    client.log_batch(run_id, metrics=[Metric("loss", math.nan, 5, 1), Metric("loss", 3.0, 5, 1)])

    assert client.get_run(run_id).data.metrics["loss"] == 3.0


def test_a_long_history_is_read_in_pages(client: MlflowClient, run_id):
    for start in range(0, 3_000, 1_000):
        client.log_batch(run_id, metrics=[Metric("loss", step, step, step) for step in range(start, start + 1_000)])

    history = client.get_metric_history(run_id, "loss")

    assert [point.step for point in history] == list(range(3_000))


def test_an_unknown_metric_has_an_empty_history(client: MlflowClient, run_id):
    assert client.get_metric_history(run_id, "nothing") == []


def test_a_negative_timestamp_is_refused(client: MlflowClient, run_id):
    with pytest.raises(MlflowException) as refusal:
        client.log_metric(run_id, "loss", 1.0, timestamp=-1)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_more_than_a_thousand_points_in_a_batch_arrive(client: MlflowClient, run_id):
    client.log_batch(run_id, metrics=[Metric("loss", step, step, step) for step in range(1_000)])

    assert client.get_run(run_id).data.metrics["loss"] == 999.0
