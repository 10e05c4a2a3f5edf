"""The pages of one model: what they show, what may be done there, and by whom."""

import json
from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import escape

from accounts.roles import Role
from registry import operations
from registry.models import AliasInterval, RegisteredModel
from registry.queries.lists import VERSIONS_SHOWN
from registry.rules import Stage
from tests.registry.conftest import SOURCE
from tracking import operations as tracking

MODEL = "/models/default/fraud"


@pytest.fixture
def page(session_of):
    """Opens a page of the model as somebody."""

    def get(who, path="", status=200, **query):
        response = session_of(who).get(MODEL + path, query)
        assert response.status_code == status, response.content.decode()[:600]
        return response.content.decode()

    return get


@pytest.fixture
def send(session_of):
    """Sends a form of the model as somebody."""

    def post(who, path, status=302, **fields):
        response = session_of(who).post(MODEL + path, fields)
        assert response.status_code == status, response.content.decode()[:600]
        return response.content.decode()

    return post


@pytest.fixture
def measured(contributor, project, experiment, model):
    """Makes versions from runs that logged an accuracy and more."""

    def make(*values):
        for value in values:
            run = tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
            metrics = [{"key": key, "value": value, "timestamp": 1, "step": 0} for key in ("accuracy", "odd_one")]
            tracking.log_batch(contributor, project, run, metrics=metrics)
            operations.create_model_version(contributor, model, SOURCE, run_uid=run)

    return make


def test_the_overview_says_what_is_in_use(page, viewer, register, contributor):
    version = register(Stage.PRODUCTION)
    operations.set_alias(contributor, version, "champion")
    html = page(viewer)

    assert "Version 1" in html
    assert "@champion" in html
    assert "Nothing is in Staging." in html
    assert "models:/fraud@production" in html
    assert "http://testserver" in html


def test_a_model_without_versions_says_how_to_register_one(page, viewer, model):
    assert "mlflow.register_model" in page(viewer)


def test_the_description_is_shown_as_markdown_and_is_harmless(page, send, contributor, model):
    send(contributor, "/edit", description="**Finds** fraud <script>alert(1)</script>")

    html = page(contributor)
    assert "<strong>Finds</strong>" in html
    assert "<script>alert" not in html


def test_what_was_in_production_on_a_day_is_answered(page, viewer, contributor, project):
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 5)]
    with time_machine.travel(days[0], tick=False):
        model = operations.create_registered_model(contributor, project, "fraud")
    for day in days:
        with time_machine.travel(day, tick=False):
            version = operations.create_model_version(contributor, model, SOURCE)
            operations.transition_stage(contributor, version, Stage.PRODUCTION)

    assert "nothing of fraud was in Production" in page(viewer, at="2026-02-27")
    between = page(viewer, at="2026-03-03")
    assert "Production was <a" in between
    assert ">v1</a> (since 2026-03-01 12:00 UTC until 2026-03-05 12:00 UTC" in between
    both = page(viewer, at="2026-03-05")
    assert ", then <a" in both
    assert "This is not a day" in page(viewer, at="yesterday")


def test_the_picture_has_a_table_that_says_the_same(page, viewer, contributor, register):
    register(Stage.PRODUCTION)
    register(Stage.PRODUCTION)
    html = page(viewer)

    assert html.count('class="bar stage-production"') == 2
    assert "The same as a table" in html


def test_common_metrics_are_shown_unless_the_reader_chooses(page, viewer, measured):
    measured(0.7, 0.8)

    assert 'metrics?key=accuracy"' in page(viewer)
    chosen = page(viewer, metric="odd_one")
    assert 'metrics?key=odd_one"' in chosen


def test_metrics_over_versions_are_given_by_the_api(client_of, viewer, measured, register):
    measured(0.7, 0.8)
    register()
    answer = client_of(viewer).get("/api/v1/registered-models/default/fraud/metrics?key=accuracy&key=none")

    assert [version["number"] for version in answer.json()["versions"]] == [1, 2, 3]
    assert answer.json()["series"] == [
        {"key": "accuracy", "values": [0.7, 0.8, None]},
        {"key": "none", "values": [None, None, None]},
    ]


def test_metrics_of_runs_one_may_not_see_are_left_out(client_of, admin, outsider, measured, model):
    from accounts.operations import grant_role

    measured(0.7)
    grant_role(admin, outsider.user, Role.VIEWER, model)

    answer = client_of(outsider).get("/api/v1/registered-models/default/fraud/metrics?key=accuracy")
    assert answer.json()["series"] == [{"key": "accuracy", "values": [None]}]


def test_versions_are_searched_narrowed_and_paged(page, viewer, contributor, model, register):
    register(Stage.STAGING, tags={"team": "risk"})
    for _ in range(VERSIONS_SHOWN):
        operations.create_model_version(contributor, model, SOURCE)

    first = page(viewer, "/versions")
    assert f"/versions/{VERSIONS_SHOWN + 1}" in first
    assert 'versions/1"' not in first
    assert 'versions/1"' in page(viewer, "/versions", stage="Staging")
    assert 'versions/1"' in page(viewer, "/versions", q="tags.team = 'risk'")
    assert 'versions/7"' in page(viewer, "/versions", q="v7")
    assert "errorlist" in page(viewer, "/versions", q="stage ~ 3")


def test_versions_show_the_metrics_that_were_chosen(page, viewer, measured):
    measured(0.7125)

    assert page(viewer, "/versions").count("0.7125") == 1
    assert page(viewer, "/versions", metric=["accuracy", "odd_one"]).count("0.7125") == 2


def test_a_model_is_renamed_handed_over_and_deleted_by_those_who_may(send, page, maintainer, viewer, model):
    send(maintainer, "/hand-over", owner="viewer", reason="leaves")
    assert RegisteredModel.objects.get().owner == viewer.user
    assert "errorlist" in send(maintainer, "/hand-over", 200, owner="nobody")
    assert "errorlist" in send(maintainer, "/rename", 200, new_name="a/b")
    send(maintainer, "/rename", new_name="fraud-2")
    assert RegisteredModel.objects.get().name == "fraud-2"


def test_deleting_names_what_stands_against_it(page, send, maintainer, register):
    register(Stage.PRODUCTION)

    assert "fraud/1 is in Production, move it to Archived first" in page(maintainer, "/delete")
    assert "cannot be deleted" in send(maintainer, "/delete", 200, reason="old")


def test_tags_are_set_and_removed(page, send, contributor, model):
    send(contributor, "/tags", key="team", value="risk")
    assert "risk" in page(contributor, "/tags")
    assert "errorlist" in send(contributor, "/tags", 200, key="a//b", value="")
    send(contributor, "/tags/delete", key="team")
    assert not model.tags.exists()


def test_aliases_are_set_removed_and_remembered(page, send, contributor, register):
    register()
    register()
    send(contributor, "/aliases", alias="champion", version="1")
    send(contributor, "/aliases", alias="champion", version="2")

    html = page(contributor, "/aliases")
    assert "Before" in html
    assert "follows the stage" in send(contributor, "/aliases", 200, alias="production", version="1")
    send(contributor, "/aliases/delete", alias="champion")
    assert not AliasInterval.objects.open().exists()


def test_the_page_leads_to_who_may_what_here(page, viewer, model):
    assert f"/access/model/{model.pk}" in page(viewer)


def test_the_history_is_told_as_far_as_one_may_read_it(page, maintainer, viewer, version):
    assert "registered_model.created" in page(maintainer, "/history")
    assert "Nothing that you may read" in page(viewer, "/history")


WRITES = ["/edit", "/rename", "/hand-over", "/delete", "/card/edit"]


@pytest.mark.parametrize("path", WRITES)
def test_viewers_get_no_form_and_outsiders_no_page(page, viewer, outsider, model, path):
    page(viewer, path, status=403)
    page(outsider, path, status=404)


def test_buttons_are_for_those_who_may(page, viewer, contributor, maintainer, admin, model):
    seen = {
        who: {path for path in ["/edit", "/rename", "/hand-over", "/delete"] if f'{MODEL}{path}"' in page(person)}
        for who, person in {"viewer": viewer, "contributor": contributor, "maintainer": maintainer}.items()
    }

    assert seen["viewer"] == set()
    assert seen["contributor"] == {"/edit", "/delete"}
    assert seen["maintainer"] == {"/edit", "/rename", "/hand-over", "/delete"}


@pytest.mark.parametrize("path", ["", "/versions", "/card", "/history", "/aliases", "/tags"])
def test_names_that_no_database_takes_are_not_found(session_of, viewer, model, path):
    assert session_of(viewer).get(f"/models/default/fra%00ud{path}").status_code == 404


@pytest.mark.parametrize("name", ["Betrug ü 100%", "a&b=c?d#e", "two  words", "…"])
def test_odd_names_have_pages_too(session_of, contributor, project, name):
    model = operations.create_registered_model(contributor, project, name)
    operations.create_model_version(contributor, model, SOURCE)
    browser = session_of(contributor)

    for page, number in [
        ("model", {}),
        ("model-versions", {}),
        ("version", {"number": 1}),
        ("version-card", {"number": 1}),
    ]:
        address = reverse(f"registry:{page}", kwargs={"project": "default", "name": name, **number})
        html = browser.get(address).content.decode()
        assert escape(name) in html
    listed = browser.get("/models").content.decode()
    assert escape(reverse("registry:model", args=["default", name])) in listed


def test_a_prompt_has_no_stages(session_of, contributor, prompt):
    operations.create_model_version(
        contributor,
        prompt,
        "dummy-source",
        tags={"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "Hello {{name}}"},
    )
    html = session_of(contributor).get("/models/default/greeting").content.decode()

    assert "prompts:/greeting/1" in html
    assert "Hello {{name}}" in html
    assert "mlflow.prompt" not in html
    assert "What was in use when" not in html


@pytest.mark.parametrize("size", [2, 30])
@pytest.mark.parametrize(
    ("path", "queries"),
    [("", 15), ("/versions", 11), ("/card", 6), ("/history", 8), ("/aliases", 7)],
)
def test_pages_cost_a_fixed_number_of_queries(
    session_of, queries_of, maintainer, contributor, model, measured, size, path, queries
):
    measured(*[number / 100 for number in range(size)])
    for number, version in enumerate(model.versions.all()):
        if number % 2:
            operations.transition_stage(maintainer, version, Stage.PRODUCTION)
        operations.set_alias(contributor, version, f"a{number}")
        operations.set_model_tag(contributor, model, f"t{number}", json.dumps(number))
    operations.revise_model_card(contributor, model, {"contact": "risk"})

    assert queries_of(session_of(maintainer), MODEL + path) == queries
