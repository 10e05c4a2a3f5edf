"""The list of models: what it shows to whom, how it is searched, narrowed, sorted and paged."""

import re

import pytest
from django.utils.html import escape

from accounts.operations import create_project, grant_role
from accounts.principals import CONSOLE
from accounts.roles import Role
from registry import operations
from registry.models import RegisteredModel
from registry.queries.lists import MODELS_SHOWN
from registry.rules import Stage
from tests.registry.conftest import SOURCE

MODELS = "/models"


@pytest.fixture
def page(session_of):
    """Opens the list as somebody."""

    def get(who, **query):
        response = session_of(who).get(MODELS, query)
        assert response.status_code == 200
        return response.content.decode()

    return get


def names(html: str) -> list[str]:
    return re.findall(r'<td class="lead"><a href="[^"]*">([^<]*)</a>', html)


def test_the_list_shows_versions_in_use_and_the_owner(page, viewer, register):
    register(Stage.PRODUCTION)
    register(Stage.STAGING)
    register()

    html = page(viewer)
    assert names(html) == ["fraud"]
    assert all(f"/models/default/fraud/versions/{number}" in html for number in (1, 2, 3))
    assert "contributor" in html


def test_an_outsider_sees_an_empty_list(page, outsider, model):
    assert "No models yet" in page(outsider)


def test_models_of_all_projects_one_may_see_are_there(page, admin, viewer, contributor, model):
    other = create_project(admin, slug="risk", name="Risk")
    grant_role(CONSOLE, contributor.user, Role.CONTRIBUTOR, other)
    operations.create_registered_model(type(contributor)(contributor.user, auth="session"), other, "churn")

    assert names(page(viewer)) == ["fraud"]
    assert names(page(type(contributor)(contributor.user, auth="session"), sort="name")) == ["churn", "fraud"]
    assert names(page(contributor, project="risk")) == ["churn"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "raud"}, ["fraud"]),
        ({"q": "FRAUD"}, ["fraud"]),
        ({"q": "name LIKE 'ch%'"}, ["churn"]),
        ({"q": "tags.team = 'risk'"}, ["churn"]),
        ({"q": "nothing like that"}, []),
        ({"stage": "Production"}, ["fraud"]),
        ({"stage": "Archived"}, []),
        ({"kind": "prompt"}, ["greeting"]),
        ({"kind": "all", "sort": "-name"}, ["greeting", "fraud", "churn"]),
        ({"sort": "name"}, ["churn", "fraud"]),
    ],
)
def test_the_list_is_searched_narrowed_and_sorted(page, viewer, contributor, project, register, prompt, query, found):
    register(Stage.PRODUCTION)
    operations.create_registered_model(contributor, project, "churn", tags={"team": "risk"})

    assert names(page(viewer, **query)) == found


def test_models_are_narrowed_to_an_owner(page, viewer, maintainer, contributor, project, model):
    operations.create_registered_model(maintainer, project, "churn")

    assert names(page(viewer, owner=maintainer.uid)) == ["churn"]


def test_a_filter_that_cannot_be_read_is_explained_at_its_field(page, viewer, model):
    html = page(viewer, q="name ~ 'x'")

    assert "errorlist" in html
    assert escape("name ~ 'x'") in html
    assert "fraud" not in names(html)


def test_an_unknown_order_or_page_is_refused_in_words(page, viewer, model):
    assert "cannot be sorted by" in page(viewer, sort="owner")
    assert "Invalid page token" in page(viewer, page_token="nonsense")


def test_pages_follow_each_other_without_gaps(page, viewer, contributor, project):
    for number in range(MODELS_SHOWN + 5):
        operations.create_registered_model(contributor, project, f"m{number:03}")

    for sort, expected in [("name", 0), ("-name", 1), ("updated", 0), ("-updated", 1)]:
        first = page(viewer, sort=sort)
        (token,) = re.findall(r"page_token=([^\"&]+)", first)
        from urllib.parse import unquote

        second = page(viewer, sort=sort, page_token=unquote(token))
        shown = names(first) + names(second)
        assert shown == sorted(shown, reverse=bool(expected))
        assert len(shown) == len(set(shown)) == MODELS_SHOWN + 5


def test_deleted_models_are_found_in_the_trash_and_restored(page, session_of, contributor, viewer, model):
    operations.delete_registered_model(contributor, model)

    assert names(page(contributor)) == []
    html = page(contributor, lifecycle="trashed")
    address = f"/models/trash/{model.pk}/restore"
    assert address in html
    assert session_of(viewer).get(address).status_code == 403
    assert session_of(contributor).post(address, {"reason": "too early"}).status_code == 302
    assert RegisteredModel.objects.get().lifecycle == "active"


def test_only_those_who_may_are_offered_a_new_model(page, viewer, contributor, model):
    assert "/models/new" in page(contributor)
    assert "/models/new" not in page(viewer)


@pytest.mark.parametrize("count", [3, 40])
def test_the_list_costs_a_fixed_number_of_queries(session_of, queries_of, contributor, viewer, project, count):
    for number in range(count):
        model = operations.create_registered_model(contributor, project, f"m{number}")
        version = operations.create_model_version(contributor, model, SOURCE)
        operations.transition_stage(contributor, version, Stage.STAGING)

    assert queries_of(session_of(viewer), MODELS) == 9
