"""Where versions come from: every source is read once, and everything in it must be there and be permitted."""

import json

import pytest

from accounts.operations import create_project, grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from audit.exceptions import Hidden, InvalidInput, NotFound, PermissionDenied
from registry.exceptions import InvalidSource, VersionNotFound
from registry.models import ModelVersion
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_model_version,
    set_alias,
    transition_stage,
)
from registry.rules import Stage
from tracking import operations as tracking

NOBODY = "f" * 32


@pytest.fixture
def stranger(admin, contributor):
    """A contributor of another project, with a model there, who sees nothing of the project `default`."""
    other = create_project(admin, "other")
    grant_role(CONSOLE, contributor.user, Role.CONTRIBUTOR, other)
    from accounts.operations import create_user

    user = create_user(CONSOLE, "stranger", password="correct horse battery")
    grant_role(CONSOLE, user, Role.CONTRIBUTOR, other)
    principal = Principal(user, auth="session")
    principal.model = create_registered_model(principal, other, "mine")
    return principal


def test_a_version_made_by_a_run(contributor, model, run):
    version = create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)

    assert version.location == f"{run.artifact_uri}/model"
    assert (version.run, version.run_uid, version.space_uid, version.prefix) == (run, run.uid, run.uid, "model")


def test_a_version_of_a_logged_model_knows_its_run_by_itself(contributor, model, run, logged_model):
    source = f"models:/{logged_model.uid}"

    version = create_model_version(contributor, model, source, logged_model_uid=logged_model.uid)

    assert version.source == source
    assert version.location == logged_model.artifact_uri
    assert (version.run, version.run_uid, version.logged_model) == (run, run.uid, logged_model)
    assert (version.space_uid, version.prefix) == (logged_model.uid, "")


def test_the_logged_model_says_as_which_versions_it_was_registered(contributor, model, logged_model):
    source = f"models:/{logged_model.uid}"
    for _ in range(2):
        create_model_version(contributor, model, source, logged_model_uid=logged_model.uid)

    tag = logged_model.tags.get(key="mlflow.modelVersions")
    assert json.loads(tag.value) == [{"name": "fraud", "version": "1"}, {"name": "fraud", "version": "2"}]


def test_a_tag_that_is_no_list_is_no_obstacle(contributor, project, model, logged_model):
    tags = [{"key": "mlflow.modelVersions", "value": "{broken"}]
    tracking.set_logged_model_tags(contributor, project, logged_model.uid, tags=tags)

    create_model_version(contributor, model, f"models:/{logged_model.uid}", logged_model_uid=logged_model.uid)

    tag = logged_model.tags.get(key="mlflow.modelVersions")
    assert json.loads(tag.value) == [{"name": "fraud", "version": "1"}]


def test_a_version_named_by_where_its_files_lie(contributor, model, run, logged_model):
    of_run = create_model_version(contributor, model, f"{run.artifact_uri}/model", run_uid=run.uid)
    of_model = create_model_version(
        contributor, model, logged_model.artifact_uri, logged_model_uid=logged_model.uid, run_uid=run.uid
    )

    assert (of_run.space_uid, of_run.prefix, of_run.location) == (run.uid, "model", f"{run.artifact_uri}/model")
    assert (of_model.space_uid, of_model.run, of_model.logged_model) == (logged_model.uid, run, logged_model)


@pytest.mark.parametrize("reference", ["1", "latest", "Staging", "staging"])
def test_a_copy_points_at_the_same_files_and_at_the_version_it_was_made_from(contributor, version, run, reference):
    transition_stage(contributor, version, Stage.STAGING)

    copy = create_model_version(contributor, version.model, f"models:/fraud/{reference}")

    assert copy.source == "models:/fraud/1"
    assert (copy.location, copy.copied_from) == (version.location, version)


def test_a_copy_by_alias(contributor, register):
    version = register(run_uid=NOBODY)
    set_alias(contributor, version, "champion")

    copy = create_model_version(contributor, version.model, "models:/fraud@champion")

    assert (copy.source, copy.run_uid) == ("models:/fraud/1", NOBODY)


def test_a_copy_of_a_copy_names_the_version_it_was_made_from(contributor, model, version):
    create_model_version(contributor, model, "models:/fraud/1")

    copy = create_model_version(contributor, model, "models:/fraud/2")

    assert (copy.source, copy.location) == ("models:/fraud/2", "s3://bucket/fraud")


@pytest.mark.parametrize("given", [{"run_uid": NOBODY}, {"logged_model_uid": "m-" + NOBODY}])
def test_a_copy_cannot_claim_another_origin(contributor, model, version, given):
    with pytest.raises(InvalidSource):
        create_model_version(contributor, model, "models:/fraud/1", **given)


def test_what_lies_in_the_trash_cannot_be_copied(contributor, model, version):
    delete_model_version(contributor, version)

    with pytest.raises(VersionNotFound):
        create_model_version(contributor, model, "models:/fraud/1")


@pytest.mark.parametrize("source", ["models:/other/1", "models:/fraud/9", "models:/fraud@zz", "models:/fraud/latest"])
def test_a_version_that_is_not_there_cannot_be_copied(contributor, model, source):
    with pytest.raises(NotFound):
        create_model_version(contributor, model, source)


@pytest.mark.parametrize("source", ["s3://bucket/key", "gs://bucket/key", "dbfs:/some/where"])
def test_an_outside_store_needs_no_run_and_may_name_one_that_is_not_ours(contributor, model, source):
    version = create_model_version(contributor, model, source, run_uid=NOBODY)

    assert (version.location, version.run, version.run_uid, version.space_uid) == (source, None, NOBODY, "")


@pytest.mark.parametrize(
    "source",
    [
        "",
        "/etc/passwd",
        "relative/path",
        "file:///etc/passwd",
        "http://169.254.169.254/latest",
        "https://host/api/2.0/mlflow-artifacts/artifacts/1",
        "ftp://host/file",
        "hdfs://host/file",
        "r2://b@host/x",
        "mlflow-artifacts://host/0",
        "mlflow-artifacts:/7",
        "mlflow-artifacts:/0/../1/artifacts",
        "s3://bucket/../secret",
        "s3://bucket/%2e%2e/secret",
        "s3://bucket/%252e%252e/secret",
        "s3://bucket/a%00b",
        "//proc/self/root",
        f"runs:/{NOBODY}/model",
        f"models:/m-{NOBODY}",
    ],
)
def test_a_source_that_leads_elsewhere_is_refused(contributor, model, source):
    with pytest.raises(InvalidInput):
        create_model_version(contributor, model, source)

    assert not ModelVersion.objects.exists()


def test_a_source_must_belong_to_the_run_or_logged_model_that_is_named(contributor, project, experiment, model, run):
    other = tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head

    for source in (f"runs:/{run.uid}/model", f"{run.artifact_uri}/model"):
        with pytest.raises(InvalidSource, match="run_id"):
            create_model_version(contributor, model, source, run_uid=other.uid)
        with pytest.raises(InvalidSource, match="run_id"):
            create_model_version(contributor, model, source)


def test_a_logged_model_cannot_be_given_another_run(contributor, model, logged_model):
    with pytest.raises(InvalidSource, match="run_id"):
        create_model_version(
            contributor, model, f"models:/{logged_model.uid}", logged_model_uid=logged_model.uid, run_uid=NOBODY
        )


def test_a_path_that_only_looks_like_a_runs_own_is_refused(contributor, model, run):
    with pytest.raises(InvalidSource):
        create_model_version(
            contributor, model, f"mlflow-artifacts:/elsewhere/{run.uid}/artifacts/model", run_uid=run.uid
        )


def test_a_run_that_is_not_there_makes_nothing(contributor, model):
    with pytest.raises(NotFound):
        create_model_version(contributor, model, f"runs:/{NOBODY}/model", run_uid=NOBODY)


def test_a_deleted_run_makes_no_new_versions(contributor, project, model, run):
    tracking.delete_run(contributor, project, run.uid)

    with pytest.raises(InvalidSource, match="restore it"):
        create_model_version(contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid)


def test_nobody_registers_what_they_may_not_download(stranger, run, logged_model, version):
    for source, given in [
        (f"runs:/{run.uid}/model", {"run_uid": run.uid}),
        (f"{run.artifact_uri}/model", {"run_uid": run.uid}),
        (f"models:/{logged_model.uid}", {"logged_model_uid": logged_model.uid}),
        ("s3://bucket/key", {"run_uid": run.uid}),
        ("s3://bucket/key", {"logged_model_uid": logged_model.uid}),
    ]:
        with pytest.raises(Hidden):
            create_model_version(stranger, stranger.model, source, **given)

    assert ModelVersion.objects.count() == 1


def test_to_see_a_run_is_not_enough_to_register_from_it(stranger, project, run):
    grant_role(CONSOLE, stranger.user, Role.VIEWER, project)
    viewer_here = Principal(stranger.user, auth="session")

    with pytest.raises(PermissionDenied, match="download"):
        create_model_version(viewer_here, stranger.model, f"runs:/{run.uid}/model", run_uid=run.uid)


def test_who_may_download_in_both_projects_may_register_across_them(stranger, project, run):
    grant_role(CONSOLE, stranger.user, Role.CONTRIBUTOR, project)
    both = Principal(stranger.user, auth="session")

    version = create_model_version(both, stranger.model, f"runs:/{run.uid}/model", run_uid=run.uid)

    assert version.run == run


def test_who_registers_is_the_creator_and_what_it_came_from_is_in_the_log(contributor, model, run, last_event):
    version = create_model_version(
        contributor, model, f"runs:/{run.uid}/model", run_uid=run.uid, tags={"a": "1"}, description="First"
    )

    assert version.creator == contributor.user
    event = last_event(version)
    assert event["action"] == "model_version.created"
    assert event["after"] == {
        "model": "fraud",
        "number": 1,
        "source": f"runs:/{run.uid}/model",
        "location": f"{run.artifact_uri}/model",
        "run": run.uid,
        "logged_model": None,
        "copied_from": None,
        "stage": "None",
        "tags": ["a"],
    }


def test_a_viewer_cannot_register_and_an_outsider_finds_no_model(viewer, outsider, model, denied):
    with pytest.raises(PermissionDenied):
        create_model_version(viewer, model, "s3://bucket/key")
    with pytest.raises(Hidden):
        create_model_version(outsider, model, "s3://bucket/key")

    assert denied() == [(viewer.uid, "create_model_version"), (outsider.uid, "create_model_version")]
