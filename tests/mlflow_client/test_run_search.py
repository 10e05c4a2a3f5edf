"""Searching runs with MLflow's filter language."""

import math

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def _searched() -> dict[str, str]:
    return {}


@pytest.fixture
def experiment_id(client: MlflowClient, unique, _searched) -> str:
    """An experiment with five runs, made once: see `_log_runs` for what they hold."""
    if not _searched:
        _searched["id"] = client.create_experiment(unique("searched"))
        _log_runs(client, _searched["id"])
    return _searched["id"]


def _log_runs(client: MlflowClient, experiment_id: str) -> None:
    values = {"a": 0.1, "b": 0.2, "c": 0.3, "nan": math.nan, "none": None}
    for number, (name, value) in enumerate(values.items()):
        run = client.create_run(experiment_id, run_name=name, start_time=1_000 + number)
        client.log_batch(
            run.info.run_id,
            metrics=[] if value is None else [Metric("f1 score", value, 1, 0), Metric("loss", number, 1, 0)],
            params=[Param("depth", str(number)), Param("Kind", "Tree" if number % 2 else "forest")],
            tags=[RunTag("team", "risk")] if number < 3 else [RunTag("my tag", 'say "hi", 100%')],
        )
    client.set_terminated(run.info.run_id)


@pytest.fixture
def find(client: MlflowClient, experiment_id):
    """Return the names of the runs that a filter finds, in order."""

    def find(text: str = "", **options) -> list[str]:
        return [run.info.run_name for run in client.search_runs([experiment_id], text, **options)]

    return find


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["none", "nan", "c", "b", "a"]),
        ("metrics.`f1 score` > 0.1", ["c", "b"]),
        ('metrics."f1 score" >= 0.1 AND metrics.loss < 2', ["b", "a"]),
        ("metric.loss = 1", ["b"]),
        ("metrics.loss != 1", ["nan", "c", "a"]),
        ("metrics.loss <= 1e0", ["b", "a"]),
        ("params.depth = '3'", ["nan"]),
        ("parameter.depth != '3'", ["none", "c", "b", "a"]),
        ("params.Kind LIKE 'T%'", ["nan", "b"]),
        ("params.Kind LIKE 't%'", []),
        ("params.Kind ILIKE 't%'", ["nan", "b"]),
        ("params.kind = 'Tree'", []),
        ("tags.team = 'risk'", ["c", "b", "a"]),
        ("tag.team = \"risk\" and params.depth = '1'", ["b"]),
        ("tags.team IS NULL", ["none", "nan"]),
        ("tags.team IS NOT NULL", ["c", "b", "a"]),
        ("params.nothing IS NULL", ["none", "nan", "c", "b", "a"]),
        ("tags.`my tag` = 'say \"hi\", 100%'", ["none", "nan"]),
        ("tags.mlflow.runName = 'a'", ["a"]),
        ("run_name = 'b'", ["b"]),
        ("attributes.run_name LIKE 'n%'", ["none", "nan"]),
        ("attributes.`run name` = 'c'", ["c"]),
        ("status = 'FINISHED'", ["none"]),
        ("attribute.status != 'FINISHED'", ["nan", "c", "b", "a"]),
        ("start_time > 1002", ["none", "nan"]),
        ("attributes.start_time <= 1001", ["b", "a"]),
        ("attributes.Created = 1002", ["c"]),
        ("tags.team = 'risk' AND", ["c", "b", "a"]),
    ],
)
def test_a_filter_finds_its_runs(find, text, names):
    assert find(text) == names


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (["metrics.`f1 score`"], ["a", "b", "c", "nan", "none"]),
        (["metrics.`f1 score` DESC"], ["c", "b", "a", "nan", "none"]),
        (["params.Kind ASC", "start_time DESC"], ["nan", "b", "none", "c", "a"]),
        (["attributes.start_time asc"], ["a", "b", "c", "nan", "none"]),
        (["run_name desc"], ["none", "nan", "c", "b", "a"]),
        (["tags.mlflow.runName"], ["a", "b", "c", "nan", "none"]),
    ],
)
def test_runs_come_in_the_order_asked_for(find, order, names):
    assert find(order_by=order) == names


def test_runs_are_found_by_their_ids(client: MlflowClient, experiment_id):
    ids = [run.info.run_id for run in client.search_runs([experiment_id], order_by=["start_time"])][:2]
    listed = ", ".join(f"'{run_id}'" for run_id in ids)

    inside = client.search_runs([experiment_id], f"attributes.run_id IN ({listed})", order_by=["start_time"])
    outside = client.search_runs([experiment_id], f"run_id NOT IN ({listed})")

    assert [run.info.run_id for run in inside] == ids
    assert len(outside) == 3


def test_search_goes_page_by_page(client: MlflowClient, experiment_id):
    names, token = [], None
    while True:
        page = client.search_runs([experiment_id], max_results=2, order_by=["start_time"], page_token=token)
        names += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break

    assert names == ["a", "b", "c", "nan", "none"]


def test_fluent_search_gives_a_table(experiment_id):
    table = mlflow.search_runs(experiment_ids=[experiment_id], filter_string="tags.team = 'risk'")

    assert sorted(table["tags.mlflow.runName"]) == ["a", "b", "c"]
    assert sorted(table["metrics.f1 score"]) == [0.1, 0.2, 0.3]
    assert set(table["params.depth"]) == {"0", "1", "2"}


def test_deleted_runs_are_a_view_of_their_own(client: MlflowClient, experiment):
    kept = client.create_run(experiment.experiment_id).info.run_id
    gone = client.create_run(experiment.experiment_id).info.run_id
    client.delete_run(gone)

    def find(view: int) -> set[str]:
        return {run.info.run_id for run in client.search_runs([experiment.experiment_id], run_view_type=view)}

    assert find(ViewType.ACTIVE_ONLY) == {kept}
    assert find(ViewType.DELETED_ONLY) == {gone}
    assert find(ViewType.ALL) == {kept, gone}


def test_several_experiments_are_searched_at_once(client: MlflowClient, unique):
    ids = [client.create_experiment(unique("several")) for _ in range(2)]
    runs = {client.create_run(experiment_id).info.run_id for experiment_id in ids}

    assert {run.info.run_id for run in client.search_runs(ids)} == runs
    assert list(client.search_runs(["987654321"])) == []


@pytest.mark.parametrize(
    "text",
    [
        "metrics.loss > '1'",
        "params.depth = 1",
        "metrics.loss > 1 OR metrics.loss < 0",
        "NOT metrics.loss > 1",
        "(metrics.loss > 1)",
        "params.depth IN ('1')",
        "run_id IN ()",
        "run_id IN (1)",
        "nonsense.x = '1'",
        "metrics.loss IS NULL",
        "metrics.loss",
        "params.depth > '1'",
        "start_time LIKE '1%'",
        "tags.team = 'unclosed",
    ],
)
def test_a_filter_outside_the_language_is_refused(client: MlflowClient, experiment_id, text):
    with pytest.raises(MlflowException) as refusal:
        client.search_runs([experiment_id], text)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("max_results", [-1, 0, 50_001])
def test_a_page_has_a_sensible_size(client: MlflowClient, experiment_id, max_results):
    with pytest.raises(MlflowException) as refusal:
        client.search_runs([experiment_id], max_results=max_results)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_made_up_page_token_is_refused(client: MlflowClient, experiment_id):
    with pytest.raises(MlflowException) as refusal:
        client.search_runs([experiment_id], page_token="garbage")

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
