"""The pages of a model in a browser: metrics are drawn and have a table, and versions are chosen to be compared."""

import pytest
from playwright.sync_api import expect

from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tests.browser.conftest import LOOKS
from tracking import operations

pytestmark = pytest.mark.django_db(transaction=True)
looks = pytest.mark.parametrize(("width", "theme"), LOOKS)


@pytest.fixture
def model(live_server, contributor, project):
    """A model with three versions; the second is in Production."""
    experiment = operations.create_experiment(contributor, project, name="training")
    model = create_registered_model(contributor, project, "fraud")
    for number in range(3):
        run = operations.create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
        metric = {"key": "val/accuracy", "value": 0.9 + number / 100, "timestamp": 1, "step": 0}
        operations.log_batch(contributor, project, run, metrics=[metric])
        version = create_model_version(contributor, model, "s3://bucket/fraud", run_uid=run)
        if number == 1:
            transition_stage(contributor, version, Stage.PRODUCTION)
    return model


@looks
def test_metrics_over_versions_are_drawn_and_can_be_read(open_as, model, viewer, width, theme):
    page = open_as(viewer, width, theme)
    page.goto("/models/default/fraud")
    picture = page.locator("[data-key-metrics]")

    expect(picture.get_by_role("img", name="val/accuracy over versions")).to_be_visible()
    picture.get_by_text("Data as a table").click()
    expect(picture.get_by_role("row", name="v2 Production 0.91")).to_be_visible()


@looks
def test_versions_are_chosen_and_compared(open_as, model, viewer, width, theme):
    page = open_as(viewer, width, theme)
    page.goto("/models/default/fraud/versions")
    compare = page.get_by_role("button", name="Compare")

    expect(compare).to_be_disabled()
    page.get_by_label("Choose version 1").check()
    page.get_by_label("Choose version 3").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    compare.click()
    page.wait_for_url("**/compare/versions?**")
    expect(page.get_by_role("heading", name="Compare 2 versions")).to_be_visible()


def test_a_page_that_is_come_back_to_knows_what_was_chosen(open_as, model, viewer):
    page = open_as(viewer)
    page.goto("/models/default/fraud/versions")
    page.get_by_label("Choose version 1").check()
    page.get_by_label("Choose version 2").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare/versions?**")
    page.go_back()

    expect(page.get_by_role("button", name="Compare")).to_be_enabled()
