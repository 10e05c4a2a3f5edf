"""What is logged leaves its nodes and edges in the graph, in the same transaction, at little cost."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import create_project, create_user, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from lineage import keys, kinds
from lineage.models import Edge, Node, Share
from tests.lineage.graph import basis_of, edges_to
from tests.tracking.conftest import pairs
from tracking import operations
from tracking.lineage.datasets import read_dataset
from tracking.rules import DatasetInput

COMMIT, SHA, MD5 = "c" * 40, "a" * 64, "b" * 32
REPOSITORY = "https://github.com/acme/loans"
CODE = {"mlflow.source.git.commit": COMMIT, "mlflow.source.git.repoURL": "git@github.com:acme/loans.git"}

pytestmark = pytest.mark.django_db


def into(uid):
    return edges_to(keys.run(uid))


def log_dataset(actor, project, run, source, *, source_type="s3", name="loans", digest="d1", **tags):
    dataset = {"name": name, "digest": digest, "source_type": source_type, "source": json.dumps(source)}
    given = pairs({key.replace("__", "."): value for key, value in tags.items()})
    operations.log_inputs(actor, project, run, datasets=[{"dataset": dataset, "tags": given}])


# --- Runs and their tags ----------------------------------------------------------------------------------------------


def test_a_run_is_a_node_of_its_experiment(make_run, experiment):
    uid = make_run("bold-fox", start_time=17)

    node = Node.objects.select_related("scope").get(key=keys.run(uid))
    assert (node.label, node.created_at, node.pinned) == ("bold-fox", 17, True)
    assert (node.scope.kind, node.scope.object_id) == ("experiment", experiment.pk)


def test_a_run_knows_its_code(make_run):
    assert into(make_run(tags=CODE)) == {(f"git:{REPOSITORY}@{COMMIT}", "used", "code")}


@pytest.mark.parametrize(
    ("tags", "end", "pinned"),
    [
        ({"mlflow.source.git.dirty": "true"}, "+unpinned", False),
        ({"mlflow.source.git.dirty": "True", "stagekeeper.git.patch_sha256": SHA}, f"+sha256:{SHA}", True),
        ({"mlflow.source.git.dirty": "false"}, COMMIT, True),
    ],
)
def test_changed_code_is_another_code(make_run, tags, end, pinned):
    make_run(tags=CODE | tags)

    node = Node.objects.get(key__startswith="git:")
    assert node.key.endswith(end)
    assert node.pinned is pinned


def test_a_commit_without_repository_is_still_a_commit(make_run):
    assert into(make_run(tags={"mlflow.source.git.commit": COMMIT})) == {(f"git:@{COMMIT}", "used", "code")}


@pytest.mark.parametrize(
    ("tags", "key"),
    [
        ({"stagekeeper.image.name": "GHCR.io/acme/train:1.2", "stagekeeper.image.digest": f"sha256:{SHA}"}, None),
        ({"mlflow.docker.image.uri": f"ghcr.io/acme/train@sha256:{SHA}"}, None),
        ({"mlflow.docker.image.uri": "ghcr.io/acme/train:1.2", "mlflow.docker.image.id": f"sha256:{SHA}"}, None),
        ({"mlflow.docker.image.uri": "ghcr.io/acme/train:1.2"}, "oci:ghcr.io/acme/train@unpinned:"),
        ({"mlflow.docker.image.uri": "localhost:5000/train"}, "oci:localhost:5000/train@unpinned:"),
    ],
)
def test_a_run_knows_its_image_by_digest(make_run, tags, key):
    uid = make_run(tags=tags)

    assert into(uid) == {(f"{key}{uid}" if key else f"oci:ghcr.io/acme/train@sha256:{SHA}", "used", "image")}
    assert Node.objects.get(key__startswith="oci:").pinned is (key is None)


def test_a_run_knows_its_environment_seeds_and_hardware(make_run):
    tags = {"stagekeeper.lock.sha256": SHA, "stagekeeper.lock.file": "uv.lock", "stagekeeper.seed.python_hash": "0"}
    uid = make_run(tags=tags | {"stagekeeper.hardware": '{"cpu": "x"}'})

    assert into(uid) == {(f"env:sha256:{SHA}", "used", "environment")}
    assert Node.objects.get(key=keys.run(uid)).props == {"seed.python_hash": "0", "hardware": '{"cpu": "x"}'}


def test_a_run_knows_what_it_is_part_of(make_run):
    parent = make_run()

    assert into(make_run(tags={"mlflow.parentRunId": parent})) == {(keys.run(parent), "part of", "")}


@pytest.mark.parametrize("parent", ["f" * 32, "nonsense", ""])
def test_an_unknown_parent_adds_nothing(make_run, parent):
    assert into(make_run(tags={"mlflow.parentRunId": parent})) == set()


def test_nobody_links_to_a_run_they_may_not_see(make_run, admin):
    other = create_project(admin, "other")
    stranger = create_user(CONSOLE, "stranger", password="correct horse battery")
    grant_role(CONSOLE, stranger, Role.CONTRIBUTOR, other)
    hidden = operations.create_run(Principal(stranger, auth="session"), other, experiment_id="0").head.uid

    assert into(make_run(tags={"mlflow.parentRunId": hidden})) == set()


def test_dvc_says_what_the_stage_read(make_run):
    said = {"deps": [["data/train.csv", MD5], ["bad", "no digest"], "nonsense"], "sure": True}
    uid = make_run(tags={"stagekeeper.dvc.0": json.dumps(said), "mlflow.source.git.repoURL": f"{REPOSITORY}.git"})

    version = f"dsv:{REPOSITORY}/data/train.csv@dvc-md5:{MD5}"
    assert into(uid) == {(version, "used", "data")}
    assert basis_of(version, keys.run(uid)) == "observed"
    assert edges_to(version) == {(f"ds:{REPOSITORY}/data/train.csv", "has version", "")}


def test_what_dvc_does_not_know_for_sure_is_a_guess(make_run):
    uid = make_run(tags={"stagekeeper.dvc.0": json.dumps({"deps": [["data", f"{MD5}.dir"]], "sure": False})})

    assert basis_of(f"dsv:dvc/data@dvc-md5:{MD5}.dir", keys.run(uid)) == "inferred"


@pytest.mark.parametrize("value", ["", "{", "[]", '{"deps": 7}', '"deps"'])
def test_nonsense_about_dvc_adds_nothing(make_run, value):
    assert into(make_run(tags={"stagekeeper.dvc.0": value})) == set()


@pytest.mark.parametrize(
    ("named", "key", "pinned"),
    [
        (f"meta-llama/Llama-3.1-8B@{COMMIT}", f"art:hf:meta-llama/Llama-3.1-8B@{COMMIT}", True),
        ("hf://meta-llama/Llama-3.1-8B", "ext:hf:meta-llama/Llama-3.1-8B", False),
        ("https://huggingface.co/gpt2@main", "ext:hf:gpt2@main", False),
    ],
)
def test_a_fine_tune_knows_its_base_model(make_run, named, key, pinned):
    uid = make_run(tags={"stagekeeper.base_model": named})

    assert into(uid) == {(key, "used", "base model")}
    assert Node.objects.get(key=key).pinned is pinned


def test_tags_that_come_later_count_too(make_run, contributor, project):
    uid = make_run(tags={"mlflow.source.git.repoURL": REPOSITORY})
    operations.set_run_tag(contributor, project, uid, key="mlflow.source.git.commit", value=COMMIT)
    operations.log_batch(contributor, project, uid, tags=pairs({"stagekeeper.lock.sha256": SHA}))
    operations.tag_runs(contributor, project, [uid], tags=pairs({"stagekeeper.base_model": "org/m"}))

    assert {role for _, _, role in into(uid)} == {"code", "environment", "base model"}
    assert (f"git:{REPOSITORY}@{COMMIT}", "used", "code") in into(uid)


def test_a_model_saved_by_an_old_client_knows_its_base_model(make_run, contributor, project):
    uid = make_run()
    flavors = {"transformers": {"source_model_name": "org/bert", "source_model_revision": COMMIT}}
    operations.log_model_history(contributor, project, uid, model=json.dumps({"run_id": uid, "flavors": flavors}))

    assert into(uid) == {(f"art:hf:org/bert@{COMMIT}", "used", "base model")}


# --- Datasets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source_type", "source", "key"),
    [
        ("s3", {"uri": "s3://Bucket/a/b.csv?versionId=v/7"}, "dsv:s3://bucket/a/b.csv@s3v:v%2F7"),
        ("s3", {"uri": "s3://bucket/a/b.csv"}, "dsv:s3://bucket/a/b.csv@mlflow:d1"),
        ("hugging_face", {"path": "org/set", "revision": COMMIT}, f"dsv:hf/org/set@hf:{COMMIT}"),
        ("hugging_face", {"path": "org/set", "revision": "main"}, "dsv:hf/org/set@mlflow:d1"),
        ("hugging_face", {"path": "set", "config_name": "en", "revision": None}, "dsv:hf/set/en@mlflow:d1"),
        ("delta_table", {"delta_table_name": "a.b", "delta_table_version": 7}, "dsv:delta/a.b@delta:7"),
        ("delta_table", {"path": "/x"}, "dsv:delta//x@mlflow:d1"),
        ("spark", {"table_name": "a.b"}, "dsv:spark/a.b@mlflow:d1"),
        ("http", {"url": "https://u:secret@Host.org/x.csv?token=secret"}, "dsv:https://host.org/x.csv@mlflow:d1"),
        ("local", {"uri": "/data/x.csv"}, "dsv:local:default//data/x.csv@mlflow:d1"),
        ("code", {"tags": {"mlflow.user": "ann"}}, "dsv:code:default/loans@mlflow:d1"),
        ("local", {"uri": "http://[broken"}, "dsv:local:default/http://[broken@mlflow:d1"),
        ("local", ["not", "an", "object"], "dsv:local:default/loans@mlflow:d1"),
        ("", {}, "dsv:unknown:default/loans@mlflow:d1"),
    ],
)
def test_a_dataset_has_one_name_and_the_version_its_source_says(
    make_run, contributor, project, source_type, source, key
):
    uid = make_run()
    log_dataset(contributor, project, uid, source, source_type=source_type, mlflow__data__context="training")

    assert into(uid) == {(key, "used", "train")}
    assert Node.objects.get(key=key).pinned is ("@mlflow:" not in key)
    assert "secret" not in str(list(Node.objects.values_list("key", "label", "props")))


def test_a_dataset_without_digest_is_visible_and_unpinned(make_run, contributor, project):
    uid = make_run()
    log_dataset(contributor, project, uid, {"uri": "s3://bucket/x"}, digest="")

    assert into(uid) == {(f"dsv:s3://bucket/x@unpinned:{uid}", "used", "data")}
    assert not Node.objects.get(key__startswith="dsv:").pinned


def test_the_client_may_say_the_digest(make_run, contributor, project):
    uid = make_run()
    log_dataset(contributor, project, uid, {"uri": "s3://bucket/x"}, stagekeeper__data__sha256=SHA)

    assert into(uid) == {(f"dsv:s3://bucket/x@sha256:{SHA}", "used", "data")}


def test_what_one_run_wrote_and_another_read_joins_them(make_run, contributor, project):
    prepare, train = make_run(), make_run()
    log_dataset(contributor, project, prepare, {"uri": "s3://bucket/x"}, mlflow__data__context="output")
    log_dataset(contributor, project, train, {"uri": "s3://bucket/x"}, mlflow__data__context="train")

    version = "dsv:s3://bucket/x@mlflow:d1"
    assert (keys.run(prepare), "generated", "data") in edges_to(version)
    assert into(train) == {(version, "used", "train")}
    assert into(prepare) == set()


def test_data_among_the_artifacts_of_a_run_was_made_by_it(make_run, contributor, project):
    prepare, train = make_run(), make_run()
    log_dataset(contributor, project, train, {"uri": f"runs:/{prepare}/data.csv"}, source_type="runs")

    (version,) = (src for src, _, _ in into(train))
    assert edges_to(version) == {
        (keys.run(prepare), "generated", "data"),
        (f"ds:mlflow-artifacts/{prepare}/data.csv", "has version", ""),
    }


def test_a_dataset_seen_in_two_experiments_is_one_node_shared(make_run, contributor, project):
    other = operations.create_experiment(contributor, project, name="other")
    for run in (make_run(), make_run(experiment_id=str(other.pk))):
        log_dataset(contributor, project, run, {"uri": "s3://bucket/x"})

    assert Node.objects.filter(key__startswith="dsv:").count() == 1
    assert set(Share.objects.values_list("node__key", flat=True)) == {
        "ds:s3://bucket/x",
        "dsv:s3://bucket/x@mlflow:d1",
    }


@pytest.mark.parametrize("source", ["\u0000", "s3://b/" + "x" * 60_000, "s3://b/é\ud83d\ude00", "s3://b/x@sha256:1"])
def test_any_source_has_a_key(source, project):
    item = DatasetInput("n" * 500, "d", "s3", json.dumps({"uri": source}), None, None, {})

    read = read_dataset("default", item)
    assert len(read.version("a" * 32).key) < 2_000
    assert "\0" not in read.version("a" * 32).key


# --- Logged models ----------------------------------------------------------------------------------------------------


@pytest.fixture
def make_model(contributor, project, experiment):
    def make(**given):
        return operations.create_logged_model(contributor, project, experiment_id=str(experiment.pk), **given)

    return make


def test_a_logged_model_came_from_its_run(make_run, make_model):
    uid = make_run()
    model = make_model(source_run_id=uid, tags=pairs({"stagekeeper.base_model": "org/bert"}))

    assert edges_to(keys.logged_model(model.uid)) == {
        (keys.run(uid), "generated", "model"),
        ("ext:hf:org/bert", "derived", "base model"),
    }


def test_a_run_made_and_used_models(make_run, make_model, contributor, project):
    train, tune = make_run(), make_run()
    base, tuned = make_model(source_run_id=train), make_model()
    operations.log_inputs(contributor, project, tune, models=[{"model_id": base.uid}])
    operations.log_outputs(contributor, project, tune, models=[{"model_id": tuned.uid}])

    assert into(tune) == {(keys.logged_model(base.uid), "used", "base model")}
    assert edges_to(keys.logged_model(tuned.uid)) == {(keys.run(tune), "generated", "model")}


def test_a_run_that_looks_at_its_own_model_does_not_use_it(make_run, make_model, contributor, project):
    uid = make_run()
    model = make_model(source_run_id=uid)
    operations.log_inputs(contributor, project, uid, models=[{"model_id": model.uid}])

    assert into(uid) == set()


def test_a_base_model_of_this_server_is_known(make_run, make_model, contributor, project):
    base, model = make_model(), make_model()
    uid = make_run(tags={"stagekeeper.base_model": f"models:/{base.uid}"})
    tags = pairs({"stagekeeper.base_model": f"models:/{base.uid}"})
    operations.set_logged_model_tags(contributor, project, model.uid, tags=tags)

    assert into(uid) == {(keys.logged_model(base.uid), "used", "base model")}
    assert edges_to(keys.logged_model(model.uid)) == {(keys.logged_model(base.uid), "derived", "base model")}


def test_a_measured_model_was_evaluated(make_run, make_model, contributor, project):
    train, test = make_run(), make_run()
    model = make_model(source_run_id=train)
    log_dataset(contributor, project, test, {"uri": "s3://bucket/x"}, mlflow__data__context="test")
    point = {"key": "auc", "value": 1, "timestamp": 1, "model_id": model.uid}
    operations.log_metric(contributor, project, train, metric=point)
    operations.log_metric(contributor, project, test, metric={**point, "dataset_name": "loans", "dataset_digest": "d1"})

    evaluation = Node.objects.get(key__startswith="ev:")
    assert edges_to(evaluation.key) == {
        (keys.run(test), "generated", ""),
        (keys.logged_model(model.uid), "evaluated", "model"),
        ("dsv:s3://bucket/x@mlflow:d1", "evaluated", "data"),
    }


# --- What it costs ----------------------------------------------------------------------------------------------------


def lineage_statements(function):
    with CaptureQueriesContext(connection) as captured:
        function()
    return len([query for query in captured if "lineage_" in query["sql"]])


def test_a_bare_run_costs_two_statements_and_logging_none(make_run, contributor, project, experiment):
    uid = make_run()

    def create():
        operations.create_run(contributor, project, experiment_id=str(experiment.pk), tags=pairs({"mlflow.user": "a"}))

    def log():
        points = [{"key": "a", "value": 1, "timestamp": 1}]
        operations.log_batch(contributor, project, uid, metrics=points, params=pairs({"p": "1"}), tags=pairs({"t": ""}))

    assert lineage_statements(create) == 2
    assert lineage_statements(log) == 0


def test_a_run_with_all_tags_costs_three(make_run):
    make_run()
    tags = CODE | {"stagekeeper.lock.sha256": SHA, "mlflow.docker.image.uri": "a:1", "stagekeeper.base_model": "org/m"}

    assert lineage_statements(lambda: make_run(tags=tags)) == 3


def test_what_is_rolled_back_leaves_nothing(contributor, project, experiment):
    with pytest.raises(Exception, match="differ"):
        operations.create_run(
            contributor,
            project,
            experiment_id=str(experiment.pk),
            name="a",
            tags=pairs({"mlflow.runName": "b", **CODE}),
        )
    assert not Node.objects.exists()
    assert not Edge.objects.exists()


# --- Names and descriptions -------------------------------------------------------------------------------------------


def test_runs_and_models_are_described_as_they_are_today(make_run, make_model, contributor, project, outsider):
    uid = make_run("first")
    model = make_model(name="net")
    operations.update_run(contributor, project, uid, name="renamed", status="FINISHED")

    asked = [keys.run(uid), keys.logged_model(model.uid), keys.run("f" * 32), "git:x"]
    described = kinds.describe(contributor, asked)
    assert set(described) == set(asked[:2])
    run = described[keys.run(uid)]
    assert (run.label, run.status, run.owner, run.url) == ("renamed", "FINISHED", "contributor", f"/runs/{uid}")
    assert described[keys.logged_model(model.uid)].label == "net"
    assert kinds.describe(outsider, asked) == {}


def test_the_figure_of_a_run_is_its_experiments_primary_metric(make_run, contributor, project, experiment):
    uid = make_run(metrics={"auc": 0.9, "loss": 1})
    operations.set_experiment_tag(
        contributor, project, str(experiment.pk), key="mlflow.experiment.primaryMetric.name", value="auc"
    )

    assert kinds.describe(contributor, [keys.run(uid)])[keys.run(uid)].metric == ("auc", 0.9)


def test_names_become_keys(make_run, make_model, contributor, cast):
    uid, model = make_run(), make_model()
    names = [f"run={uid}", f"run={'f' * 32}", f"logged_model={model.uid}", "dataset=s3://b/x", "git:x"]
    names.append("dataset=s3://b/x@sha256:1")

    found = kinds.resolve(contributor, names)
    assert found == {
        f"run={uid}": keys.run(uid),
        f"logged_model={model.uid}": keys.logged_model(model.uid),
        "dataset=s3://b/x": "ds:s3://b/x",
        "dataset=s3://b/x@sha256:1": "dsv:s3://b/x@sha256:1",
        "git:x": "git:x",
    }
    assert f"run={uid}" not in kinds.resolve(cast("stranger"), names)
    assert f"run={uid}" in kinds.resolve(cast("onlooker", Role.VIEWER), names)
