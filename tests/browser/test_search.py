"""The search box that one key opens over every page, and links of MLflow, without ever touching the mouse."""

import pytest
from playwright.sync_api import expect

from registry.operations import create_model_version, create_registered_model, set_alias
from tests.browser.conftest import LOOKS
from tracking.operations import create_experiment, create_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(contributor, project):
    """A run, and the model `fraud` with two versions."""
    experiment = create_experiment(contributor, project, name="fraud training")
    made = create_run(contributor, project, experiment_id=str(experiment.pk), name="sneaky-fox").head
    model = create_registered_model(contributor, project, "fraud")
    create_registered_model(contributor, project, "fraud-eu")
    versions = [create_model_version(contributor, model, "s3://bucket/fraud") for _ in range(2)]
    set_alias(contributor, versions[1], "champion")
    return made


@pytest.fixture(params=LOOKS, ids=[f"{width}-{theme}" for width, theme in LOOKS])
def page(request, open_as, contributor, run):
    """The audit page, as the contributor."""
    opened = open_as(contributor, *request.param)
    opened.goto("/audit")
    return opened


def test_a_version_is_opened_by_its_name(page):
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search models")
    expect(box).to_be_focused()

    page.keyboard.type("fraud@champion")

    first = page.get_by_role("listbox", name="Suggestions").get_by_role("option").first
    expect(first).to_contain_text("fraud v2")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", first.get_attribute("id"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/default/fraud/versions/2")


def test_the_arrow_keys_choose_and_what_was_opened_is_remembered(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("fraud")
    expect(page.get_by_role("group", name="Models")).to_be_visible()

    page.keyboard.press("ArrowDown")

    expect(page.get_by_role("option", name="fraud-eu")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", name="All results for “fraud”")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/default/fraud")
    page.keyboard.press("/")
    expect(page.get_by_role("group", name="Opened lately").get_by_role("option", name="fraud")).to_be_visible()


def test_escape_closes_and_a_slash_in_a_field_is_a_slash(page):
    page.keyboard.press("/")
    expect(page.get_by_role("dialog", name="Search")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()
    page.get_by_label("On", exact=True).focus()
    page.keyboard.type("fraud/1")
    expect(page.get_by_label("On", exact=True)).to_have_value("fraud/1")
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()


def test_enter_before_the_suggestions_came_leads_to_the_page_of_results(page):
    page.route("**/search/suggest?q=f*", lambda route: None)
    page.keyboard.press("/")
    page.keyboard.type("fraud")

    page.keyboard.press("Enter")

    page.wait_for_url("**/search?q=fraud")
    expect(page.get_by_role("heading", name="Model versions")).to_be_hidden()
    expect(page.get_by_role("link", name="fraud-eu")).to_be_visible()
    page.get_by_label("Look for").press("Control+a")
    page.keyboard.type("sneaky")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="sneaky-fox")).to_be_visible()


def test_what_is_not_there_is_said(page):
    page.keyboard.press("/")
    page.keyboard.type("zebra")

    expect(page.get_by_text("Nothing is called or begins like that.")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=zebra")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_a_link_that_mlflow_printed_leads_to_the_run(page, run):
    page.goto(f"/#/experiments/1/runs/{run.uid}")

    page.wait_for_url(f"**/runs/{run.uid}")
    page.goto("/#/models/fraud/versions/2")
    page.wait_for_url("**/models/default/fraud/versions/2")


def test_a_link_that_mlflow_printed_survives_signing_in(browser, live_server, contributor, run):
    with browser.new_context(base_url=live_server.url) as context:
        page = context.new_page()
        page.goto(f"/#/experiments/1/runs/{run.uid}")
        page.get_by_label("User name").fill("contributor")
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")

        page.wait_for_url(f"**/runs/{run.uid}")
