"""A deployment from its environment to its roll-back, on the pages alone: seen on the board, questioned, taken back."""

import pytest
from playwright.sync_api import expect

from accounts.models import Project
from accounts.operations import grant_role
from accounts.principals import Principal
from accounts.roles import Role
from deployments.models import Deployment, Environment
from deployments.operations import record_sightings
from deployments.operations.sightings import Observation
from registry.models import RegisteredModel
from registry.operations import create_model_version, create_registered_model, transition_stage
from registry.rules import Stage
from tests.browser.conftest import LOOKS
from tests.browser.keyboard import Keyboard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deployer(live_server, admin: Principal, maintainer: Principal, project: Project) -> Principal:
    """Keeps the project and deploys in it."""
    grant_role(admin, maintainer.user, Role.DEPLOYER, project)
    return Principal(maintainer.user, auth="session")


@pytest.fixture
def model(live_server, contributor: Principal, project: Project) -> RegisteredModel:
    """The model `fraud`, with version 1 in Staging and version 2 in Production."""
    made = create_registered_model(contributor, project, "fraud")
    for stage in (Stage.STAGING, Stage.PRODUCTION):
        transition_stage(contributor, create_model_version(contributor, made, "s3://bucket/fraud"), stage)
    return made


def _make_environment(page, keys):
    page.goto("/deployments")
    expect(page.get_by_role("heading", name="Nothing is deployed yet")).to_be_visible()
    keys.press(page.get_by_role("link", name="New environment"))
    keys.write(page.get_by_label("Name", exact=True), "prod")
    page.get_by_label("Takes versions in").select_option("None")
    keys.press(page.get_by_role("button", name="Make it"))
    expect(page.get_by_text("versions can be deployed to it")).to_be_visible()


def _deploy(page, keys, number):
    """From the version's page to a deployment that runs."""
    page.goto(f"/models/default/fraud/versions/{number}")
    keys.press(page.get_by_role("link", name="Deploy", exact=True))
    keys.write(page.get_by_label("Why"), "Better on new cards")
    keys.press(page.get_by_role("button", name="Ask for a permit"))
    expect(page.get_by_text("Permitted: roll it out")).to_be_visible()
    _report(page, keys)


def _report(page, keys):
    for step in ("deploying", "active"):
        keys.press(page.get_by_role("link", name="Report its state"))
        keys.press(page.get_by_role("button", name="Report"))
        expect(page.get_by_text(f"It is {step} now.")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_from_an_environment_to_a_roll_back(open_as, deployer, model, width, theme):
    page = open_as(deployer, width, theme)
    keys = Keyboard(page)
    _make_environment(page, keys)
    _deploy(page, keys, 1)
    _deploy(page, keys, 2)

    page.goto("/deployments")
    running = page.get_by_role("region", name="Runs now")
    expect(running.get_by_role("link", name="fraud v2")).to_be_visible()
    expect(page.get_by_role("region", name="Who deployed what and when").get_by_text("superseded")).to_be_visible()

    record_sightings(deployer, Environment.objects.get(), [Observation("edge-7", "e" * 64)])
    page.goto("/deployments")
    keys.press(page.get_by_role("link", name="Something that is no version here runs at edge-7 in prod."))
    keys.write(page.get_by_label("What was found"), "A test by hand.")
    keys.press(page.get_by_role("button", name="Resolve"))
    expect(page.get_by_text("A test by hand.").first).to_be_visible()

    page.goto(f"/deployments/{Deployment.objects.latest('pk').pk}")
    keys.press(page.get_by_role("link", name="Roll back"))
    expect(page.get_by_text("fraud v1 ran here before.")).to_be_visible()
    keys.write(page.get_by_label("Why"), "It refuses everything.")
    keys.press(page.get_by_role("button", name="Roll back"))
    _report(page, keys)

    page.goto("/deployments")
    expect(page.get_by_role("region", name="Runs now").get_by_role("link", name="fraud v1")).to_be_visible()
    assert list(Deployment.objects.order_by("pk").values_list("state", flat=True)) == [
        "superseded",
        "rolled_back",
        "active",
    ]
