"""Runs and versions compared in a browser: every view is drawn, has a name and a table, and comes back by its link."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Project, User
from accounts.operations import create_administrator
from accounts.principals import CONSOLE, Principal
from registry.operations import create_model_version, create_registered_model
from tests.conftest import PASSWORD
from tracking import operations

VIEWS = ("table", "curves", "diff", "parallel", "scatter", "contour", "files")


@pytest.fixture
def ada(live_server):
    create_administrator(CONSOLE, "ada", password=PASSWORD)
    return Principal(User.objects.get(username="ada"), auth="session")


@pytest.fixture
def project(ada):
    return Project.objects.get(slug="default")


@pytest.fixture
def runs(ada, project):
    """Six runs with curves, one of them still at work."""
    experiment = operations.create_experiment(ada, project, name="churn of customers with a long name")
    uids = []
    for number in range(6):
        uid = operations.create_run(
            ada, project, experiment_id=str(experiment.pk), start_time=1_000, name=f"{{run}}-{number}-with-a-long-name"
        ).head.uid
        loss = [
            {"key": "train/loss", "value": (number + 2) / (step + 1), "timestamp": 1_000 + step * 500, "step": step}
            for step in range(900)
        ]
        once = [{"key": "accuracy", "value": 0.5 + number / 20, "timestamp": 1_000}]
        odd = [
            {"key": "val", "value": "NaN" if step == 3 else step, "timestamp": step, "step": step} for step in range(9)
        ]
        params = {"lr": str(0.1 / 10 ** (number % 3)), "depth": str(number), "kind": "tree" if number % 2 else "net"}
        operations.log_batch(
            ada,
            project,
            uid,
            metrics=loss + once + odd,
            params=[{"key": key, "value": value} for key, value in params.items()],
        )
        if number:
            operations.update_run(ada, project, uid, status="FINISHED", end_time=500_000)
        uids.append(uid)
    return uids


@pytest.fixture
def open_page(page, ada):
    """Opens an address as somebody who has signed in."""
    page.goto("/sign-in")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    def go(address):
        answer = page.goto(address, wait_until="networkidle")
        assert answer.status == 200
        return page

    return go


def address_of(runs, view):
    return f"/compare/runs?view={view}&{'&'.join(f'run={uid}' for uid in runs)}"


@pytest.mark.timeout(120)
def test_every_view_is_drawn_and_has_a_name(open_page, runs):
    for view in VIEWS:
        page = open_page(address_of(runs, view))
        expect(page.get_by_role("heading", level=1)).to_have_text("Compare 6 runs")
        if view in ("parallel", "scatter", "contour"):
            picture = page.locator(f"[data-{view}]").get_by_role("img")
            expect(picture).to_have_accessible_name(re.compile("depth|lr|loss|accuracy"))
            page.get_by_text("Data as a table").click()
            expect(page.get_by_role("cell", name="{run}-3-with-a-long-name")).to_be_visible()
    expect(page.get_by_text("Neither side has files here")).to_be_visible()


@pytest.mark.timeout(120)
def test_curves_are_chosen_from_and_their_link_shows_the_same_again(open_page, runs):
    page = open_page(address_of(runs, "curves"))
    loss = page.get_by_role("region", name="train/loss")
    loss.scroll_into_view_if_needed()
    expect(loss.get_by_role("img")).to_have_accessible_name("train/loss of 6 runs along step")

    options = page.get_by_text("How curves are drawn")
    if options.is_visible():  # Where there is little room they are folded away.
        options.click()
    page.get_by_label("Along", exact=True).select_option("relative")
    page.get_by_label("Log y").check()
    page.get_by_label("Smoothing").fill("0.5")
    page.get_by_label("From (ms)").fill("10000")
    page.get_by_label("From (ms)").press("Enter")
    page.get_by_role("button", name="{run}-5-with-a-long-name").click()
    loss.scroll_into_view_if_needed()  # Only what is in view is read.
    expect(loss.get_by_role("img")).to_have_accessible_name(re.compile("time since the start of the run"))
    link = page.url
    for part in ("x=relative", "log=y", "smooth=0.5", "x0=10000", f"off={runs[5]}"):
        assert part in link

    page = open_page(link)
    expect(page.get_by_label("Along", exact=True)).to_have_value("relative")
    expect(page.get_by_label("Log y")).to_be_checked()
    expect(page.get_by_label("From (ms)")).to_have_value("10000")
    hidden = page.get_by_role("button", name="{run}-5-with-a-long-name")
    expect(hidden).to_have_attribute("aria-pressed", "false")
    val = page.get_by_role("region", name="val")
    page.get_by_role("button", name="Whole curves").click()
    val.scroll_into_view_if_needed()
    expect(val.get_by_text("NaN at 5 places")).to_be_visible()
    # What was chosen goes along to the other views.
    expect(page.get_by_role("link", name="Scatter")).to_have_attribute("href", re.compile("x=relative"))


@pytest.mark.timeout(120)
def test_a_run_at_work_draws_itself_anew(open_page, runs, ada, project):
    page = open_page(address_of(runs[:1], "curves"))
    accuracy = page.get_by_role("region", name="accuracy", exact=True)
    accuracy.scroll_into_view_if_needed()
    accuracy.get_by_text("Data as a table").click()
    expect(accuracy.get_by_role("row")).to_have_count(2)

    point = {"key": "accuracy", "value": 0.75, "timestamp": 2_000, "step": 1}
    operations.log_batch(ada, project, runs[0], metrics=[point])

    expect(accuracy.get_by_role("row")).to_have_count(3, timeout=20_000)
    expect(accuracy.get_by_role("cell", name="0.75")).to_be_visible()


@pytest.mark.timeout(120)
def test_pictures_are_chosen_from_by_keyboard_and_kept_in_the_link(open_page, runs):
    page = open_page(address_of(runs, "scatter"))
    up = page.get_by_label("Up", exact=True)
    up.focus()
    up.press("t")
    expect(up).to_have_value("metrics.train/loss")
    page.get_by_label("Colour", exact=True).select_option("params.kind")
    assert "py=metrics.train%2Floss" in page.url
    assert "pc=params.kind" in page.url

    page = open_page(page.url)
    expect(page.get_by_role("img", name="6 runs: train/loss over")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Save as PNG")).press("Enter")
    assert download.value.suggested_filename.endswith(".png")

    page.get_by_role("link", name="Parallel coordinates").press("Enter")
    page.get_by_text(re.compile(r"Axes \(of")).press("Enter")
    page.get_by_label("kind", exact=True).uncheck()
    expect(page).to_have_url(re.compile("axis="))
    assert "axis=params.kind" not in page.url
    page.get_by_text("Choose by values").press("Enter")
    page.get_by_label("depth at least").fill("4")
    page.get_by_label("depth at least").press("Tab")
    expect(page.get_by_text("2 of 6 runs pass where you chose.")).to_be_visible()
    expect(page).to_have_url(re.compile("mark="))


def test_versions_are_compared(open_page, ada, project):
    model = create_registered_model(ada, project, "fraud")
    for number in (1, 2):
        create_model_version(ada, model, "s3://bucket/fraud", description=f"The number {number}")

    for view in ("table", "diff", "files", "curves"):
        page = open_page(f"/compare/versions?version=default/fraud/1&version=default/fraud/2&view={view}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Compare 2 versions")
    page.get_by_role("link", name="Two versions").click()
    expect(page.get_by_role("cell", name="The number 2")).to_be_visible()
