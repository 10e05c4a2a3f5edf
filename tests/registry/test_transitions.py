"""Moving versions between stages."""

import pytest

from accounts.operations import grant_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from audit.exceptions import Hidden, PermissionDenied
from audit.models import AuditPrivate
from registry.exceptions import InvalidStage, StageChangeNotAllowed, VersionNotFound
from registry.models import ModelVersion
from registry.operations import create_model_version, delete_model_version, transition_stage
from registry.rules import Stage


def _stages() -> dict[int, str]:
    return dict(ModelVersion.objects.order_by("number").values_list("number", "stage"))


def test_a_version_goes_to_production_and_the_one_before_makes_room(contributor, register, last_event):
    old, new = register(Stage.PRODUCTION), register(Stage.STAGING)

    transition_stage(contributor, new, Stage.PRODUCTION, reason="beats the old one by 3 %")

    assert _stages() == {1: Stage.ARCHIVED, 2: Stage.PRODUCTION}
    event = last_event(new)
    assert event["action"] == "model_version.transitioned"
    assert (event["before"]["stage"], event["after"]["stage"]) == ("Staging", "Production")
    assert [(also["id"], also["before"], also["after"]) for also in event["also"]] == [
        (str(old.pk), {"stage": "Production"}, {"stage": "Archived"})
    ]
    assert AuditPrivate.objects.latest("pk").values["reason"]["value"] == "beats the old one by 3 %"


def test_every_object_that_moved_has_its_event_counted(contributor, register):
    old, new = register(Stage.PRODUCTION), register()

    transition_stage(contributor, new, Stage.PRODUCTION)

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.audit_seq, new.audit_seq) == (3, 2)


@pytest.mark.parametrize("stage", [Stage.STAGING, Stage.PRODUCTION])
def test_an_approver_may_raise_a_version(approver, version, stage):
    assert transition_stage(approver, version, stage).stage == stage


@pytest.mark.parametrize("stage", [Stage.STAGING, Stage.PRODUCTION])
def test_a_viewer_cannot_raise_a_version_and_the_attempt_is_recorded(viewer, version, stage, denied):
    with pytest.raises(PermissionDenied, match="promote"):
        transition_stage(viewer, version, stage)

    assert _stages() == {1: Stage.NONE}
    assert denied() == [(viewer.uid, "transition_stage")]


def test_to_an_outsider_the_version_is_not_there(outsider, version):
    with pytest.raises(Hidden):
        transition_stage(outsider, version, Stage.STAGING)


def test_a_contributor_archives_an_own_version_but_not_one_of_another(cast, contributor, register):
    colleague = cast("colleague", Role.CONTRIBUTOR)
    mine, theirs = register(), register(by=colleague)

    transition_stage(contributor, mine, Stage.ARCHIVED)
    with pytest.raises(PermissionDenied, match="lower the stage"):
        transition_stage(contributor, theirs, Stage.ARCHIVED)

    assert _stages() == {1: Stage.ARCHIVED, 2: Stage.NONE}


@pytest.mark.parametrize("stage", [Stage.NONE, Stage.STAGING, Stage.ARCHIVED])
def test_a_maintainer_may_lower_what_is_in_production(maintainer, register, stage):
    assert transition_stage(maintainer, register(Stage.PRODUCTION), stage).stage == stage


def test_the_platform_admin_has_no_say(admin, cast, version):
    operator = cast("operator")
    grant_role(CONSOLE, operator.user, Role.PLATFORM_ADMIN)

    with pytest.raises(Hidden):
        transition_stage(operator, version, Stage.PRODUCTION)


def test_many_versions_may_be_in_staging(contributor, register):
    register(Stage.STAGING)
    register(Stage.STAGING)

    assert _stages() == {1: Stage.STAGING, 2: Stage.STAGING}


def test_archive_existing_empties_staging_for_the_newcomer(maintainer, register):
    register(Stage.STAGING)
    register(Stage.STAGING)

    transition_stage(maintainer, register(), Stage.STAGING, archive_existing=True)

    assert _stages() == {1: Stage.ARCHIVED, 2: Stage.ARCHIVED, 3: Stage.STAGING}


def test_archive_existing_in_staging_takes_the_right_to_retire_each_of_them(cast, contributor, register):
    colleague = cast("colleague", Role.CONTRIBUTOR)
    register(Stage.STAGING, by=colleague)

    with pytest.raises(PermissionDenied):
        transition_stage(contributor, register(), Stage.STAGING, archive_existing=True)

    assert _stages() == {1: Stage.STAGING, 2: Stage.NONE}


def test_archive_existing_keeps_the_version_itself(contributor, register):
    first, second = register(Stage.STAGING), register(Stage.STAGING)

    transition_stage(contributor, second, Stage.STAGING, archive_existing=True)

    assert _stages() == {1: Stage.ARCHIVED, 2: Stage.STAGING}
    first.refresh_from_db()
    assert first.audit_seq == 3


@pytest.mark.parametrize("stage", [Stage.NONE, Stage.ARCHIVED])
def test_archive_existing_makes_no_sense_where_nothing_is_live(contributor, version, stage):
    with pytest.raises(InvalidStage):
        transition_stage(contributor, version, stage, archive_existing=True)


def test_the_same_stage_again_changes_and_records_nothing(contributor, register):
    version = register(Stage.PRODUCTION)
    seen = ModelVersion.objects.values().get()

    transition_stage(contributor, version, Stage.PRODUCTION)

    assert ModelVersion.objects.values().get() == seen


def test_a_rollback_is_one_step(contributor, register):
    old = register(Stage.PRODUCTION)
    register(Stage.PRODUCTION)

    transition_stage(contributor, old, Stage.PRODUCTION)

    assert _stages() == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}


def test_a_version_in_the_trash_has_no_stage_to_leave(contributor, version):
    delete_model_version(contributor, version)

    with pytest.raises(VersionNotFound):
        transition_stage(contributor, version, Stage.STAGING)


def test_a_prompt_has_no_stages(contributor, prompt):
    first = create_model_version(contributor, prompt, "dummy-source", tags={"mlflow.prompt.is_prompt": "true"})

    with pytest.raises(StageChangeNotAllowed, match="alias"):
        transition_stage(contributor, first, Stage.PRODUCTION)
