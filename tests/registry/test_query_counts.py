"""Reads cost the same number of queries however much there is; so do writes."""

import pytest

from accounts.principals import Principal
from registry.operations import (
    create_model_version,
    create_registered_model,
    set_alias,
    set_model_tag,
    set_version_tag,
    transition_stage,
)
from registry.queries import (
    find_version,
    get_download_uri,
    get_latest_versions,
    get_model,
    get_version,
    get_version_by_alias,
    search_models,
    search_versions,
    stays_at,
)
from registry.rules import Stage

# Every read begins with a fresh principal, whose grants are one query.
GRANTS = 1


@pytest.fixture(params=[10, 100])
def crowded(request, contributor, project):
    """Many models with tags; the first has many tagged versions in all stages, and many aliases."""
    for number in range(request.param):
        model = create_registered_model(contributor, project, f"m{number:03}", tags={"a": "1", "b": "2"})
    model = create_registered_model(contributor, project, "big", tags={"a": "1"})
    for number in range(request.param):
        version = create_model_version(contributor, model, "s3://bucket/x", tags={"a": "1", "b": "2"})
        if number % 4:
            transition_stage(contributor, version, list(Stage)[number % 4])
        set_alias(contributor, version, f"alias-{number}")
    return model


@pytest.mark.parametrize(
    ("read", "arguments", "queries"),
    [
        (get_model, ("big",), 4),
        (get_version, ("big", 5), 2),
        (get_version_by_alias, ("big", "alias-5"), 2),
        (get_latest_versions, ("big",), 3),
        (get_download_uri, ("big", 5), 1),
        (find_version, ("big", 5), 1),
        (search_models, ("",), 5),
        (search_versions, ("name LIKE '%'",), 3),
        (search_versions, ("name = 'big'",), 4),
    ],
)
def test_a_read_costs_a_fixed_number_of_queries(
    contributor, crowded, django_assert_num_queries, read, arguments, queries
):
    actor = Principal(contributor.user, auth="session")

    with django_assert_num_queries(queries + GRANTS):
        read(actor, crowded.project_id, *arguments)


def test_time_travel_costs_a_fixed_number_of_queries(contributor, crowded, django_assert_num_queries):
    actor = Principal(contributor.user, auth="session")

    with django_assert_num_queries(1 + GRANTS):
        stays_at(actor, crowded, Stage.STAGING, crowded.created_at + 10**9)


def test_writes_cost_a_bounded_number_of_queries(contributor, crowded, django_assert_max_num_queries):
    version = create_model_version(contributor, crowded, "s3://bucket/x")

    for most, write in [
        (14, lambda: create_model_version(contributor, crowded, "s3://bucket/x", tags={"a": "1"})),
        (10, lambda: set_version_tag(contributor, version, "c", "3")),
        (10, lambda: set_model_tag(contributor, crowded, "c", "3")),
        (10, lambda: set_alias(contributor, version, "moving")),
        (26, lambda: transition_stage(contributor, version, Stage.STAGING)),
        (34, lambda: transition_stage(contributor, version, Stage.PRODUCTION)),
    ]:
        with django_assert_max_num_queries(most):
            write()
