"""The whole way to Production, with the keyboard alone: asking, approving as another person, seeing it in the log."""

import pytest
from playwright.sync_api import expect

from accounts.models import Project
from accounts.principals import Principal
from approvals import checks
from approvals.models import PromotionRequest
from approvals.operations import assign_policy, publish_policy
from registry.models import ModelVersion
from registry.operations import create_model_version, create_registered_model
from tests.approvals.scene import policy_text
from tests.browser.conftest import LOOKS
from tests.browser.keyboard import Keyboard
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(live_server, admin: Principal, contributor: Principal, project: Project) -> ModelVersion:
    """Version 1 of `fraud`, in a project where one other person has to approve."""
    assign_policy(admin, project, publish_policy(admin, project, policy_text(cool_down=0, gates="[]")))
    model = create_registered_model(contributor, project, "fraud")
    return create_model_version(contributor, model, "s3://bucket/fraud")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_one_person_asks_and_another_approves(open_as, version, contributor, approver, width, theme):
    page = open_as(contributor, width, theme)
    keys = Keyboard(page)
    page.goto("/models/default/fraud/versions/1/transition?to=Production")
    keys.write(page.get_by_label("Reason"), "Better on new cards")
    keys.press(page.get_by_role("button", name="Move to Production"))
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
    page.goto("/models/default/fraud/versions/1")
    expect(page.get_by_text("Production").first).to_be_visible()
