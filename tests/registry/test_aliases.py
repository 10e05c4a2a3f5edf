"""Free aliases, and the mirror aliases that follow the stages."""

import pytest

from audit.exceptions import Hidden, PermissionDenied
from registry.exceptions import AliasFollowsStage, InvalidName, VersionNotFound
from registry.models import AliasInterval
from registry.operations import create_model_version, delete_alias, delete_model_version, set_alias, transition_stage
from registry.queries import get_model
from registry.rules import Stage


@pytest.fixture
def aliases(contributor, model):
    """Reads the aliases of `fraud` as they are now."""
    return lambda: get_model(contributor, model.project_id, "fraud").aliases


def test_an_alias_names_one_version_and_moves(contributor, register, aliases, last_event):
    first, second = register(), register()

    set_alias(contributor, first, "champion")
    set_alias(contributor, second, "champion")

    assert aliases() == {"champion": 2}
    event = last_event(first.model)
    assert event["action"] == "registered_model.alias_set"
    assert event["before"] == {"alias": "champion", "version": 1}
    assert event["after"] == {"alias": "champion", "version": 2}


def test_the_history_of_an_alias_is_kept(contributor, register):
    first, second = register(), register()
    set_alias(contributor, first, "champion")
    set_alias(contributor, second, "champion")
    delete_alias(contributor, first.model, "champion")

    history = AliasInterval.objects.order_by("pk").values_list("version__number", "until")

    assert [number for number, _ in history] == [1, 2]
    assert all(until is not None for _, until in history)


def test_an_alias_in_other_letters_is_the_same_alias(contributor, register, aliases):
    set_alias(contributor, register(), "Champion")
    set_alias(contributor, register(), "CHAMPION")

    assert aliases() == {"CHAMPION": 2}


def test_the_same_alias_again_changes_and_records_nothing(contributor, version):
    set_alias(contributor, version, "champion")
    set_alias(contributor, version, "champion")

    assert AliasInterval.objects.count() == 1


def test_one_version_may_have_many_aliases(contributor, version, aliases):
    set_alias(contributor, version, "champion")
    set_alias(contributor, version, "123")

    assert aliases() == {"123": 1, "champion": 1}


def test_a_viewer_cannot_set_an_alias_and_an_outsider_sees_none(viewer, outsider, version, aliases):
    with pytest.raises(PermissionDenied):
        set_alias(viewer, version, "champion")
    with pytest.raises(Hidden):
        set_alias(outsider, version, "champion")

    assert aliases() == {}


@pytest.mark.parametrize("alias", ["latest", "v7", "a b", ""])
def test_an_alias_that_would_confuse_a_uri_is_refused(contributor, version, alias):
    with pytest.raises(InvalidName):
        set_alias(contributor, version, alias)


def test_an_alias_cannot_name_a_version_in_the_trash(contributor, version):
    delete_model_version(contributor, version)

    with pytest.raises(VersionNotFound):
        set_alias(contributor, version, "champion")


def test_an_alias_is_deleted_and_a_missing_one_is_no_mistake(contributor, version, aliases, last_event):
    set_alias(contributor, version, "champion")

    delete_alias(contributor, version.model, "Champion")
    delete_alias(contributor, version.model, "Champion")

    assert aliases() == {}
    assert last_event(version.model)["action"] == "registered_model.alias_deleted"


def test_a_viewer_cannot_delete_an_alias(viewer, contributor, version, aliases):
    set_alias(contributor, version, "champion")

    with pytest.raises(PermissionDenied):
        delete_alias(viewer, version.model, "champion")

    assert aliases() == {"champion": 1}


def test_production_and_staging_follow_the_stages(contributor, register, aliases):
    first, second = register(Stage.PRODUCTION), register(Stage.STAGING)
    assert aliases() == {"production": 1, "staging": 2}

    transition_stage(contributor, second, Stage.PRODUCTION)
    assert aliases() == {"production": 2}

    transition_stage(contributor, second, Stage.ARCHIVED)
    transition_stage(contributor, first, Stage.STAGING)
    assert aliases() == {"staging": 1}


def test_staging_names_the_version_that_came_last_and_then_the_one_before(contributor, register, aliases):
    register(Stage.STAGING)
    second = register()
    register(Stage.STAGING)
    transition_stage(contributor, second, Stage.STAGING)
    assert aliases() == {"staging": 2}

    transition_stage(contributor, second, Stage.ARCHIVED)
    assert aliases() == {"staging": 3}


@pytest.mark.parametrize("alias", ["production", "Production", "STAGING"])
def test_a_mirror_alias_cannot_be_set_or_deleted_by_hand(maintainer, register, alias, aliases):
    version = register(Stage.PRODUCTION)

    with pytest.raises(AliasFollowsStage, match="follows the stage"):
        set_alias(maintainer, version, alias)
    with pytest.raises(AliasFollowsStage, match="follows the stage"):
        delete_alias(maintainer, version.model, alias)

    assert aliases() == {"production": 1}


def test_a_prompt_has_no_stages_so_its_production_alias_is_free(contributor, prompt):
    first = create_model_version(contributor, prompt, "dummy-source", tags={"mlflow.prompt.is_prompt": "true"})

    set_alias(contributor, first, "production")

    assert get_model(contributor, prompt.project_id, "greeting").aliases == {"production": 1}
