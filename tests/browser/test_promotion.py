"""The whole way to Production, with the keyboard alone: asking, approving as another person, seeing it in the log and
in the timeline; and asking without scripts.
"""

import pytest
from playwright.sync_api import expect

from accounts.models import Project
from accounts.principals import Principal
from approvals import checks
from approvals.models import GateTrial, PromotionRequest
from approvals.operations import assign_policy, publish_policy
from approvals.trying import try_gates
from registry.models import ModelVersion, StageInterval
from registry.operations import create_model_version, create_registered_model, set_version_tag
from tests.approvals.scene import policy_text
from tests.browser.conftest import LOOKS
from tests.browser.keyboard import Keyboard
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(live_server, admin: Principal, contributor: Principal, project: Project) -> ModelVersion:
    """Version 1 of `fraud`, in a project where one other person has to approve."""
    gates = "[{type: required_tags, keys: [owner_team]}]"
    assign_policy(admin, project, publish_policy(admin, project, policy_text(cool_down=0, gates=gates)))
    model = create_registered_model(contributor, project, "fraud")
    made = create_model_version(contributor, model, "s3://bucket/fraud")
    set_version_tag(contributor, made, "owner_team", "risk")
    return made


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_one_person_asks_and_another_approves(open_as, version, contributor, approver, width, theme):
    page = open_as(contributor, width, theme)
    keys = Keyboard(page)
    page.goto("/models/default/fraud/versions/1/transition?to=Production")
    expect(page.get_by_text("Evaluating gates")).to_be_visible()
    try_gates(GateTrial.objects.get().pk)
    expect(page.get_by_text("It would let the version pass.")).to_be_visible()
    expect(page.get_by_role("region", name="Who can approve").get_by_text(str(approver.user))).to_be_visible()
    keys.write(page.get_by_label("Reason"), "Better on new cards")
    keys.press(page.get_by_role("button", name="Ask for approval"))
    expect(page.get_by_text("needs 1 more approval").first).to_be_visible()
    request = PromotionRequest.objects.get()
    checks.check_request(request.pk)

    page = open_as(approver, width, theme)
    keys = Keyboard(page)
    page.goto("/requests")
    keys.press(page.get_by_role("link", name="fraud v1"))
    keys.press(page.get_by_role("link", name="Give your password"))
    keys.write(page.get_by_label("Your password"), PASSWORD)
    page.keyboard.press("Enter")
    keys.reach(page.get_by_role("radio", name="Approve"))
    page.keyboard.press("Space")
    keys.press(page.get_by_role("button", name="Decide"))
    expect(page.get_by_text("Approved, and carried out.")).to_be_visible()

    assert ModelVersion.objects.get(pk=version.pk).stage == "Production"
    page.goto("/audit")
    expect(page.get_by_text("carried out the request to promote").first).to_be_visible()
    page.goto("/models/default/fraud")
    stay = StageInterval.objects.get(version=version, until=None)
    assert stay.stage == "Production"
    assert page.locator(".stage-picture .bar.stage-production").count() == 1
    keys.press(page.get_by_text("The same as a table"))
    expect(page.locator(".stage-picture ~ details tbody tr").first).to_contain_text("v1Production")


def test_asking_works_without_scripts(open_as, version, contributor):
    page = open_as(contributor, java_script_enabled=False)
    page.goto("/models/default/fraud/versions/1/transition?to=Production")

    page.get_by_role("button", name="Evaluate the gates").click()
    expect(page.get_by_role("link", name="look again")).to_be_visible()
    try_gates(GateTrial.objects.get().pk)
    page.get_by_role("link", name="look again").click()
    expect(page.get_by_text("It would let the version pass.")).to_be_visible()

    page.get_by_label("Reason").fill("Better on new cards")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("needs 1 more approval").first).to_be_visible()
    assert PromotionRequest.objects.get().version == version
