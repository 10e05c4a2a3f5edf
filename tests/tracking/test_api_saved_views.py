"""Saved views, keys, and changes of many runs through the native API."""

import pytest

from tests.native_api import call, results

PATH = "/saved-views"


@pytest.fixture
def client(client_of, contributor):
    return client_of(contributor)


def test_a_view_is_saved_changed_and_deleted(client, experiment):
    wanted = {"experiment": experiment.pk, "name": "Best", "query": "q=metrics.acc+%3E+1&page_token=x", "shared": True}

    made = call(client, "post", PATH, wanted, status=201)

    assert (made["name"], made["query"], made["shared"]) == ("Best", "q=metrics.acc+%3E+1", True)
    assert (made["experiment"], made["owner"]) == (experiment.pk, "contributor")
    path = f"{PATH}/{made['id']}"
    assert call(client, "get", path) == made
    assert call(client, "patch", path, {"name": "Better"})["name"] == "Better"
    call(client, "delete", path, status=204)
    call(client, "get", path, status=404)


def test_views_are_listed_for_those_who_may_see_them(client, client_of, viewer, outsider, experiment):
    for name, shared in (("mine", False), ("ours", True)):
        call(client, "post", PATH, {"experiment": experiment.pk, "name": name, "shared": shared}, status=201)

    assert {row["name"] for row in results(client, PATH, experiment=experiment.pk)} == {"mine", "ours"}
    assert {row["name"] for row in results(client_of(viewer), PATH)} == {"ours"}
    assert results(client_of(outsider), PATH) == []
    assert results(client, PATH, experiment=experiment.pk + 1) == []


def test_a_taken_name_is_said_at_its_field(client, experiment):
    wanted = {"experiment": experiment.pk, "name": "Best"}
    call(client, "post", PATH, wanted, status=201)

    assert "Best" in call(client, "post", PATH, wanted, status=400)["fields"]["name"][0]


def test_an_outsider_saves_no_view(client_of, outsider, experiment):
    call(client_of(outsider), "post", PATH, {"experiment": experiment.pk, "name": "x"}, status=404)


def test_keys_and_values_of_an_experiment_are_told(client, experiment, make_run):
    make_run(metrics={"acc": 1, "loss": 1}, params={"model": "svm"}, tags={"team": "risk"})
    path = f"/experiments/{experiment.pk}"

    keys = call(client, "get", f"{path}/keys?contains=O")
    assert keys == {"metrics": ["loss"], "params": ["model"], "tags": []} | {"tags": keys["tags"]}
    assert call(client, "get", f"{path}/values?kind=param&key=model") == {"values": ["svm"]}
    call(client, "get", f"{path}/values?kind=metric&key=acc", status=400)


def test_an_outsider_learns_no_keys(client_of, outsider, experiment):
    call(client_of(outsider), "get", f"/experiments/{experiment.pk}/keys", status=404)
    call(client_of(outsider), "get", f"/experiments/{experiment.pk}/values?kind=tag&key=x", status=404)


def test_many_runs_are_tagged_deleted_and_restored(client, experiment, make_run):
    runs = [make_run(tags={"phase": "draft"}) for _ in range(3)]

    assert call(client, "post", "/runs/tag", {"runs": runs, "tags": {"team": "risk"}, "remove": ["phase"]}) == {
        "changed": 3
    }
    found = results(client, "/runs", experiment=experiment.pk, filter="tags.team = 'risk' and tags.phase IS NULL")
    assert len(found) == 3

    assert call(client, "post", "/runs/delete", {"runs": runs[:2]}) == {"changed": 2}
    assert len(results(client, "/runs", experiment=experiment.pk)) == 1
    assert call(client, "post", "/runs/restore", {"runs": runs[:2]}) == {"changed": 2}
    assert len(results(client, "/runs", experiment=experiment.pk)) == 3


@pytest.mark.parametrize("what", ["tag", "delete", "restore"])
def test_who_may_not_changes_nothing(client_of, viewer, outsider, make_run, what):
    runs = {"runs": [make_run()], "tags": {"a": "b"}}

    call(client_of(viewer), "post", f"/runs/{what}", runs, status=403)
    call(client_of(outsider), "post", f"/runs/{what}", runs, status=404)


@pytest.mark.parametrize("runs", [[], ["x"], ["0" * 32] * 501])
def test_runs_must_be_named(client, runs):
    call(client, "post", "/runs/delete", {"runs": runs}, status=400)
