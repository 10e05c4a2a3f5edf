"""Experiments through the native API."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from tests.native_api import call, results
from tracking import operations
from tracking.models import Experiment

PATH = "/experiments"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.fixture
def experiment(contributor, project):
    return operations.create_experiment(contributor, project, name="payments", tags=[{"key": "team", "value": "risk"}])


def test_an_experiment_is_made_and_shown(client):
    wanted = {"project": "default", "name": " zahlungen ü", "tags": {"team": "risk"}}

    made = call(client, "post", PATH, wanted, status=201)

    assert (made["name"], made["project"], made["owner"]) == (" zahlungen ü", "default", "contributor")
    assert made["tags"] == {"team": "risk"}
    assert made["lifecycle"] == "active"
    assert made["created_at"].endswith("Z")
    assert made["artifact_location"] == f"mlflow-artifacts:/{made['id']}"
    assert call(client, "get", f"{PATH}/{made['id']}") == made


def test_an_experiment_is_renamed_deleted_and_restored(client, experiment):
    path = f"{PATH}/{experiment.pk}"

    assert call(client, "post", f"{path}/rename", {"name": "billing"})["name"] == "billing"
    call(client, "delete", path, status=204)
    assert call(client, "get", path)["lifecycle"] == "deleted"
    assert experiment.pk not in [row["id"] for row in results(client, PATH)]
    assert [row["id"] for row in results(client, PATH, lifecycle="deleted")] == [experiment.pk]
    assert call(client, "post", f"{path}/restore")["lifecycle"] == "active"


def test_tags_are_set_and_taken_off(client, experiment):
    path = f"{PATH}/{experiment.pk}/tags/a/b c"

    assert call(client, "put", path, {"value": "1"})["tags"] == {"a/b c": "1", "team": "risk"}
    call(client, "delete", path, status=204)
    call(client, "delete", path, status=404)


def test_experiments_are_filtered_in_the_search_language(client, experiment):
    assert [row["name"] for row in results(client, PATH, filter="tags.team = 'risk'")] == ["payments"]
    assert results(client, PATH, filter="name LIKE 'bill%'") == []
    assert results(client, PATH, project="nowhere") == []
    assert {row["name"] for row in results(client, PATH, project="default", page_size=1)} == {"Default", "payments"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"filter": "name ="}, "filter"),
        ({"filter": "colour = 'red'"}, "filter"),
        ({"filter": "name = '\x00'"}, "filter"),
        ({"lifecycle": "gone"}, "lifecycle"),
    ],
)
def test_a_wrong_question_is_answered_at_its_field(client, query, field):
    answer = call(client, "get", PATH, query, status=400)

    assert list(answer["fields"]) == [field]
    assert answer["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "payments"}, "name"),
        ({"name": None}, "name"),
        ({"artifact_location": "/etc"}, "artifact_location"),
        ({"tags": {"../up": "x"}}, "tags"),
        ({"tags": []}, "tags"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, experiment, change, field):
    answer = call(client, "post", PATH, {"project": "default", "name": "new"} | change, status=400)

    assert list(answer["fields"]) == [field]
    assert Experiment.objects.count() == 2


def test_a_taken_name_is_said_at_its_field_when_renaming(client, experiment):
    answer = call(client, "post", f"{PATH}/{experiment.pk}/rename", {"name": "Default"}, status=400)

    assert list(answer["fields"]) == ["name"]


def test_nobody_asks_without_signing_in(experiment):
    call(Client(), "get", PATH, status=401)
    call(Client(), "post", PATH, {}, status=401)


def test_an_outsider_finds_nothing(client_of, outsider, experiment):
    theirs, path = client_of(outsider), f"{PATH}/{experiment.pk}"

    assert results(theirs, PATH) == []
    call(theirs, "get", path, status=404)
    call(theirs, "delete", path, status=404)
    call(theirs, "post", PATH, {"project": "default", "name": "mine"}, status=404)


def test_a_viewer_reads_and_each_refused_write_is_recorded(client_of, viewer, experiment):
    theirs, path = client_of(viewer), f"{PATH}/{experiment.pk}"

    assert call(theirs, "get", path)["name"] == "payments"
    for method, place, body in (
        ("post", f"{path}/rename", {"name": "mine"}),
        ("delete", path, None),
        ("put", f"{path}/tags/team", {"value": "mine"}),
        ("post", PATH, {"project": "default", "name": "mine"}),
    ):
        before = AuditEvent.objects.filter(outcome="denied").count()
        answer = call(theirs, method, place, body, status=403)
        assert answer["error_code"] == "PERMISSION_DENIED"
        assert AuditEvent.objects.filter(outcome="denied", actor_uid=viewer.uid).count() == before + 1


def test_a_repeated_write_is_done_once(client):
    wanted = {"project": "default", "name": "once"}

    first = call(client, "post", PATH, wanted, status=201, Idempotency_Key="k1")
    again = call(client, "post", PATH, wanted, status=201, Idempotency_Key="k1")

    assert first == again
    assert Experiment.objects.filter(name="once").count() == 1


@pytest.mark.parametrize("size", [10, 100])
def test_a_list_costs_the_same_at_any_size(client, contributor, project, size, django_assert_max_num_queries):
    for number in range(size):
        operations.create_experiment(contributor, project, name=f"e{number}", tags=[{"key": "n", "value": str(number)}])
    call(client, "get", PATH)

    with django_assert_max_num_queries(6):
        assert len(call(client, "get", PATH, {"page_size": size, "filter": "name != 'x'"})["results"]) == size


def test_a_detail_takes_few_queries(client, experiment, django_assert_max_num_queries):
    call(client, "get", PATH)

    with django_assert_max_num_queries(8):
        call(client, "get", f"{PATH}/{experiment.pk}")
