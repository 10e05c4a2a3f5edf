"""Nothing that a version somebody relies on was made of can be deleted, however far away it is."""

import json

import pytest

from accounts.roles import Role
from artifacts.exceptions import StillNeeded as FilesNeeded
from artifacts.models import ArtifactSpace
from artifacts.operations import delete_artifacts
from registry import operations, reliance
from registry.exceptions import StageChangeNotAllowed, StillInUse
from registry.rules import Stage
from tests.tracking.conftest import pairs
from tracking import operations as tracking
from tracking.exceptions import StillNeeded
from tracking.models import LoggedModel, Run

BASE = "stagekeeper.base_model"


def dataset(source, context):
    described = {"name": "d", "digest": "d1", "source_type": "s3", "source": json.dumps({"uri": source})}
    return {"dataset": described, "tags": pairs({"mlflow.data.context": context})}


class Chain:
    """A run that prepares data; one that trains a base model with it; one that tunes it; a version of the tuned one."""

    def __init__(self, actor, project, experiment, model):
        self.actor, self.project = actor, project
        self.prepared = self.run(experiment)
        tracking.log_inputs(actor, project, self.prepared, datasets=[dataset("s3://b/x", "output")])
        self.trained = self.run(experiment)
        tracking.log_inputs(actor, project, self.trained, datasets=[dataset("s3://b/x", "train")])
        self.base = self.logged(experiment, self.trained)
        elsewhere = tracking.create_experiment(actor, project, name="tuning")
        self.tuned = self.run(elsewhere)
        tracking.log_inputs(actor, project, self.tuned, models=[{"model_id": self.base}])
        self.result = self.logged(elsewhere, self.tuned)
        self.version = operations.create_model_version(
            actor, model, f"models:/{self.result}", logged_model_uid=self.result
        )

    def run(self, experiment):
        return tracking.create_run(self.actor, self.project, experiment_id=str(experiment.pk)).head.uid

    def logged(self, experiment, run):
        return tracking.create_logged_model(
            self.actor, self.project, experiment_id=str(experiment.pk), source_run_id=run
        ).uid


@pytest.fixture
def chain(contributor, project, experiment, model):
    return Chain(contributor, project, experiment, model)


def deletions(actor, project, experiment, chain):
    return [
        lambda: tracking.delete_run(actor, project, chain.prepared),
        lambda: tracking.delete_run(actor, project, chain.trained),
        lambda: tracking.delete_run(actor, project, chain.tuned),
        lambda: tracking.delete_runs(actor, project, [chain.prepared]),
        lambda: tracking.delete_logged_model(actor, project, chain.base),
        lambda: tracking.delete_logged_model(actor, project, chain.result),
        lambda: tracking.delete_experiment(actor, project, str(experiment.pk)),
    ]


@pytest.mark.parametrize("number", range(7))
def test_nothing_is_deleted_that_a_live_version_was_made_of(contributor, project, experiment, chain, number):
    operations.transition_stage(contributor, chain.version, Stage.STAGING)

    with pytest.raises(StillNeeded, match=r"fraud/1 is in Staging and (came from it|was made of what came from it)"):
        deletions(contributor, project, experiment, chain)[number]()
    assert not Run.objects.filter(lifecycle_stage="deleted").exists()
    assert not LoggedModel.objects.filter(lifecycle_stage="deleted").exists()


@pytest.mark.parametrize("number", range(7))
def test_what_nobody_relies_on_may_go(contributor, project, experiment, chain, number):
    operations.transition_stage(contributor, chain.version, Stage.STAGING)
    operations.transition_stage(contributor, chain.version, Stage.ARCHIVED)

    deletions(contributor, project, experiment, chain)[number]()


def test_an_alias_and_a_reason_of_an_app_above_protect_too(contributor, project, chain, monkeypatch):
    operations.set_alias(contributor, chain.version, "best")
    with pytest.raises(StillNeeded, match="has an alias"):
        tracking.delete_run(contributor, project, chain.prepared)
    operations.delete_alias(contributor, chain.version.model, "best")

    monkeypatch.setattr(reliance, "_reasons", [lambda pks: dict.fromkeys(pks, "is held as evidence")])
    with pytest.raises(StillNeeded, match="is held as evidence"):
        tracking.delete_run(contributor, project, chain.prepared)


def test_the_refusal_lists_every_version(contributor, project, chain, model):
    for _ in range(5):
        version = operations.create_model_version(
            contributor, model, f"models:/{chain.result}", logged_model_uid=chain.result
        )
        operations.transition_stage(contributor, version, Stage.STAGING)

    with pytest.raises(StillNeeded, match="and 2 more") as refused:
        tracking.delete_run(contributor, project, chain.prepared)
    assert len(refused.value.details["blockers"]) == 5


def test_versions_that_the_actor_may_not_see_are_not_named(contributor, admin, project, chain, model, cast):
    operations.transition_stage(contributor, chain.version, Stage.STAGING)
    operations.set_inheritance(admin, model, inherits=False)
    stranger = cast("stranger", Role.CONTRIBUTOR)
    own = tracking.create_run(stranger, project, experiment_id="0").head.uid
    tracking.log_inputs(stranger, project, own, datasets=[dataset("s3://b/x", "output")])

    with pytest.raises(StillNeeded, match="something that you may not see was made of what came from it") as refused:
        tracking.delete_run(stranger, project, own)
    assert "fraud" not in str(refused.value)


def test_a_version_that_another_was_made_of_stays(contributor, project, model, version):
    other = operations.create_registered_model(contributor, project, "tuned")
    tuned = operations.create_model_version(contributor, other, "s3://b/tuned", tags={BASE: "models:/fraud/1"})
    operations.transition_stage(contributor, tuned, Stage.STAGING)

    with pytest.raises(StillInUse, match="tuned/1 is in Staging and was made from it"):
        operations.delete_model_version(contributor, version)
    operations.transition_stage(contributor, tuned, Stage.ARCHIVED)
    operations.delete_model_version(contributor, version)


@pytest.mark.parametrize("number", range(7))
def test_nothing_goes_live_that_was_made_of_what_is_deleted(contributor, project, experiment, chain, number):
    deletions(contributor, project, experiment, chain)[number]()

    with pytest.raises(StageChangeNotAllowed, match=r"now deleted.*[Rr]estore it"):
        operations.transition_stage(contributor, chain.version, Stage.STAGING)
    for uid in (chain.prepared, chain.trained, chain.tuned):
        if Run.objects.select_related("experiment").get(uid=uid).experiment.lifecycle_stage == "active":
            tracking.restore_run(contributor, project, uid)
    if number < 4:
        operations.transition_stage(contributor, chain.version, Stage.STAGING)


def test_data_that_a_run_left_stays_with_what_was_made_of_it(contributor, project, experiment, model, upload):
    prepared, trained = (
        tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid for _ in range(2)
    )
    run = Run.objects.select_related("experiment").get(uid=prepared)
    upload(run, "data/x.csv", "1,2")
    upload(run, "notes.txt", "hello")
    tracking.log_inputs(contributor, project, trained, datasets=[dataset(f"runs:/{prepared}/data/x.csv", "train")])
    version = operations.create_model_version(contributor, model, f"runs:/{trained}/m", run_uid=trained)
    operations.transition_stage(contributor, version, Stage.STAGING)
    space = ArtifactSpace.objects.get(uid=prepared)

    for path in ("data/x.csv", "data", ""):
        with pytest.raises(FilesNeeded, match="fraud/1 is in Staging and was made of what lies there"):
            delete_artifacts(contributor, space, path)
    assert delete_artifacts(contributor, space, "notes.txt") == 1


def test_the_files_of_a_base_model_stay(contributor, chain, upload):
    upload(LoggedModel.objects.select_related("experiment").get(uid=chain.base), "MLmodel", "flavors: {}")
    operations.transition_stage(contributor, chain.version, Stage.STAGING)

    with pytest.raises(FilesNeeded, match="was made of what lies there"):
        delete_artifacts(contributor, ArtifactSpace.objects.get(uid=chain.base), "MLmodel")


@pytest.mark.parametrize("path", ["", "data"])
def test_a_whole_folder_that_a_version_was_made_of_stays(contributor, project, chain, upload, path):
    upload(Run.objects.select_related("experiment").get(uid=chain.prepared), "data/loans.csv", "1,2")
    source = f"runs:/{chain.prepared}/{path}".rstrip("/")
    tracking.log_inputs(contributor, project, chain.prepared, datasets=[dataset(source, "output")])
    tracking.log_inputs(contributor, project, chain.trained, datasets=[dataset(source, "train")])
    operations.transition_stage(contributor, chain.version, Stage.STAGING)
    space = ArtifactSpace.objects.get(uid=chain.prepared)

    with pytest.raises(FilesNeeded, match="was made of what lies there"):
        delete_artifacts(contributor, space, "data/loans.csv")
