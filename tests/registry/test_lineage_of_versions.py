"""Versions leave their nodes and edges in the graph."""

import pytest

from accounts.principals import Principal
from lineage import keys, kinds
from lineage.models import Node
from registry import operations
from registry.rules import Stage
from tests.lineage.graph import edges_to
from tests.tracking.conftest import pairs
from tracking import operations as tracking

COMMIT = "c" * 40
BASE = "stagekeeper.base_model"


def key_of(version):
    return keys.model_version(version.model_id, version.number)


def into(version):
    return edges_to(key_of(version)) - {(keys.model(version.model_id), "has version", "")}


def test_a_version_belongs_to_its_model(version, model):
    node = Node.objects.select_related("scope").get(key=key_of(version))

    assert (node.label, node.scope.kind, node.scope.object_id) == ("fraud/1", "model", model.pk)
    assert (keys.model(model.pk), "has version", "") in edges_to(node.key)
    assert into(version) == {("ext:s3:s3://bucket/fraud", "derived", "model")}


def test_a_version_came_from_a_run_or_a_logged_model(contributor, model, run, logged_model):
    of_run = operations.create_model_version(contributor, model, f"runs:/{run.uid}/m", run_uid=run.uid)
    uid = logged_model.uid
    of_model = operations.create_model_version(contributor, model, f"models:/{uid}", logged_model_uid=uid)

    assert into(of_run) == {(keys.run(run.uid), "generated", "model")}
    assert into(of_model) == {(keys.logged_model(uid), "derived", "model")}
    assert edges_to(keys.logged_model(uid)) == {(keys.run(run.uid), "generated", "model")}


def test_a_version_of_a_run_elsewhere_names_it(contributor, model):
    version = operations.create_model_version(contributor, model, "s3://bucket/x", run_uid="f" * 32)

    assert (f"run:elsewhere/{'f' * 32}", "generated", "model") in into(version)


def test_a_copy_came_from_what_it_copies(contributor, project, version):
    other = operations.create_registered_model(contributor, project, "other")
    copy = operations.create_model_version(contributor, other, "models:/fraud/1")

    assert into(copy) == {(key_of(version), "derived", "copy")}


def test_a_version_knows_the_model_it_was_made_from(contributor, project, model, version):
    tuned = operations.create_model_version(contributor, model, "s3://bucket/y", tags={BASE: "models:/fraud/1"})
    operations.set_version_tag(contributor, version, BASE, f"org/bert@{COMMIT}")
    run = tracking.create_run(contributor, project, experiment_id="0", tags=pairs({BASE: "models:/fraud/latest"}))

    assert (key_of(version), "derived", "base model") in into(tuned)
    assert (f"art:hf:org/bert@{COMMIT}", "derived", "base model") in into(version)
    assert edges_to(keys.run(run.head.uid)) == {(key_of(tuned), "used", "base model")}


@pytest.mark.parametrize("name", ["models:/fraud/9", "models:/fraud@nobody", "models:/fraud/Gone", "models:/", "x y"])
def test_what_is_not_there_adds_nothing(contributor, version, name):
    operations.set_version_tag(contributor, version, BASE, name)

    assert into(version) == {("ext:s3:s3://bucket/fraud", "derived", "model")}


def test_an_alias_and_a_stage_are_resolved_to_what_they_stand_for(contributor, project, register, approver):
    register(Stage.STAGING)
    second = register()
    operations.set_alias(contributor, second, "best")
    for number, name in [(2, "models:/fraud@best"), (1, "models:/fraud/Staging")]:
        run = tracking.create_run(contributor, project, experiment_id="0", tags=pairs({BASE: name}))
        assert edges_to(keys.run(run.head.uid)) == {(keys.model_version(second.model_id, number), "used", "base model")}


def test_versions_and_models_are_described_as_they_are_today(maintainer, viewer, outsider, model, register):
    version = register(Stage.STAGING)
    operations.rename_registered_model(maintainer, model, "swindle")

    asked = [key_of(version), keys.model(model.pk), keys.model_version(model.pk, 99), "mv:local/x/y"]
    described = kinds.describe(Principal(viewer.user, auth="session"), asked)
    assert set(described) == set(asked[:2])
    found = described[key_of(version)]
    assert (found.label, found.stage, found.owner) == ("swindle/1", "Staging", "contributor")
    assert found.url == "/models/default/swindle/versions/1"
    assert described[keys.model(model.pk)].label == "swindle"
    assert kinds.describe(outsider, asked) == {}


def test_names_become_keys(viewer, outsider, version):
    names = ["version=default/fraud/1", "version=default/fraud/2", "version=nonsense", "model=default/fraud"]

    assert kinds.resolve(viewer, names) == {names[0]: key_of(version), names[3]: keys.model(version.model_id)}
    assert kinds.resolve(outsider, names) == {}


@pytest.mark.parametrize(
    ("flavors", "base"),
    [
        (
            f"transformers:\n    source_model_name: org/bert\n    source_model_revision: {COMMIT}",
            f"art:hf:org/bert@{COMMIT}",
        ),
        ("transformers:\n    source_model_name: gpt2", "ext:hf:gpt2"),
        ("transformers:\n    source_model_name: /home/ann/checkpoint", None),
        ("sklearn:\n    source_model_name: org/bert", None),
        ("transformers: [nonsense", None),
    ],
)
def test_a_saved_fine_tune_knows_the_model_it_was_loaded_from(
    contributor, project, logged_model, upload, flavors, base
):
    upload(logged_model, "MLmodel", f"flavors:\n  {flavors}\n")
    tracking.finalize_logged_model(contributor, project, logged_model.uid, status="LOGGED_MODEL_READY")

    found = {(src, role) for src, kind, role in edges_to(keys.logged_model(logged_model.uid)) if kind == "derived"}
    assert found == ({(base, "base model")} if base else set())
