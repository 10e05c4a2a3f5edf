"""Registered models and their aliases through the native API."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from registry import operations
from registry.models import RegisteredModel
from registry.rules import Stage
from tests.native_api import call, results

LIST = "/registered-models"
PATH = f"{LIST}/default/fraud"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


@pytest.fixture
def days() -> list[datetime]:
    """Noon of today and of the days to come, while the client's token lasts."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [noon + timedelta(days=number) for number in range(4)]


@pytest.fixture
def keeper(client_of, maintainer):
    return client_of(maintainer)


def test_a_model_is_made_and_shown(client):
    wanted = {"project": "default", "name": "Betrug ü 100%", "description": "Finds it", "tags": {"team": "risk"}}

    made = call(client, "post", LIST, wanted, status=201)

    assert (made["name"], made["project"], made["owner"]) == ("Betrug ü 100%", "default", "contributor")
    assert (made["description"], made["tags"], made["aliases"]) == ("Finds it", {"team": "risk"}, {})
    assert (made["version_counts"], made["stages"]) == ({}, {"Staging": [], "Production": []})
    assert (made["is_prompt"], made["inherit_access"], made["lifecycle"]) == (False, True, "active")
    assert call(client, "get", f"{LIST}/default/{quote('Betrug ü 100%')}") == made


def test_a_model_shows_what_its_versions_are_used_for(keeper, client, register):
    for stage in (Stage.NONE, Stage.NONE, Stage.STAGING, Stage.PRODUCTION):
        register(stage)
    call(client, "put", f"{PATH}/aliases/champion", {"version": 2})

    shown = call(client, "get", PATH)

    assert shown["version_counts"] == {"None": 2, "Staging": 1, "Production": 1}
    assert shown["stages"] == {"Staging": [3], "Production": [4]}
    assert shown["aliases"] == {"champion": 2, "production": 4, "staging": 3}
    (listed,) = results(client, LIST)
    assert listed["version_counts"] == shown["version_counts"]


def test_a_model_is_described_renamed_and_tagged(client, keeper, model):
    assert call(client, "patch", PATH, {"description": "new"})["description"] == "new"
    assert call(client, "put", f"{PATH}/tags/a/b", {"value": "1"})["tags"] == {"a/b": "1"}
    call(client, "delete", f"{PATH}/tags/a/b", status=204)
    renamed = call(keeper, "post", f"{PATH}/rename", {"name": "fraud 2"})

    assert (renamed["name"], renamed["tags"]) == ("fraud 2", {})
    call(client, "get", PATH, status=404)
    assert call(client, "get", f"{LIST}/default/fraud 2")["id"] == model.pk


def test_a_model_goes_to_the_trash_and_comes_back(client, model):
    call(client, "delete", PATH, {"reason": "not used"}, status=204)

    call(client, "get", PATH, status=404)
    assert results(client, LIST) == []
    assert [row["id"] for row in results(client, LIST, lifecycle="trashed")] == [model.pk]
    assert call(client, "get", PATH, {"lifecycle": "trashed"})["lifecycle"] == "trashed"
    assert call(client, "post", f"{PATH}/restore", {"reason": "used after all"})["lifecycle"] == "active"
    call(client, "post", f"{PATH}/restore", status=404)


def test_of_several_in_the_trash_one_is_named_by_its_number(client, model, contributor, project):
    call(client, "delete", PATH, status=204)
    second = operations.create_registered_model(contributor, project, "fraud")
    call(client, "delete", PATH, status=204)

    assert call(client, "post", f"{PATH}/restore", {"id": model.pk})["id"] == model.pk
    taken = call(client, "post", f"{PATH}/restore", {"id": second.pk}, status=400)
    assert list(taken["fields"]) == ["name"]


def test_a_model_in_use_stays_and_says_why(client, register):
    register(Stage.STAGING)

    answer = call(client, "delete", PATH, status=409)

    assert answer["blockers"]
    assert "Staging" in answer["message"]


def test_access_is_inherited_or_not(client_of, admin, viewer, model):
    ours = client_of(admin)

    assert call(ours, "post", f"{PATH}/set-inheritance", {"inherit_access": False})["inherit_access"] is False
    call(client_of(viewer), "get", PATH, status=404)
    assert results(client_of(viewer), LIST) == []


def test_aliases_are_set_moved_taken_off_and_remembered(client, register):
    register(), register()
    path = f"{PATH}/aliases"

    first = call(client, "put", f"{path}/Champion", {"version": 1})
    call(client, "put", f"{path}/champion", {"version": 2})

    assert (first["alias"], first["version"], first["kind"], first["actor"]) == ("Champion", 1, "free", "contributor")
    assert call(client, "get", f"{path}/CHAMPION")["version"] == 2
    assert [(row["alias"], row["version"]) for row in results(client, path)] == [("champion", 2)]
    assert [row["version"] for row in results(client, path, history="true")] == [2, 1]
    call(client, "delete", f"{path}/champion", status=204)
    assert results(client, path) == []
    call(client, "get", f"{path}/champion", status=400)


def test_an_alias_that_follows_a_stage_is_not_set_by_hand(client, register):
    register()

    answer = call(client, "put", f"{PATH}/aliases/production", {"version": 1}, status=409)

    assert "Production" in answer["message"]
    assert list(call(client, "put", f"{PATH}/aliases/x", {"version": 0}, status=400)["fields"]) == ["version"]
    call(client, "put", f"{PATH}/aliases/x", {"version": 9}, status=404)


def test_what_was_in_which_stage_and_had_which_alias_on_that_day(client, register, days):
    for number, day in ((1, days[1]), (2, days[3])):
        with time_machine.travel(day, tick=False):
            register(Stage.PRODUCTION)
            call(client, "put", f"{PATH}/aliases/champion", {"version": number})
    at = {"at": days[2].isoformat()}

    then, now = call(client, "get", PATH, at), call(client, "get", PATH)

    assert (then["stages"]["Production"], then["aliases"]) == ([1], {"champion": 1, "production": 1})
    assert (now["stages"]["Production"], now["aliases"]) == ([2], {"champion": 2, "production": 2})
    assert (datetime.fromisoformat(then["at"]), now["at"]) == (days[2], None)
    call(client, "get", PATH, {"at": "2000-01-01T00:00:00Z"}, status=404)
    path = f"{PATH}/stages"
    assert [row["version"] for row in results(client, path, stage="Production")] == [2, 1]
    (stay,) = results(client, path, stage="Production", **at)
    # Changes of a model made in the same instant still follow each other, a millisecond apart.
    assert (stay["version"], datetime.fromisoformat(stay["until"])) == (1, days[3] + timedelta(milliseconds=1))
    assert AuditEvent.objects.get(uid=stay["event"]).action == "model_version.transitioned"
    assert {row["alias"]: row["version"] for row in results(client, f"{PATH}/aliases", **at)} == then["aliases"]
    assert call(client, "get", f"{PATH}/aliases/champion", at)["version"] == 1


def test_models_are_filtered_in_the_search_language(client, contributor, project, model, prompt):
    operations.create_registered_model(contributor, project, "churn", tags={"team": "sales"})

    def names(**query):
        return [row["name"] for row in results(client, LIST, **query)]

    assert names() == ["churn", "fraud"]
    assert names(filter="name LIKE 'fr%'") == ["fraud"]
    assert names(filter="tags.team = 'sales'", project="default") == ["churn"]
    assert names(project="nowhere") == []
    assert names(kind="prompt") == ["greeting"]
    assert names(kind="all", page_size=1) == ["churn", "greeting", "fraud"]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"filter": "nonsense"}, "filter"), ({"kind": "x"}, "kind"), ({"lifecycle": "deleted"}, "lifecycle")],
)
def test_a_wrong_question_is_answered_at_its_field(client, query, field):
    assert list(call(client, "get", LIST, query, status=400)["fields"]) == [field]


def test_a_moment_that_is_none_is_said_at_its_field(client, model):
    assert list(call(client, "get", PATH, {"at": "yesterday"}, status=400)["fields"]) == ["at"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "a/b"}, "name"),
        ({"name": "fraud"}, "name"),
        ({"name": " fraud"}, "name"),
        ({"name": ""}, "name"),
        ({"description": "x" * 100_001}, "description"),
        ({"tags": {"../up": "x"}}, "tags"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, model, change, field):
    answer = call(client, "post", LIST, {"project": "default", "name": "new"} | change, status=400)

    assert list(answer["fields"]) == [field]
    assert RegisteredModel.objects.count() == 1


def test_nobody_asks_without_signing_in(model):
    for method, path in (("get", LIST), ("get", PATH), ("delete", PATH), ("get", f"{PATH}/aliases")):
        call(Client(), method, path, status=401)


def test_an_outsider_finds_nothing(client_of, outsider, register):
    register()
    theirs = client_of(outsider)

    assert results(theirs, LIST) == []
    for method, path, body in (
        ("get", PATH, None),
        ("get", f"{PATH}/aliases", None),
        ("get", f"{PATH}/stages", None),
        ("patch", PATH, {"description": "x"}),
        ("delete", PATH, None),
        ("put", f"{PATH}/aliases/a", {"version": 1}),
        ("post", LIST, {"project": "default", "name": "mine"}),
    ):
        call(theirs, method, path, body, status=404)


def test_a_viewer_reads_and_each_refused_write_is_recorded(client_of, viewer, register):
    register()
    theirs = client_of(viewer)

    assert call(theirs, "get", PATH)["name"] == "fraud"
    assert results(theirs, f"{PATH}/stages")
    for method, path, body in (
        ("post", LIST, {"project": "default", "name": "mine"}),
        ("patch", PATH, {"description": "x"}),
        ("post", f"{PATH}/rename", {"name": "mine"}),
        ("post", f"{PATH}/set-inheritance", {"inherit_access": False}),
        ("delete", PATH, None),
        ("put", f"{PATH}/tags/a", {"value": "b"}),
        ("delete", f"{PATH}/tags/a", None),
        ("put", f"{PATH}/aliases/a", {"version": 1}),
        ("delete", f"{PATH}/aliases/a", None),
    ):
        before = AuditEvent.objects.filter(outcome="denied").count()
        call(theirs, method, path, body, status=403)
        assert AuditEvent.objects.filter(outcome="denied", actor_uid=viewer.uid).count() == before + 1


def test_a_contributor_may_write_but_not_manage(client, model):
    call(client, "post", f"{PATH}/rename", {"name": "mine"}, status=403)
    call(client, "post", f"{PATH}/set-inheritance", {"inherit_access": False}, status=403)


def test_a_repeated_write_is_done_once(client):
    wanted = {"project": "default", "name": "once"}

    first = call(client, "post", LIST, wanted, status=201, Idempotency_Key="k1")

    assert call(client, "post", LIST, wanted, status=201, Idempotency_Key="k1") == first
    assert RegisteredModel.objects.count() == 1


@pytest.mark.parametrize("size", [10, 100])
def test_a_list_costs_the_same_at_any_size(client, contributor, project, size, django_assert_max_num_queries):
    for number in range(size):
        model = operations.create_registered_model(contributor, project, f"m{number}", tags={"n": str(number)})
        version = operations.create_model_version(contributor, model, "s3://bucket/x")
        operations.set_alias(contributor, version, "champion")
    call(client, "get", "/experiments")

    with django_assert_max_num_queries(6):
        assert len(call(client, "get", LIST, {"page_size": size})["results"]) == size
    with django_assert_max_num_queries(6):
        call(client, "get", f"{LIST}/default/m1/aliases", {"history": "true"})


def test_a_detail_takes_few_queries(client, register, django_assert_max_num_queries):
    register(Stage.PRODUCTION)
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    call(client, "get", "/experiments")

    for query in ({}, {"at": moment}):
        with django_assert_max_num_queries(8):
            call(client, "get", PATH, query)
