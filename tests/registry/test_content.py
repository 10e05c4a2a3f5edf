"""The content of a version: frozen when it leaves stage None, kept while it is in use, readable by way of its model."""

import hashlib

import pytest

from accounts.operations import grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from artifacts.exceptions import Frozen, StillNeeded as FilesNeeded
from artifacts.operations import delete_artifacts
from artifacts.queries import open_file
from audit.canonical import canonical_bytes
from audit.exceptions import Hidden, PermissionDenied
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion
from registry.operations import create_model_version, delete_alias, set_alias, transition_stage
from registry.rules import Stage
from tracking import operations as tracking
from tracking.exceptions import StillNeeded

LIVE = [Stage.STAGING, Stage.PRODUCTION]


@pytest.fixture
def trained(contributor, model, run, upload) -> ModelVersion:
    """Version 1 of `fraud`: the folder `model` of a run that also has other artifacts."""
    upload(run, "model/MLmodel", "flavors: {}")
    upload(run, "notes.txt", "hello")
    return create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)


@pytest.mark.parametrize("stage", [Stage.STAGING, Stage.PRODUCTION, Stage.ARCHIVED])
def test_leaving_stage_none_fixes_the_digest_of_the_files(contributor, trained, stage, last_event):
    assert trained.content_digest == ""

    version = transition_stage(contributor, trained, stage)

    files = [{"path": "MLmodel", "sha256": hashlib.sha256(b"flavors: {}").hexdigest(), "size": 11}]
    digest = hashlib.sha256(canonical_bytes({"files": files, "v": 1})).hexdigest()
    assert version.content_digest == digest
    assert version.frozen_at == version.stage_since
    assert last_event(version)["after"] == {"stage": stage, "content_digest": digest}


def test_until_then_the_files_may_change(contributor, trained, run, upload):
    upload(run, "model/MLmodel", "flavors: {python_function: {}}")

    assert transition_stage(contributor, trained, Stage.STAGING).content_digest


def test_afterwards_no_file_of_the_version_changes_and_others_of_the_run_do(contributor, trained, run, upload):
    transition_stage(contributor, trained, Stage.ARCHIVED)

    for path in ("model/MLmodel", "model/new/file"):
        with pytest.raises(Frozen, match="fraud/1 was registered from it"):
            upload(run, path, "changed")
    upload(run, "notes.txt", "changed")


def test_the_digest_stays_when_the_version_comes_back_to_none(contributor, trained):
    frozen = transition_stage(contributor, trained, Stage.ARCHIVED)
    back = transition_stage(contributor, frozen, Stage.NONE)
    again = transition_stage(contributor, back, Stage.STAGING)

    assert (again.content_digest, again.frozen_at) == (frozen.content_digest, frozen.frozen_at)


def test_a_copy_has_the_digest_of_what_it_was_copied_from(contributor, trained):
    copy = create_model_version(contributor, trained.model, "models:/fraud/1")

    digests = {transition_stage(contributor, each, Stage.STAGING).content_digest for each in (trained, copy)}

    assert len(digests) == 1


def test_a_version_without_files_is_frozen_without_files(contributor, approver, model, run, upload):
    version = create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)

    assert transition_stage(approver, version, Stage.STAGING).content_digest
    with pytest.raises(Frozen):
        upload(run, "model/MLmodel", "too late")


def test_a_version_that_is_one_file_is_frozen_like_a_folder(contributor, model, run, upload):
    upload(run, "model.onnx", "weights")
    upload(run, "model.onnx.txt", "notes")
    version = create_model_version(contributor, model, f"runs:/{run.uid}/model.onnx", run_uid=run.uid)

    version = transition_stage(contributor, version, Stage.ARCHIVED)

    files = [{"path": "model.onnx", "sha256": hashlib.sha256(b"weights").hexdigest(), "size": 7}]
    assert version.content_digest == hashlib.sha256(canonical_bytes({"files": files, "v": 1})).hexdigest()
    with pytest.raises(Frozen):
        upload(run, "model.onnx", "other weights")
    upload(run, "model.onnx.txt", "other notes")


def test_a_logged_model_is_frozen_as_a_whole(contributor, model, logged_model, upload):
    upload(logged_model, "MLmodel", "flavors: {}")
    version = create_model_version(contributor, model, f"models:/{logged_model.uid}", logged_model_uid=logged_model.uid)

    transition_stage(contributor, version, Stage.STAGING)

    with pytest.raises(Frozen):
        upload(logged_model, "anything", "changed")


def test_what_lies_outside_of_this_house_has_no_digest(contributor, version):
    version = transition_stage(contributor, version, Stage.STAGING)

    assert (version.content_digest, version.frozen_at) == ("", None)


@pytest.mark.parametrize("stage", LIVE)
def test_nobody_deletes_what_a_live_version_came_from(
    maintainer, contributor, project, experiment, trained, run, stage
):
    transition_stage(contributor, trained, stage)

    with pytest.raises(StillNeeded, match=f"fraud/1 is in {stage} and came from it"):
        tracking.delete_run(maintainer, project, run.uid)
    with pytest.raises(StillNeeded, match=f"fraud/1 is in {stage} and came from it"):
        tracking.delete_experiment(maintainer, project, str(experiment.pk))
    with pytest.raises(FilesNeeded, match=f"fraud/1 is in {stage} and loads from there"):
        delete_artifacts(maintainer, trained.space, "model")


def test_nobody_deletes_the_logged_model_of_a_live_version(contributor, project, model, logged_model):
    version = create_model_version(contributor, model, f"models:/{logged_model.uid}", logged_model_uid=logged_model.uid)
    transition_stage(contributor, version, Stage.PRODUCTION)

    with pytest.raises(StillNeeded, match="fraud/1 is in Production"):
        tracking.delete_logged_model(contributor, project, logged_model.uid)


def test_nobody_deletes_what_an_alias_leads_to(contributor, project, trained, run):
    set_alias(contributor, trained, "champion")

    for path in ("", "model", "model/MLmodel"):
        with pytest.raises(FilesNeeded, match="fraud/1 has an alias"):
            delete_artifacts(contributor, trained.space, path)
    with pytest.raises(StillNeeded, match="fraud/1 has an alias"):
        tracking.delete_run(contributor, project, run.uid)

    delete_artifacts(contributor, trained.space, "notes.txt")
    delete_alias(contributor, trained.model, "champion")
    delete_artifacts(contributor, trained.space, "model")


def test_what_came_from_a_deleted_run_cannot_become_live(contributor, project, trained, run):
    tracking.delete_run(contributor, project, run.uid)

    with pytest.raises(StageChangeNotAllowed, match=f"the run {run.uid}, now deleted"):
        transition_stage(contributor, trained, Stage.STAGING)
    assert transition_stage(contributor, trained, Stage.ARCHIVED).stage == Stage.ARCHIVED


def test_what_came_from_a_deleted_experiment_cannot_become_live(contributor, project, trained, experiment):
    tracking.delete_experiment(contributor, project, str(experiment.pk))

    with pytest.raises(StageChangeNotAllowed, match="now deleted"):
        transition_stage(contributor, trained, Stage.PRODUCTION)


def test_a_role_on_the_model_opens_its_files_and_no_others(outsider, trained):
    space = trained.space
    with pytest.raises(Hidden):
        open_file(outsider, space, "model/MLmodel")

    grant_role(CONSOLE, outsider.user, Role.DEPLOYER, trained.model)
    deployer = Principal(outsider.user, auth="session")

    assert b"".join(open_file(deployer, space, "model/MLmodel").chunks) == b"flavors: {}"
    for path in ("notes.txt", "model2/MLmodel"):
        with pytest.raises((Hidden, PermissionDenied)):
            open_file(deployer, space, path)
