"""The pages of runs and logged models."""

import json

import pytest

from accounts.operations import grant_role, update_project
from accounts.roles import Role
from artifacts.operations import store_file
from artifacts.operations.spaces import space_of
from artifacts.uris import OwnerKind
from tests.artifacts.conftest import body_of
from tests.tracking.conftest import pairs
from tracking import operations
from tracking.models import Run, RunTag
from tracking.queries import find_space_owner

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def artifact_root(settings, tmp_path):
    settings.ARTIFACT_ROOT = str(tmp_path / "artifacts")


@pytest.fixture
def browser(session_of, contributor):
    return session_of(contributor)


@pytest.fixture
def store(contributor, project):
    """Stores files among the artifacts of a run or logged model."""

    def store(uid, **contents):
        kind = OwnerKind.LOGGED_MODEL if uid.startswith("m-") else OwnerKind.RUN
        space = space_of(contributor, find_space_owner(project, kind, uid))
        for path, content in contents.items():
            store_file(contributor, space, path, body_of(content))

    return store


@pytest.fixture
def make_model(contributor, project, experiment):
    def make(name="forest", **more):
        return operations.create_logged_model(
            contributor, project, experiment_id=str(experiment.pk), name=name, **more
        ).uid

    return make


def page(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def log(contributor, project, uid, key, *values):
    points = [{"key": key, "value": value, "timestamp": step, "step": step} for step, value in enumerate(values)]
    operations.log_batch(contributor, project, uid, metrics=points)


# --- What the page shows ----------------------------------------------------------------------------------------------


def test_a_run_shows_what_was_logged_to_it(browser, contributor, project, make_run):
    uid = make_run(
        "sunny",
        params={"rate": "0.1"},
        tags={
            "team": "risk",
            "mlflow.source.name": "train.py",
            "mlflow.source.git.commit": "abcdef0123456789",
            "mlflow.note.content": "# Why\n\nbecause **so**",
        },
    )
    log(contributor, project, uid, "loss", 0.9, 0.2, 0.4)

    shown = page(browser, f"/runs/{uid}")

    for part in ("sunny", "rate", "0.1", "team", "risk", "train.py", "abcdef012345", "<strong>so</strong>", "churn"):
        assert part in shown
    latest, lowest, highest, points = 0.4, 0.2, 0.9, 3
    row = shown[shown.index("?key=loss") :].partition("</tr>")[0]
    assert [str(number) in row for number in (latest, lowest, highest, points)] == [True] * 4


def test_hostile_values_are_shown_as_text(browser, contributor, project, make_run, make_model):
    uid = make_run(f"r {HOSTILE}", params={"p": HOSTILE}, tags={"t": HOSTILE, "mlflow.note.content": HOSTILE})
    dataset = {"name": HOSTILE, "digest": "x", "source_type": HOSTILE, "source": HOSTILE, "schema": HOSTILE}
    operations.log_inputs(contributor, project, uid, datasets=[{"dataset": {**dataset, "profile": HOSTILE}}])
    model = make_model("forest", tags=pairs({"t": HOSTILE, "mlflow.note.content": HOSTILE}))

    for address in (f"/runs/{uid}", f"/runs/{uid}/curves", f"/runs/{uid}/delete", f"/logged-models/{model}"):
        assert HOSTILE not in page(browser, address)


def test_extreme_numbers_and_times_do_not_break_the_page(browser, contributor, project, make_run):
    uid = make_run("odd", start_time=2**62, metrics={"nan": "NaN", "up": "Infinity", "down": "-Infinity"})
    operations.update_run(contributor, project, uid, end_time=-(2**62))

    shown = page(browser, f"/runs/{uid}")

    assert "∞" in shown
    assert "NaN" in shown


def test_where_points_are_many_only_latest_values_are_shown(browser, make_run, contributor, project, monkeypatch):
    uid = make_run("long")
    log(contributor, project, uid, "loss", *range(30))
    assert "Lowest" in page(browser, f"/runs/{uid}")

    monkeypatch.setattr("tracking.queries.run_page.CHEAP_POINTS", 20)

    assert "Lowest" not in page(browser, f"/runs/{uid}")


def test_metrics_of_the_machine_stand_apart(browser, make_run):
    uid = make_run("warm", metrics={"auc": 0.9, "system/cpu": 55})

    shown = page(browser, f"/runs/{uid}")
    curves = page(browser, f"/runs/{uid}/curves")

    assert "1 metric of the machine it ran on" in shown
    assert curves.index("auc") < curves.index("system/cpu")


def test_something_is_found_among_many(browser, make_run):
    uid = make_run("many", params={f"p{number}": f"v{number}" for number in range(60)}, metrics={"auc": 1})

    shown = page(browser, f"/runs/{uid}?find=v59")

    assert "p59" in shown
    assert "p58" not in shown
    assert "No metric has" in shown


def test_a_long_list_is_cut_and_says_so(browser, contributor, project, make_run):
    uid = make_run("endless")
    for start in range(0, 500, 100):
        operations.log_batch(
            contributor, project, uid, params=[{"key": f"p{start + n:04}", "value": "xyz"} for n in range(100)]
        )

    assert "300 of 500 params are shown" in page(browser, f"/runs/{uid}")


def test_a_page_stays_below_a_megabyte_whatever_was_logged(browser, contributor, project, make_run):
    uid, long = make_run("endless", tags={"mlflow.note.content": "|a" * 2_000 + "\n" + "|-" * 2_000}), '<"' * 3_000
    for start in range(0, 400, 100):
        items = [{"key": f"{start + number:04}" + "k" * 200, "value": long} for number in range(100)]
        of_client = [{"key": f"mlflow.{item['key']}", "value": long} for item in items]
        points = [{"key": item["key"], "value": 0.1, "timestamp": 0} for item in items]
        operations.log_batch(contributor, project, uid, params=items, tags=items, metrics=points)
        operations.log_batch(contributor, project, uid, tags=of_client)
    schema = json.dumps({"mlflow_colspec": [{"name": long[:200], "type": "double"}] * 400})
    dataset = {"digest": "x", "source_type": "s3", "source": long, "schema": schema, "profile": long}
    datasets = [{"dataset": {"name": f"d{number}", **dataset}} for number in range(30)]
    operations.log_inputs(contributor, project, uid, datasets=datasets)

    response = browser.get(f"/runs/{uid}")

    assert response.status_code == 200
    assert len(response.content) < 1_000_000


def test_datasets_are_shown_with_their_schema(browser, contributor, project, make_run):
    uid = make_run("data")
    schema = json.dumps({"mlflow_colspec": [{"name": "age", "type": "double"}]})
    dataset = {
        "name": "customers",
        "digest": "d1gest",
        "source_type": "s3",
        "source": '{"uri": "s3://bucket/customers.parquet"}',
        "schema": schema,
        "profile": '{"num_rows": 5}',
    }
    tags = [{"key": "mlflow.data.context", "value": "training"}]
    operations.log_inputs(contributor, project, uid, datasets=[{"dataset": dataset, "tags": tags}])

    shown = page(browser, f"/runs/{uid}")

    for part in ("customers", "d1gest", "training", "s3://bucket/customers.parquet", "<td>age</td>", "num_rows"):
        assert part in shown


def test_models_that_a_run_made_and_used_are_linked(browser, contributor, project, make_run, make_model):
    uid, made, used = make_run("trainer"), make_model("made"), make_model("used")
    operations.log_outputs(contributor, project, uid, models=[{"model_id": made, "step": 3}])
    operations.log_inputs(contributor, project, uid, models=[{"model_id": used}])

    shown = page(browser, f"/runs/{uid}")

    assert f"/logged-models/{made}" in shown
    assert f"/logged-models/{used}" in shown


def test_models_of_experiments_that_one_may_not_see_are_not_named(
    admin, outsider, session_of, contributor, project, experiment, make_run, make_model
):
    other = operations.create_experiment(contributor, project, name="other")
    hidden = operations.create_logged_model(contributor, project, experiment_id=str(other.pk), name="hidden model")
    uid = make_run("trainer")
    operations.log_inputs(contributor, project, uid, models=[{"model_id": hidden.uid}])
    grant_role(admin, outsider.user, Role.VIEWER, experiment)

    shown = page(session_of(outsider), f"/runs/{uid}")

    assert "trainer" in shown
    assert "hidden model" not in shown


def test_parent_and_children_are_linked(browser, make_run):
    parent = make_run("parent")
    child = make_run("child", tags={"mlflow.parentRunId": parent})

    assert f"/runs/{parent}/children" in page(browser, f"/runs/{parent}")
    assert f"/runs/{parent}" in page(browser, f"/runs/{child}")


@pytest.mark.parametrize("tag", ["0" * 32, "nonsense", "\x7f" * 900])
def test_a_parent_that_is_not_there_is_passed_over(browser, make_run, tag):
    page(browser, f"/runs/{make_run('orphan', tags={'mlflow.parentRunId': tag})}")


# --- While it is at work ----------------------------------------------------------------------------------------------


def test_a_run_at_work_looks_again_until_it_has_ended(browser, contributor, project, make_run):
    uid = make_run("busy", start_time=10**12, metrics={"loss": 1})
    assert f'hx-get="/runs/{uid}/live"' in page(browser, f"/runs/{uid}")
    update = page(browser, f"/runs/{uid}/live")
    assert 'hx-trigger="every' in update
    assert 'hx-swap-oob="true"' in update

    operations.update_run(contributor, project, uid, status="FINISHED", end_time=10**12 + 5)

    assert "hx-trigger" not in page(browser, f"/runs/{uid}/live")
    assert "hx-trigger" not in page(browser, f"/runs/{uid}")


# --- Changing it ------------------------------------------------------------------------------------------------------


def test_a_run_is_renamed(browser, make_run):
    uid = make_run("old")

    response = browser.post(f"/runs/{uid}/rename", {"name": "new"})

    assert response.headers["Location"] == f"/runs/{uid}"
    assert Run.objects.get(uid=uid).name == "new"


def test_a_tag_is_added_changed_and_taken_off(browser, make_run):
    uid = make_run("tagged")

    browser.post(f"/runs/{uid}/tags", {"key": "team", "value": "risk"})
    browser.post(f"/runs/{uid}/tags?key=team", {"key": "team", "value": "fraud\r\nnight"})
    assert RunTag.objects.get(run__uid=uid, key="team").value == "fraud\nnight"
    assert "fraud" in page(browser, f"/runs/{uid}/tags/remove?key=team")

    browser.post(f"/runs/{uid}/tags/remove?key=team")
    assert not RunTag.objects.filter(run__uid=uid, key="team").exists()
    assert browser.post(f"/runs/{uid}/tags/remove?key=team").status_code == 302


def test_a_wrong_key_is_said_at_its_field_and_what_was_typed_stays(browser, make_run):
    shown = browser.post(f"/runs/{make_run('tagged')}/tags", {"key": "a?b", "value": "kept text"}).content.decode()

    assert "names may only contain" in shown
    assert "kept text" in shown


def test_a_run_is_deleted_and_restored(browser, make_run):
    uid = make_run("gone")
    assert "can be restored" in page(browser, f"/runs/{uid}/delete")

    browser.post(f"/runs/{uid}/delete")
    assert Run.objects.get(uid=uid).lifecycle_stage == "deleted"
    assert "This run is deleted" in page(browser, f"/runs/{uid}")
    assert "Add a tag" not in page(browser, f"/runs/{uid}")

    browser.post(f"/runs/{uid}/restore")
    assert Run.objects.get(uid=uid).lifecycle_stage == "active"


def test_a_run_that_is_needed_says_by_what(browser, make_run, monkeypatch):
    monkeypatch.setattr("tracking.blockers._blockers", [lambda target: ["fraud/7 is in Production"]])
    uid = make_run("needed")

    shown = browser.post(f"/runs/{uid}/delete").content.decode()

    assert "fraud/7 is in Production" in shown
    assert Run.objects.get(uid=uid).lifecycle_stage == "active"


# --- Logged models ----------------------------------------------------------------------------------------------------


def test_a_logged_model_shows_what_is_known_of_it(browser, contributor, project, make_run, make_model, store):
    uid = make_run("trainer")
    model = make_model(params=pairs({"depth": "7"}), tags=pairs({"team": "risk"}), source_run_id=uid)
    point = {"key": "auc", "value": 0.9, "timestamp": 1, "model_id": model}
    operations.log_batch(
        contributor, project, uid, metrics=[{**point, "dataset_name": "holdout", "dataset_digest": "d1"}]
    )
    reader = make_run("reader")
    operations.log_inputs(contributor, project, reader, models=[{"model_id": model}])
    store(model, MLmodel="flavors: {sklearn: {}}")

    shown = page(browser, f"/logged-models/{model}")

    for part in ("forest", "depth", "team", "risk", "auc", "0.9", "holdout", "trainer", "reader", f"models:/{model}"):
        assert part in shown
    assert "sklearn" in page(browser, f"/logged-models/{model}/artifacts")


def test_a_logged_model_is_tagged_and_deleted(browser, make_model):
    uid = make_model()
    browser.post(f"/logged-models/{uid}/tags", {"key": "team", "value": "risk"})
    browser.post(f"/logged-models/{uid}/note", {"note": "*soft*"})
    assert "<em>soft</em>" in page(browser, f"/logged-models/{uid}")

    browser.post(f"/logged-models/{uid}/tags/remove?key=team")
    assert "risk" not in page(browser, f"/logged-models/{uid}")
    browser.post(f"/logged-models/{uid}/delete")

    page(browser, f"/logged-models/{uid}", 404)


def test_a_run_of_another_experiment_is_not_named(browser, contributor, project, make_run, make_model):
    other = operations.create_experiment(contributor, project, name="other")
    uid = make_run("secret name", experiment_id=str(other.pk))

    assert "secret name" not in page(browser, f"/logged-models/{make_model(source_run_id=uid)}")


# --- Who may ----------------------------------------------------------------------------------------------------------

EDITS = ("rename", "note", "tags", "tags/remove?key=team", "delete", "restore")


def test_a_viewer_looks_and_is_offered_nothing_to_change(session_of, viewer, make_run, make_model):
    uid, model, theirs = make_run("seen", tags={"team": "risk"}), make_model(), session_of(viewer)

    shown = page(theirs, f"/runs/{uid}") + page(theirs, f"/logged-models/{model}")

    for address in ("/rename", "/tags", "/note", "/delete"):
        assert address not in shown
    for edit in EDITS:
        page(theirs, f"/runs/{uid}/{edit}", 403)
        assert theirs.post(f"/runs/{uid}/{edit}", {"name": "x", "key": "k", "value": "v"}).status_code == 403
    for edit in ("note", "tags", "tags/remove?key=team", "delete"):
        page(theirs, f"/logged-models/{model}/{edit}", 403)


def test_an_outsider_finds_nothing(session_of, outsider, make_run, make_model):
    uid, model, theirs = make_run("hidden"), make_model(), session_of(outsider)

    for part in ("", "/live", "/curves", "/artifacts", "/children", "/children.json", *(f"/{edit}" for edit in EDITS)):
        page(theirs, f"/runs/{uid}{part}", 404)
    for part in ("", "/artifacts", "/note", "/tags", "/tags/remove", "/delete"):
        page(theirs, f"/logged-models/{model}{part}", 404)


def test_a_contributor_does_not_delete_what_others_made(session_of, cast, make_run):
    theirs, uid = session_of(cast("colleague", Role.CONTRIBUTOR)), make_run("mine")

    assert f"/runs/{uid}/delete" not in page(theirs, f"/runs/{uid}")
    page(theirs, f"/runs/{uid}/delete", 403)


def test_a_viewer_may_download_where_the_project_allows_it(admin, session_of, viewer, project, make_run, store):
    uid = make_run("files")
    store(uid, **{"a.txt": "hello world"})
    assert "hello world" not in page(session_of(viewer), f"/runs/{uid}/artifacts?path=a.txt")

    update_project(admin, project, viewers_may_download=True)

    assert "hello world" in page(session_of(viewer), f"/runs/{uid}/artifacts?path=a.txt")


# --- What it costs ----------------------------------------------------------------------------------------------------


def test_pages_cost_the_same_however_much_was_logged(browser, contributor, project, make_run, make_model, queries_of):
    parent, model = make_run("parent"), make_model()

    def grow(first, last):
        for number in range(first, last):
            child = make_run(f"child-{number}", tags={"mlflow.parentRunId": parent}, params={"p": str(number)})
            operations.log_batch(
                contributor,
                project,
                parent,
                metrics=[{"key": f"m{number}", "value": number, "timestamp": 0, "model_id": model}],
                params=pairs({f"p{number}": "x"}),
                tags=pairs({f"t{number}": "x"}),
            )
            log(contributor, project, child, "loss", number)
            made = make_model(f"model-{number}")
            dataset = {"name": f"d{number}", "digest": "x", "source_type": "local", "source": "{}"}
            operations.log_inputs(
                contributor, project, parent, datasets=[{"dataset": dataset}], models=[{"model_id": made}]
            )
            operations.log_inputs(contributor, project, child, models=[{"model_id": model}])
            operations.log_outputs(contributor, project, parent, models=[{"model_id": made}])
            operations.set_logged_model_tags(contributor, project, model, tags=pairs({f"t{number}": "x"}))

    grow(0, 3)
    pages = [f"/runs/{parent}{part}" for part in ("", "/live", "/curves", "/artifacts", "/children", "/children.json")]
    pages += [f"/logged-models/{model}{part}" for part in ("", "/artifacts")]
    few = {address: queries_of(browser, address) for address in pages}

    grow(3, 30)

    many = {address: queries_of(browser, address) for address in pages}
    assert many == few
    # The first pages of a run and of a model have many sections, each with a query of its own.
    assert few.pop(f"/runs/{parent}") <= 16
    assert few.pop(f"/logged-models/{model}") <= 14
    assert max(few.values()) <= 12
