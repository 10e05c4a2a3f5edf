"""Runs through the native API."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from tests.native_api import call, results
from tracking import operations
from tracking.models import Run

PATH = "/runs"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.fixture
def run(make_run) -> str:
    """The uid of a run with one of everything."""
    return make_run("first", start_time=1, metrics={"rmse": 0.5}, params={"alpha": "1"}, tags={"team": "risk"})


def test_a_run_is_started_and_shown(client, experiment):
    wanted = {
        "experiment": experiment.pk,
        "name": "tree",
        "started_at": "2026-01-02T03:04:05.678+01:00",
        "tags": {"team": "risk"},
    }

    made = call(client, "post", PATH, wanted, status=201)

    assert (made["name"], made["status"], made["owner"]) == ("tree", "RUNNING", "contributor")
    assert (made["started_at"], made["ended_at"]) == ("2026-01-02T02:04:05.678Z", None)
    assert made["tags"] == {"team": "risk", "mlflow.runName": "tree"}
    assert (made["project"], made["experiment"]) == ("default", experiment.pk)
    assert call(client, "get", f"{PATH}/{made['uid']}") == made


def test_a_run_starts_now_unless_it_says_otherwise(client, experiment, time_machine_at):
    with time_machine_at("2026-01-02T03:04:05Z"):
        made = call(client, "post", PATH, {"experiment": experiment.pk}, status=201)

    assert made["started_at"] == "2026-01-02T03:04:05.000Z"


def test_a_run_is_logged_to_ended_deleted_and_restored(client, experiment, make_run):
    path = f"{PATH}/{make_run('tree')}"
    batch = {
        "metrics": [{"key": "acc", "value": 0.5, "step": 1, "timestamp": 7}, {"key": "bad", "value": "NaN"}],
        "params": {"alpha": "1"},
        "tags": {"team": "risk"},
    }

    call(client, "post", f"{path}/log-batch", batch, status=204)
    changed = call(client, "patch", path, {"status": "FINISHED", "ended_at": "2026-01-02T00:00:00Z", "name": "oak"})

    assert (changed["status"], changed["ended_at"], changed["name"]) == ("FINISHED", "2026-01-02T00:00:00.000Z", "oak")
    assert changed["params"] == {"alpha": "1"}
    assert changed["tags"]["team"] == "risk"
    assert {"key": "acc", "value": 0.5, "step": 1, "timestamp": 7} in changed["metrics"]
    assert {point["key"]: point["value"] for point in changed["metrics"]} == {"acc": 0.5, "bad": "NaN"}

    call(client, "delete", path, status=204)
    assert call(client, "get", path)["lifecycle"] == "deleted"
    assert results(client, PATH, experiment=experiment.pk) == []
    assert len(results(client, PATH, experiment=experiment.pk, lifecycle="deleted")) == 1
    assert call(client, "post", f"{path}/restore")["lifecycle"] == "active"


def test_a_run_shows_what_it_read_and_made(client, contributor, project, experiment, run):
    dataset = {"name": "cards", "digest": "d1", "source_type": "s3", "source": "s3://b/k"}
    logged = operations.create_logged_model(contributor, project, experiment_id=str(experiment.pk), name="m")
    operations.log_inputs(
        contributor,
        project,
        run,
        datasets=[{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}],
        models=[{"model_id": logged.uid}],
    )
    operations.log_outputs(contributor, project, run, models=[{"model_id": logged.uid, "step": 3}])

    shown = call(client, "get", f"{PATH}/{run}")

    assert shown["datasets"] == [
        dataset | {"schema": None, "profile": None, "tags": {"mlflow.data.context": "training"}}
    ]
    assert shown["model_inputs"] == [logged.uid]
    assert shown["model_outputs"] == [{"logged_model": logged.uid, "step": 3}]
    (listed,) = results(client, PATH, experiment=experiment.pk, filter="datasets.name = 'cards'")
    assert "datasets" not in listed


def test_runs_are_filtered_ordered_and_paged(client, experiment, make_run):
    for number in range(5):
        make_run(f"r{number}", start_time=number, metrics={"rmse": number / 10}, tags={"even": str(number % 2 == 0)})

    newest = results(client, PATH, project="default", page_size=2)
    best = results(client, PATH, experiment=experiment.pk, order_by=["metrics.rmse ASC"], page_size=2)
    even = results(client, PATH, experiment=experiment.pk, filter="tags.even = 'True' and metrics.rmse < 0.4")

    assert [run["name"] for run in newest] == ["r4", "r3", "r2", "r1", "r0"]
    assert [run["name"] for run in best] == ["r0", "r1", "r2", "r3", "r4"]
    assert [run["name"] for run in even] == ["r2", "r0"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"filter": "metrics.rmse <"}, "filter"),
        ({"order_by": "metrics.rmse UPWARDS"}, "order_by"),
        ({"order_by": ["start_time", "start_time DESC"]}, "order_by"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"lifecycle": "gone"}, "lifecycle"),
        ({"experiment": "seven"}, "experiment"),
    ],
)
def test_a_wrong_question_is_answered_at_its_field(client, experiment, query, field):
    answer = call(client, "get", PATH, {"experiment": experiment.pk} | query, status=400)

    assert list(answer["fields"]) == [field]


def test_a_search_names_experiments_or_a_project(client):
    assert "project" in call(client, "get", PATH, status=400)["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metrics": [{"key": "a", "value": "x"}]}, "metrics"),
        ({"metrics": [{"key": "../a", "value": 1}]}, "metrics"),
        ({"metrics": [{"key": "a", "value": 1, "step": 2**63}]}, "metrics"),
        ({"metrics": [{"key": "a", "value": 1}] * 1001}, "metrics"),
        ({"params": {"alpha": "2"}}, "params"),
        ({"params": {"a": ["1"]}}, "params"),
        ({"tags": {"": "x"}}, "tags"),
    ],
)
def test_of_a_batch_with_a_fault_nothing_is_logged(client, run, change, field):
    batch = {"metrics": [{"key": "fine", "value": 1}], "params": {"fine": "1"}, "tags": {"fine": "1"}} | change

    answer = call(client, "post", f"{PATH}/{run}/log-batch", batch, status=400)

    assert list(answer["fields"]) == [field]
    shown = call(client, "get", f"{PATH}/{run}")
    assert (shown["params"], [point["key"] for point in shown["metrics"]]) == ({"alpha": "1"}, ["rmse"])


@pytest.mark.parametrize("change", [{"status": "DONE"}, {"ended_at": "yesterday"}, {"name": ""}])
def test_a_change_that_makes_no_sense_is_said_at_its_field(client, run, change):
    assert list(call(client, "patch", f"{PATH}/{run}", change, status=400)["fields"]) == list(change)


def test_the_history_of_a_metric_comes_in_pages(client, contributor, project, run):
    points = [{"key": "val/loss a", "value": 1 / (step + 1), "step": step, "timestamp": step} for step in range(7)]
    operations.log_batch(contributor, project, run, metrics=points)

    history = results(client, f"{PATH}/{run}/metrics/val/loss a", page_size=3)

    assert history == points
    assert results(client, f"{PATH}/{run}/metrics/never") == []
    assert call(client, "get", f"{PATH}/{run}/metrics/x", {"cursor": "?"}, status=400)["fields"]["cursor"]


def test_tags_are_set_and_taken_off(client, run):
    path = f"{PATH}/{run}/tags/a/b"

    assert call(client, "put", path, {"value": ""})["tags"]["a/b"] == ""
    call(client, "delete", path, status=204)
    call(client, "delete", path, status=404)


def test_a_time_that_no_calendar_has_is_null(client, make_run):
    assert call(client, "get", f"{PATH}/{make_run('odd', start_time=2**62)}")["started_at"] is None


def test_nobody_asks_without_signing_in(run):
    call(Client(), "get", f"{PATH}/{run}", status=401)
    call(Client(), "post", f"{PATH}/{run}/log-batch", {}, status=401)


def test_an_outsider_finds_nothing(client_of, outsider, experiment, run):
    theirs, path = client_of(outsider), f"{PATH}/{run}"

    assert results(theirs, PATH, project="default") == []
    assert results(theirs, PATH, experiment=experiment.pk) == []
    for method, place, body in (
        ("get", path, None),
        ("get", f"{path}/metrics/rmse", None),
        ("patch", path, {"name": "mine"}),
        ("post", f"{path}/log-batch", {}),
        ("post", PATH, {"experiment": experiment.pk}),
    ):
        call(theirs, method, place, body, status=404)


def test_a_viewer_reads_and_each_refused_write_is_recorded(client_of, viewer, experiment, run):
    theirs, path = client_of(viewer), f"{PATH}/{run}"

    assert call(theirs, "get", path)["name"] == "first"
    assert len(results(theirs, f"{path}/metrics/rmse")) == 1
    for method, place, body in (
        ("post", PATH, {"experiment": experiment.pk}),
        ("patch", path, {"name": "mine"}),
        ("delete", path, None),
        ("post", f"{path}/restore", None),
        ("post", f"{path}/log-batch", {"tags": {"a": "b"}}),
        ("put", f"{path}/tags/a", {"value": "b"}),
    ):
        before = AuditEvent.objects.filter(outcome="denied").count()
        call(theirs, method, place, body, status=403)
        assert AuditEvent.objects.filter(outcome="denied", actor_uid=viewer.uid).count() == before + 1


def test_a_repeated_write_is_done_once(client, experiment):
    first = call(client, "post", PATH, {"experiment": experiment.pk}, status=201, Idempotency_Key="k1")
    again = call(client, "post", PATH, {"experiment": experiment.pk}, status=201, Idempotency_Key="k1")

    assert first == again
    assert Run.objects.count() == 1


@pytest.mark.parametrize("size", [10, 100])
@pytest.mark.parametrize(
    ("query", "most"),
    [
        ({}, 6),
        ({"filter": "metrics.rmse >= 0"}, 7),  # One more looks for a comparison that few runs match.
        ({"order_by": "metrics.rmse"}, 8),  # Two more look for runs whose metric is NaN, or that have none.
    ],
)
def test_a_list_costs_the_same_at_any_size(
    client, experiment, make_run, size, query, most, django_assert_max_num_queries
):
    for number in range(size):
        make_run(f"r{number}", metrics={"rmse": number}, params={"n": str(number)}, tags={"team": "risk"})
    call(client, "get", "/experiments")

    with django_assert_max_num_queries(most):
        page = call(client, "get", PATH, {"experiment": experiment.pk, "page_size": size} | query)

    assert len(page["results"]) == size


def test_a_detail_takes_few_queries(client, run, django_assert_max_num_queries):
    call(client, "get", "/experiments")

    with django_assert_max_num_queries(8):
        call(client, "get", f"{PATH}/{run}")
