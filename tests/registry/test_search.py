"""Searching models and versions of a project."""

import pytest

from accounts.operations import grant_role
from accounts.principals import CONSOLE, Principal
from accounts.roles import Role
from audit.exceptions import InvalidInput
from registry.operations import (
    create_model_version,
    create_registered_model,
    delete_model_version,
    delete_registered_model,
    rename_registered_model,
    set_inheritance,
    set_model_tag,
    transition_stage,
    update_model_version,
    update_registered_model,
)
from registry.queries import find_model, find_version, search_models, search_versions
from registry.rules import Stage

RUN = "e" * 32


@pytest.fixture
def models(contributor, project):
    """Three models `m0` … `m2` with tags; `m0` has three versions, `m1` one."""
    for number in range(3):
        create_registered_model(contributor, project, f"m{number}", tags={"number": str(number), "team": "risk"})
    m0, m1 = (find_model(contributor, project.pk, name) for name in ("m0", "m1"))
    for number in range(3):
        create_model_version(contributor, m0, f"s3://bucket/{number}", tags={"step": str(number)})
    create_model_version(contributor, m1, "s3://bucket/run", run_uid=RUN)


@pytest.fixture
def find_models(contributor, project, models):
    """Names of the models that match."""
    return lambda text="", **options: [row.name for row in search_models(contributor, project.pk, text, **options).rows]


@pytest.fixture
def find_versions(contributor, project, models):
    """Versions that match, as `name/number`."""
    return lambda text="", **options: [
        f"{row.model_name}/{row.number}" for row in search_versions(contributor, project.pk, text, **options).rows
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["m0", "m1", "m2"]),
        ("name = 'm1'", ["m1"]),
        ("name != 'm1'", ["m0", "m2"]),
        ("name LIKE 'm%' AND name LIKE '%2'", ["m2"]),
        ("name LIKE 'M%'", []),
        ("name ILIKE 'M2'", ["m2"]),
        ("name IN ('m0', 'm2', 'zz')", ["m0", "m2"]),
        ("tags.number = '1'", ["m1"]),
        ("tag.team = 'risk' and tags.`number` != '0'", ["m1", "m2"]),
        ("tags.team LIKE 'r%'", ["m0", "m1", "m2"]),
        ("tags.nothing != 'x'", []),
    ],
)
def test_models_are_found_by_name_and_tag(find_models, text, found):
    assert find_models(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["m0/1", "m0/2", "m0/3", "m1/1"]),
        ("name = 'm0'", ["m0/1", "m0/2", "m0/3"]),
        ("name = 'zz'", []),
        ("name = 'm0' AND name = 'm1'", []),
        ("name = 'm0' AND name LIKE 'm%'", ["m0/1", "m0/2", "m0/3"]),
        ("name != 'm0'", ["m1/1"]),
        ("name LIKE 'm%' AND version_number = 1", ["m0/1", "m1/1"]),
        ("version_number > '1'", ["m0/2", "m0/3"]),
        ("version_number <= 1.5", ["m0/1", "m1/1"]),
        (f"run_id = '{RUN}'", ["m1/1"]),
        (f"run_id IN ('{RUN}')", ["m1/1"]),
        ("source_path = 's3://bucket/2'", ["m0/3"]),
        ("source_path LIKE '%/2'", ["m0/3"]),
        ("tags.step = '1'", ["m0/2"]),
    ],
)
def test_versions_are_found_by_name_number_run_source_and_tag(find_versions, text, found):
    assert find_versions(text, order_by=["name", "version_number"]) == found


@pytest.mark.parametrize(
    "text",
    ["nonsense = 'x'", "name = x", "name = 1", "name = 'a' OR name = 'b'", "name", "tags.a IS NULL", "a.b = 'c'"],
)
def test_a_filter_outside_the_language_is_refused(find_models, find_versions, text):
    for find in (find_models, find_versions):
        with pytest.raises(InvalidInput):
            find(text)


def test_models_come_by_name_and_versions_the_last_changed_first(
    contributor, project, find_models, find_versions, time_machine_at
):
    with time_machine_at("2030-01-01T00:00:00+00:00"):
        update_registered_model(contributor, find_model(contributor, project.pk, "m1"), description="Later")
        update_model_version(contributor, find_version(contributor, project.pk, "m0", 2), description="Later")

    assert find_models() == ["m0", "m1", "m2"]
    assert find_models(order_by=["last_updated_timestamp DESC"])[0] == "m1"
    assert find_models(order_by=["name DESC"]) == ["m2", "m1", "m0"]
    assert find_versions()[0] == "m0/2"
    assert find_versions(order_by=["version_number DESC", "name ASC"]) == ["m0/3", "m0/2", "m0/1", "m1/1"]
    assert find_versions(order_by=["creation_timestamp ASC"])[0] == "m0/1"


@pytest.mark.parametrize("order", [["nonsense"], ["name", "name DESC"], ["name UP"], ["tags.step"]])
def test_an_order_that_makes_no_sense_is_refused(find_models, find_versions, order):
    for find in (find_models, find_versions):
        with pytest.raises(InvalidInput):
            find(order_by=order)


def test_answers_come_page_by_page(contributor, project, models):
    for search, size in ((search_models, 3), (search_versions, 4)):
        first = search(contributor, project.pk, max_results=2)
        second = search(contributor, project.pk, max_results=2, page_token=first.next_page_token)

        assert len(first.rows) == 2
        assert len({row.pk for row in [*first.rows, *second.rows]}) == size
        assert second.next_page_token == ""


@pytest.mark.parametrize("options", [{"max_results": 0}, {"max_results": 200_001}, {"page_token": "garbage"}])
def test_a_page_that_cannot_be_is_refused(find_models, find_versions, options):
    for find in (find_models, find_versions):
        with pytest.raises(InvalidInput):
            find(**options)


def test_rows_carry_tags_and_a_model_its_aliases_and_latest_versions(contributor, project, models):
    transition_stage(contributor, find_version(contributor, project.pk, "m0", 2), Stage.PRODUCTION)

    row = search_models(contributor, project.pk, "name = 'm0'").rows[0]
    assert row.tags == {"number": "0", "team": "risk"}
    assert row.aliases == {"production": 2}
    assert [(each.number, each.tags) for each in row.latest_versions] == [(2, {"step": "1"}), (3, {"step": "2"})]
    version = search_versions(contributor, project.pk, "name = 'm0' AND version_number = 2").rows[0]
    assert (version.tags, version.aliases) == ({"step": "1"}, [])


def test_what_lies_in_the_trash_is_not_found(contributor, project, find_models, find_versions):
    delete_model_version(contributor, find_version(contributor, project.pk, "m0", 2))
    delete_registered_model(contributor, find_model(contributor, project.pk, "m1"))

    assert find_models() == ["m0", "m2"]
    assert find_versions(order_by=["name", "version_number"]) == ["m0/1", "m0/3"]
    assert find_versions("name = 'm1'") == []


def test_versions_are_found_by_the_new_name_of_their_model(maintainer, project, find_versions):
    rename_registered_model(maintainer, find_model(maintainer, project.pk, "m1"), "renamed")

    assert find_versions("name = 'renamed'") == ["renamed/1"]
    assert find_versions("name = 'm1'") == []


def test_an_outsider_finds_nothing_and_a_grant_on_one_model_opens_that_one(outsider, project, contributor, models):
    assert search_models(outsider, project.pk).rows == []
    assert search_versions(outsider, project.pk).rows == []

    grant_role(CONSOLE, outsider.user, Role.VIEWER, find_model(contributor, project.pk, "m0"))
    guest = Principal(outsider.user, auth="session")

    assert [row.name for row in search_models(guest, project.pk).rows] == ["m0"]
    assert len(search_versions(guest, project.pk).rows) == 3


def test_a_model_that_is_cut_off_is_found_by_its_admins_and_guests_only(admin, viewer, project, contributor, models):
    m0 = set_inheritance(admin, find_model(contributor, project.pk, "m0"), inherits=False)
    anew = Principal(viewer.user, auth="session")

    assert [row.name for row in search_models(anew, project.pk).rows] == ["m1", "m2"]
    assert [row.model_name for row in search_versions(anew, project.pk).rows] == ["m1"]
    assert len(search_models(admin, project.pk).rows) == 3
    grant_role(CONSOLE, viewer.user, Role.VIEWER, m0)
    assert len(search_models(Principal(viewer.user, auth="session"), project.pk).rows) == 3


def test_a_tag_that_is_changed_is_found_by_its_new_value(contributor, project, find_models):
    set_model_tag(contributor, find_model(contributor, project.pk, "m2"), "team", "x" * 5000)

    assert find_models("tags.team = 'risk'") == ["m0", "m1"]
    assert find_models(f"tags.team = '{'x' * 5000}'") == ["m2"]
