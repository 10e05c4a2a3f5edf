"""Reading models, versions, aliases and latest versions."""

import pytest

from registry.exceptions import AliasNotFound, ModelNotFound, VersionNotFound
from registry.operations import (
    create_model_version,
    delete_model_version,
    set_alias,
    set_model_tag,
    set_version_tag,
    transition_stage,
    update_model_version,
)
from registry.queries import (
    describe_model,
    describe_version,
    get_download_uri,
    get_latest_versions,
    get_model,
    get_version,
    get_version_by_alias,
)
from registry.rules import Stage


def test_a_version_is_read_with_all_that_belongs_to_it(contributor, viewer, register):
    version = register(tags={"b": "2"}, description="First", run_link="https://ci/7")
    set_version_tag(contributor, version, "a", "1")
    set_alias(contributor, version, "champion")
    transition_stage(contributor, version, Stage.STAGING)

    row = get_version(viewer, version.project_id, "fraud", 1)

    assert (row.model_name, row.number, row.creator) == ("fraud", 1, "contributor")
    assert (row.source, row.location) == ("s3://bucket/fraud", "s3://bucket/fraud")
    assert (row.description, row.run_link, row.run_uid, row.logged_model_uid) == ("First", "https://ci/7", "", "")
    assert (row.status, row.stage) == ("READY", "Staging")
    assert row.tags == {"a": "1", "b": "2"}
    assert row.aliases == ["champion", "staging"]
    assert row.created_at <= row.updated_at
    assert describe_version(version) == row


def test_a_model_is_read_with_tags_aliases_and_the_latest_version_of_each_stage(contributor, viewer, model, register):
    for stage in (Stage.PRODUCTION, Stage.STAGING, Stage.ARCHIVED, Stage.NONE, Stage.NONE):
        register(stage, tags={"stage": stage})
    set_model_tag(contributor, model, "team", "risk")

    row = get_model(viewer, model.project_id, "fraud")

    assert row.tags == {"team": "risk"}
    assert row.aliases == {"production": 1, "staging": 2}
    assert [(each.number, each.stage) for each in row.latest_versions] == [
        (1, "Production"),
        (2, "Staging"),
        (3, "Archived"),
        (5, "None"),
    ]
    assert row.latest_versions[0].tags == {"stage": "Production"}
    assert row.latest_versions[0].aliases == []
    assert describe_model(model) == row


def test_the_latest_of_a_stage_is_the_version_that_entered_it_last(contributor, model, register, time_machine_at):
    first, second, third = (register() for _ in range(3))
    with time_machine_at("2030-01-01T00:00:00+00:00"):  # so that nothing but the order tells them apart
        for version in (second, third, first):
            transition_stage(contributor, version, Stage.STAGING)

    (latest,) = get_latest_versions(contributor, model.project_id, "fraud", [Stage.STAGING])

    assert latest.number == 1
    assert latest.aliases == ["staging"]


def test_latest_versions_are_ordered_by_number_whatever_order_was_asked(contributor, model, register):
    register(Stage.PRODUCTION)
    register()

    asked = [Stage.NONE, Stage.PRODUCTION, Stage.NONE]
    found = get_latest_versions(contributor, model.project_id, "fraud", asked)

    assert [version.number for version in found] == [1, 2]
    assert get_latest_versions(contributor, model.project_id, "fraud", []) == []


def test_a_version_in_the_trash_is_never_the_latest(contributor, model, register):
    register()
    delete_model_version(contributor, register())

    assert [version.number for version in get_model(contributor, model.project_id, "fraud").latest_versions] == [1]


@pytest.mark.parametrize("alias", ["champion", "CHAMPION", "Champion"])
def test_a_version_is_read_by_alias_whatever_its_case(contributor, register, alias):
    register()
    version = register()
    set_alias(contributor, version, "champion")

    row = get_version_by_alias(contributor, version.project_id, "fraud", alias)

    assert (row.number, row.aliases) == (2, ["champion"])


def test_the_alias_latest_is_the_newest_of_all_stages(contributor, model, register):
    register()
    register(Stage.PRODUCTION)

    assert get_version_by_alias(contributor, model.project_id, "fraud", "Latest").number == 2


def test_an_alias_that_is_not_there_is_told_from_a_model_that_is_not_there(contributor, model):
    with pytest.raises(AliasNotFound, match="Registered model alias zz not found"):
        get_version_by_alias(contributor, model.project_id, "fraud", "zz")
    with pytest.raises(AliasNotFound):
        get_version_by_alias(contributor, model.project_id, "fraud", "latest")
    with pytest.raises(ModelNotFound):
        get_version_by_alias(contributor, model.project_id, "other", "zz")


def test_the_download_uri_is_where_the_bytes_lie(contributor, version):
    copy = create_model_version(contributor, version.model, "models:/fraud/1")

    assert get_download_uri(contributor, version.project_id, "fraud", copy.number) == "s3://bucket/fraud"


@pytest.mark.parametrize("read", [get_version, get_download_uri])
def test_what_is_not_there_is_named(contributor, version, read):
    with pytest.raises(VersionNotFound, match=r"\(name=fraud, version=9\) not found"):
        read(contributor, version.project_id, "fraud", 9)
    with pytest.raises(ModelNotFound, match="name=other not found"):
        read(contributor, version.project_id, "other", 1)


def test_to_an_outsider_nothing_is_there(contributor, outsider, version):
    set_alias(contributor, version, "champion")
    place = (version.project_id, "fraud")

    for read, arguments in [
        (get_model, ()),
        (get_version, (1,)),
        (get_version_by_alias, ("champion",)),
        (get_latest_versions, ()),
        (get_download_uri, (1,)),
    ]:
        with pytest.raises(ModelNotFound, match="name=fraud not found"):
            read(outsider, *place, *arguments)


def test_a_change_shows_when_it_was_made(contributor, version, time_machine_at):
    with time_machine_at("2030-01-01T00:00:00+00:00"):
        update_model_version(contributor, version, description="Later")

    row = get_version(contributor, version.project_id, "fraud", 1)
    assert row.updated_at == 1893456000000
    assert row.created_at < row.updated_at
