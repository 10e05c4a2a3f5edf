"""Experiments and their runs in a browser, mostly by keyboard: found, chosen, tagged, grouped, kept as a view."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Project, User
from accounts.operations import create_administrator
from accounts.principals import CONSOLE, Principal
from tests.conftest import PASSWORD
from tracking import operations


@pytest.fixture
def ada(live_server):
    create_administrator(CONSOLE, "ada", password=PASSWORD)
    return Principal(User.objects.get(username="ada"), auth="session")


@pytest.fixture
def project(ada):
    return Project.objects.get(slug="default")


@pytest.fixture
def experiment(ada, project):
    made = operations.create_experiment(ada, project, name="churn")
    for number in range(6):
        run = operations.create_run(
            ada, project, experiment_id=str(made.pk), start_time=number, name=f"run-{number}-with-quite-a-long-name"
        ).head.uid
        operations.log_batch(
            ada,
            project,
            run,
            metrics=[{"key": "accuracy", "value": number / 10, "timestamp": 1}],
            params=[{"key": "kind of model", "value": "tree" if number % 2 else "it's a net"}],
        )
        if number:
            operations.update_run(ada, project, run, status="FINISHED", end_time=60_000)
    return made


@pytest.fixture
def table(page, experiment):
    """The table of runs, opened by somebody who has signed in."""
    page.goto("/sign-in")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"/experiments/{experiment.pk}", wait_until="networkidle")
    return page


def names_in(page):
    return [name.strip()[:5] for name in page.locator(".runs-table tbody th.name").all_inner_texts()]


def type_and_take(page, text, option):
    """Type into the filter, and take the offer by the arrow keys."""
    box = page.get_by_role("combobox", name="Filter")
    box.press_sequentially(text)
    expect(page.get_by_role("option", name=option).first).to_be_visible()
    while option not in (page.locator("[role=option][aria-selected=true]").text_content() if _marked(page) else ""):
        box.press("ArrowDown")
    box.press("Enter")


def _marked(page):
    return page.locator("[role=option][aria-selected=true]").count()


@pytest.mark.timeout(120)
def test_a_filter_is_written_by_keyboard_with_what_is_offered(table):
    table.get_by_role("combobox", name="Filter").focus()
    type_and_take(table, "accu", "metrics.accuracy")
    type_and_take(table, ">", ">=")
    table.keyboard.type("0.2 ")
    type_and_take(table, "", "and")
    type_and_take(table, "kind", "params.`kind of model`")
    type_and_take(table, "= ", "it")
    box = table.get_by_role("combobox", name="Filter")
    expect(box).to_have_value("metrics.accuracy >= 0.2 and params.`kind of model` = 'it''s a net' ")

    box.press("Escape")
    box.press("Enter")

    expect(table).to_have_url(re.compile(r"/experiments/\d+\?q=[^&]+$"))
    assert names_in(table) == ["run-4", "run-2"]


def test_a_fault_is_shown_where_it_is(table):
    box = table.get_by_role("combobox", name="Filter")
    box.fill("metrics.accuracy > 0.2 or params.x = '1'")
    box.press("Escape")
    box.press("Enter")

    fault = table.get_by_role("alert")
    expect(fault.locator("mark")).to_have_text("or")
    expect(fault).to_contain_text("cannot stand here")
    expect(box).to_have_value("metrics.accuracy > 0.2 or params.x = '1'")


def test_chosen_runs_are_tagged_and_compared(table):
    expect(table.get_by_role("button", name="Compare")).to_be_disabled()
    table.get_by_label("Choose every run on this page").press("Space")
    expect(table.get_by_text("6 chosen")).to_be_visible()
    table.get_by_label(re.compile("^Choose run-5")).press("Space")

    table.get_by_role("button", name="Tag").press("Enter")
    expect(table.get_by_role("heading", name="Tag 5 runs")).to_be_visible()
    table.get_by_label("Tag", exact=True).fill("shortlist")
    table.get_by_label("Value").fill("yes")
    table.get_by_label("Value").press("Enter")
    expect(table.get_by_text("5 runs tagged.")).to_be_visible()

    table.get_by_label(re.compile("^Choose run-1")).press("Space")
    table.get_by_label(re.compile("^Choose run-2")).press("Space")
    table.get_by_role("button", name="Compare").press("Enter")
    expect(table).to_have_url(re.compile(r"/compare/runs\?.*run=[0-9a-f]{32}&run="))


def test_columns_are_chosen_and_kept_as_a_view(table):
    table.locator("summary", has_text="Columns").press("Enter")
    table.get_by_label("Find a column").fill("accu")
    expect(table.get_by_label("Commit", exact=True)).to_be_hidden()
    table.get_by_label("Find a column").fill("")
    for name in ("Status", "Started", "Duration", "Owner"):
        table.locator(".column-lists").get_by_label(name, exact=True).press("Space")
    table.locator(".column-picker").get_by_role("button", name="Show").press("Enter")
    headings = table.locator(".runs-table thead tr:last-child th").all_inner_texts()
    assert [heading.strip() for heading in headings[1:]] == ["Run", "accuracy", "kind of model"]

    table.get_by_role("link", name="accuracy").press("Enter")
    assert names_in(table)[0] == "run-0"
    table.get_by_role("link", name="Save this view").press("Enter")
    table.get_by_label("Name").fill("By accuracy")
    table.get_by_label("Name").press("Enter")

    view = table.get_by_role("navigation", name="Views of the runs").get_by_role("link", name="By accuracy")
    expect(view).to_have_attribute("aria-current", "page")


def test_a_group_opens_in_place(table):
    table.get_by_label("Group by").select_option("params.kind of model")
    table.get_by_role("button", name="Search").press("Enter")
    opener = table.get_by_role("button", name="Open tree")

    opener.press("Enter")

    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(table.locator(".opened .runs-table tbody tr")).to_have_count(3)
    opener.press("Enter")
    expect(table.locator(".opened .runs-table").first).to_be_hidden()


def test_a_run_that_ends_is_shown_so_by_itself(table, ada, project):
    row = table.locator("tr", has_text="run-0")
    expect(row).to_contain_text("Running")
    row.get_by_role("checkbox").press("Space")

    uid = row.get_attribute("id").removeprefix("run-")
    operations.update_run(ada, project, uid, status="FAILED", end_time=9_000)

    expect(row).to_contain_text("Failed", timeout=20_000)
    expect(row.get_by_role("checkbox")).to_be_checked()


def test_an_experiment_is_made_described_and_deleted(table):
    table.goto("/experiments")
    table.get_by_role("link", name="New experiment").press("Enter")
    table.get_by_label("Name").fill("billing")
    table.get_by_label("Note").fill("Why *we* do it")
    table.get_by_role("button", name="Create experiment").press("Enter")
    expect(table.get_by_role("heading", name="billing", exact=True)).to_be_visible()
    expect(table.get_by_text("No runs yet")).to_be_visible()

    table.locator("summary", has_text="Experiment").press("Enter")
    table.get_by_role("link", name="Delete").press("Enter")
    table.get_by_role("button", name="Delete experiment").press("Enter")
    expect(table.get_by_text("is deleted")).to_be_visible()
    expect(table.locator("h1")).to_contain_text("Deleted")
