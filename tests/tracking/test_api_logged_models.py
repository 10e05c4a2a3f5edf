"""Logged models through the native API."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from tests.native_api import call, results
from tracking import operations

PATH = "/logged-models"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.fixture
def log_model(contributor, project, experiment, make_run):
    """Logs a model with one of everything, from a run."""
    run = make_run("training")

    def log(name="tree"):
        model = operations.create_logged_model(
            contributor,
            project,
            experiment_id=str(experiment.pk),
            name=name,
            source_run_id=run,
            params=[{"key": "depth", "value": "3"}],
            tags=[{"key": "team", "value": "risk"}],
        )
        points = [
            {"key": "acc", "value": 0.5, "timestamp": 1, "model_id": model.uid, "dataset_name": "cards"},
            {"key": "bad", "value": "NaN", "timestamp": 1, "model_id": model.uid},
        ]
        operations.log_batch(contributor, project, run, metrics=points)
        return model

    return log


def test_a_logged_model_is_shown_with_everything(client, log_model, experiment):
    model = log_model()

    shown = call(client, "get", f"{PATH}/{model.uid}")

    assert (shown["name"], shown["owner"], shown["project"]) == ("tree", "contributor", "default")
    assert shown["experiment"] == experiment.pk
    assert shown["source_run"] == model.source_run.uid
    assert (shown["params"], shown["tags"]) == ({"depth": "3"}, {"team": "risk"})
    assert [(point["key"], point["value"], point["dataset_name"]) for point in shown["metrics"]] == [
        ("acc", 0.5, "cards"),
        ("bad", "NaN", ""),
    ]


def test_logged_models_are_filtered_and_paged(client, log_model, experiment):
    for number in range(3):
        log_model(f"m{number}")

    assert [row["name"] for row in results(client, PATH, project="default", page_size=2)] == ["m2", "m1", "m0"]
    assert [row["name"] for row in results(client, PATH, filter="name = 'm1' and metrics.acc < 1")] == ["m1"]
    assert results(client, PATH, experiment=experiment.pk + 1) == []
    assert list(call(client, "get", PATH, {"filter": "name <"}, status=400)["fields"]) == ["filter"]


def test_a_deleted_logged_model_is_gone(client, log_model):
    path = f"{PATH}/{log_model().uid}"

    call(client, "delete", path, status=204)

    call(client, "get", path, status=404)
    assert results(client, PATH) == []


def test_a_repeated_deletion_is_done_once(client, log_model):
    path = f"{PATH}/{log_model().uid}"

    call(client, "delete", path, status=204, Idempotency_Key="k1")
    call(client, "delete", path, status=204, Idempotency_Key="k1")
    call(client, "delete", path, status=404)


def test_who_may_not_is_refused(client_of, viewer, outsider, log_model):
    path = f"{PATH}/{log_model().uid}"

    call(Client(), "get", path, status=401)
    call(client_of(outsider), "get", path, status=404)
    call(client_of(outsider), "delete", path, status=404)
    assert results(client_of(outsider), PATH) == []
    assert call(client_of(viewer), "get", path)["name"] == "tree"
    call(client_of(viewer), "delete", path, status=403)
    assert AuditEvent.objects.get(outcome="denied").actor_uid == viewer.uid


@pytest.mark.parametrize("size", [10, 100])
def test_a_list_costs_the_same_at_any_size(client, log_model, size, django_assert_max_num_queries):
    for number in range(size):
        log_model(f"m{number}")
    call(client, "get", PATH)

    with django_assert_max_num_queries(6):
        assert len(call(client, "get", PATH, {"page_size": size})["results"]) == size


def test_a_detail_takes_few_queries(client, log_model, django_assert_max_num_queries):
    model = log_model()
    call(client, "get", PATH)

    with django_assert_max_num_queries(8):
        call(client, "get", f"{PATH}/{model.uid}")
