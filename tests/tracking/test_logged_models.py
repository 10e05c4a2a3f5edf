"""Logged models: making, finishing, describing, deleting, finding."""

import re

import pytest

from audit.exceptions import InvalidInput, NotFound, PermissionDenied
from audit.models import AuditEvent
from tracking import operations
from tracking.exceptions import NotActive, ParamChanged
from tracking.queries import get_logged_model, search_logged_models

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_model(contributor, project, experiment):
    def make(name=None, **arguments):
        arguments.setdefault("experiment_id", str(experiment.pk))
        for kind in ("params", "tags"):
            arguments[kind] = [{"key": key, "value": value} for key, value in arguments.get(kind, {}).items()]
        return operations.create_logged_model(contributor, project, name=name, **arguments).uid

    return make


@pytest.fixture
def find(contributor, project, experiment):
    """The names of the logged models that a search finds, in order."""

    def search(filter_string="", *, actor=contributor, **arguments):
        arguments.setdefault("experiment_ids", [str(experiment.pk)])
        page = search_logged_models(actor, project, filter_string=filter_string, **arguments)
        return [row.name for row in page.rows]

    return search


def measure(actor, project, run, model, key, value, *, time=1, dataset=""):
    metric = {"key": key, "value": value, "timestamp": time, "model_id": model}
    if dataset:
        metric |= {"dataset_name": dataset, "dataset_digest": f"of {dataset}"}
    operations.log_metric(actor, project, run, metric=metric)


def test_a_logged_model_is_made_pending_with_a_place_for_its_files(contributor, project, experiment, make_run):
    run = make_run("ann")
    made = operations.create_logged_model(
        contributor,
        project,
        experiment_id=str(experiment.pk),
        model_type="sklearn",
        source_run_id=run,
        params=[{"key": "depth", "value": "3"}],
        tags=[{"key": "team", "value": "red"}],
    )

    row = get_logged_model(contributor, project, made.uid)
    assert re.fullmatch("m-[0-9a-f]{32}", row.uid)
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", row.name)
    assert (row.status, row.model_type, row.source_run_id) == ("LOGGED_MODEL_PENDING", "sklearn", run)
    assert row.artifact_uri == f"mlflow-artifacts:/{experiment.pk}/models/{row.uid}/artifacts"
    assert row.params == [{"key": "depth", "value": "3"}]
    assert row.tags == [{"key": "team", "value": "red"}]
    assert AuditEvent.objects.get(action="logged_model.created").object_id == row.uid


def test_a_logged_model_is_finalized(contributor, project, make_model):
    uid = make_model("net")
    operations.finalize_logged_model(contributor, project, uid, status="LOGGED_MODEL_READY")

    assert get_logged_model(contributor, project, uid).status == "LOGGED_MODEL_READY"
    with pytest.raises(InvalidInput, match="Invalid status"):
        operations.finalize_logged_model(contributor, project, uid, status="DONE")


def test_params_are_written_once_and_tags_may_change(contributor, project, make_model):
    uid = make_model("net", params={"a": "1"}, tags={"t": "1"})
    operations.log_logged_model_params(
        contributor, project, uid, params=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    )
    operations.set_logged_model_tags(
        contributor, project, uid, tags=[{"key": "t", "value": "2"}, {"key": "u", "value": "3"}]
    )
    with pytest.raises(ParamChanged, match="Changing param values is not allowed"):
        operations.log_logged_model_params(contributor, project, uid, params=[{"key": "a", "value": "2"}])

    row = get_logged_model(contributor, project, uid)
    assert {param["key"]: param["value"] for param in row.params} == {"a": "1", "b": "2"}
    assert {tag["key"]: tag["value"] for tag in row.tags} == {"t": "2", "u": "3"}
    operations.delete_logged_model_tag(contributor, project, uid, key="u")
    with pytest.raises(NotFound, match="No tag with key 'u'"):
        operations.delete_logged_model_tag(contributor, project, uid, key="u")


def test_a_deleted_logged_model_is_not_found_but_stays(contributor, project, make_model, find):
    uid = make_model("net")
    operations.delete_logged_model(contributor, project, uid)

    assert find() == []
    for use in (
        lambda: get_logged_model(contributor, project, uid),
        lambda: operations.finalize_logged_model(contributor, project, uid, status="LOGGED_MODEL_READY"),
        lambda: operations.delete_logged_model(contributor, project, uid),
    ):
        with pytest.raises(NotFound):
            use()
    assert AuditEvent.objects.filter(action="logged_model.deleted", object_id=uid).exists()


@pytest.mark.parametrize("uid", ["", "m-1", "m-" + "0" * 32, "a\x00"])
def test_a_logged_model_that_is_not_there_is_not_found(contributor, project, uid):
    with pytest.raises(NotFound):
        get_logged_model(contributor, project, uid)
    with pytest.raises(NotFound):
        operations.set_logged_model_tags(contributor, project, uid, tags=[])


def test_a_logged_model_needs_an_active_experiment_and_a_run_that_is_there(
    contributor, project, experiment, make_model
):
    with pytest.raises(NotFound, match="Run with id"):
        make_model("net", source_run_id="0" * 32)
    operations.delete_experiment(contributor, project, str(experiment.pk))
    with pytest.raises(NotActive):
        make_model("net")


def test_metrics_of_a_model_are_kept_with_run_and_dataset(contributor, project, make_run, make_model):
    run, uid = make_run("ann"), make_model("net")
    for _ in range(2):
        measure(contributor, project, run, uid, "acc", 0.5, dataset="iris")
    measure(contributor, project, run, uid, "odd", "NaN")

    acc, odd = get_logged_model(contributor, project, uid).metrics
    assert acc == {
        "key": "acc",
        "value": 0.5,
        "timestamp": 1,
        "step": 0,
        "run_id": run,
        "model_id": uid,
        "dataset_name": "iris",
        "dataset_digest": "of iris",
    }
    assert odd["value"] == "NaN"
    assert "dataset_name" not in odd


def test_logged_models_are_searched(contributor, project, make_run, make_model, find):
    run = make_run("ann")
    ann = make_model("ann", params={"depth": "3"}, tags={"team": "Red"}, model_type="net", source_run_id=run)
    bob = make_model("bob", params={"depth": "30"}, tags={"team": "red"})
    operations.finalize_logged_model(contributor, project, bob, status="LOGGED_MODEL_READY")
    measure(contributor, project, run, ann, "acc", 0.5)
    measure(contributor, project, run, bob, "acc", 0.9)
    measure(contributor, project, run, bob, "acc", "NaN", time=2)

    found = {
        "name = 'ann'": "ann",
        "name IN ('ann', 'bob') AND attributes.name != 'ann'": "bob",
        "name NOT IN ('ann')": "bob",
        f"model_id = '{ann}'": "ann",
        "model_type LIKE 'n%'": "ann",
        "status = 'READY'": "bob",
        "status = 'LOGGED_MODEL_PENDING'": "ann",
        f"source_run_id = '{run}'": "ann",
        f"source_run_id NOT IN ('{run}')": "",
        "params.depth = 3": "ann",
        "params.depth LIKE '3%'": "ann bob",
        "tags.team ILIKE 'RED'": "ann bob",
        "tags.team = 'red'": "bob",
        "metrics.acc > 0.4": "ann bob",
        "metrics.acc > 0.6": "bob",
        "metrics.acc != 0.9": "ann bob",
        "creation_timestamp > 0 AND last_updated_timestamp > 0": "ann bob",
        "artifact_location LIKE 'mlflow-artifacts:/%'": "ann bob",
        "experiment_id = '0'": "",
    }
    by_name = [{"field_name": "name"}]
    assert {text: " ".join(find(text, order_by=by_name)) for text in found} == found


def test_metrics_are_asked_on_datasets(contributor, project, make_run, make_model, find):
    run, ann, bob = make_run("ann"), make_model("ann"), make_model("bob")
    measure(contributor, project, run, ann, "acc", 0.5, dataset="iris")
    measure(contributor, project, run, bob, "acc", 0.9, dataset="iris")
    measure(contributor, project, run, ann, "acc", 0.95, time=2, dataset="wine")
    make_model("cid")
    iris, wine = {"dataset_name": "iris"}, {"dataset_name": "wine", "dataset_digest": "of wine"}

    assert set(find(datasets=[iris])) == {"ann", "bob"}
    assert find(datasets=[wine]) == ["ann"]
    assert find(datasets=[{"dataset_name": "wine", "dataset_digest": "other"}]) == []
    assert find("metrics.acc > 0.6", datasets=[iris]) == ["bob"]
    assert set(find("metrics.acc > 0.6", datasets=[iris, wine])) == {"ann", "bob"}
    assert find(order_by=[{"field_name": "metrics.acc", "ascending": False}])[0] == "ann"
    assert find(order_by=[{"field_name": "metrics.acc", "ascending": False, "dataset_name": "iris"}])[0] == "bob"


def test_models_without_a_metric_come_last_in_both_directions(contributor, project, make_run, make_model, find):
    run = make_run("ann")
    for name, value in (("low", 1), ("high", 2)):
        measure(contributor, project, run, make_model(name), "acc", value)
    make_model("none")

    assert find(order_by=[{"field_name": "metrics.acc"}]) == ["low", "high", "none"]
    assert find(order_by=[{"field_name": "metrics.acc", "ascending": False}]) == ["high", "low", "none"]


@pytest.mark.parametrize(
    "term",
    [
        {},
        {"field_name": "foo"},
        {"field_name": "params.a"},
        {"field_name": "name", "ascending": "yes"},
        {"field_name": "metrics.a", "dataset_digest": "x"},
    ],
)
def test_an_order_that_is_not_understood_is_refused(find, term):
    with pytest.raises(InvalidInput):
        find(order_by=[term])


def test_pages_show_every_model_once_and_a_token_belongs_to_its_question(contributor, project, experiment, make_model):
    made = {make_model(f"net-{number}") for number in range(5)}

    def page(token, text=""):
        return search_logged_models(
            contributor,
            project,
            experiment_ids=[str(experiment.pk)],
            filter_string=text,
            max_results=2,
            page_token=token,
        )

    found, token, first = [], "", page("").next_page_token
    while True:
        here = page(token)
        found += [row.uid for row in here.rows]
        token = here.next_page_token
        if not token:
            break
    assert len(found) == 5
    assert set(found) == made
    for wrong in ("x", "e30="):
        with pytest.raises(InvalidInput, match="page token"):
            page(wrong)
    with pytest.raises(InvalidInput, match="other experiments, filter or order"):
        page(first, "name = 'net-1'")


def test_a_viewer_finds_logged_models_and_changes_none_and_an_outsider_finds_none(
    viewer, outsider, project, experiment, make_model, find
):
    uid = make_model("net")

    assert find(actor=viewer) == ["net"]
    assert find(actor=outsider) == []
    with pytest.raises(NotFound):
        get_logged_model(outsider, project, uid)
    for write in (
        lambda: operations.create_logged_model(viewer, project, experiment_id=str(experiment.pk)),
        lambda: operations.finalize_logged_model(viewer, project, uid, status="LOGGED_MODEL_READY"),
        lambda: operations.set_logged_model_tags(viewer, project, uid, tags=[]),
        lambda: operations.log_logged_model_params(viewer, project, uid, params=[]),
        lambda: operations.delete_logged_model_tag(viewer, project, uid, key="a"),
        lambda: operations.delete_logged_model(viewer, project, uid),
    ):
        with pytest.raises(PermissionDenied):
            write()
