"""A superuser without a role gets nothing extra: every governed action of a promotion is refused."""

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.principals import Principal
from accounts.roles import Role
from approvals import operations
from approvals.models import Decision, PromotionRequest, Tier
from approvals.operations.trials import begin_trial
from approvals.promotion import break_glass, promote
from audit import guard
from audit.exceptions import NotFound, PermissionDenied
from registry.models import ModelVersion
from registry.operations import quarantine, release, roll_back, transition_stage
from registry.rules import Stage
from tests.approvals.scene import fresh, policy_text, vote

REASON = "Payments are stopped for everybody since noon."


@pytest.fixture(params=["stranger", "viewer"])
def root(request, cast):
    """A superuser who holds no role, or only that of a viewer."""
    person = cast("root", *([Role.VIEWER] if request.param == "viewer" else []))
    with guard.lifted():
        User.objects.filter(pk=person.user.pk).update(is_superuser=True)
    return Principal(User.objects.get(pk=person.user.pk), auth="session")


@pytest.mark.parametrize(
    "act",
    [
        lambda root, scene: operations.open_request(root, scene.version, Stage.STAGING),
        lambda root, scene: promote(root, scene.version, Stage.PRODUCTION),
        lambda root, scene: transition_stage(root, scene.version, Stage.STAGING),
        lambda root, scene: begin_trial(root, scene.version, Stage.PRODUCTION),
        vote,
        lambda root, scene: operations.waive_gate(root, scene, "x", reason=REASON, signed_in_at=timezone.now()),
        lambda root, scene: operations.cancel_request(root, scene, reason="No."),
        operations.resubmit,
        lambda root, scene: operations.answer_checklist(root, scene, "x", "y"),
        lambda root, scene: operations.ratify(root, scene, signed_in_at=timezone.now()),
        lambda root, scene: break_glass(root, scene.version, Stage.PRODUCTION, reason=REASON, incident="INC-7"),
        lambda root, scene: roll_back(root, scene.version, reason=REASON),
        lambda root, scene: quarantine(root, scene.version, reason=REASON),
        lambda root, scene: release(root, scene.version, finding=REASON),
        lambda root, scene: operations.post_check_result(root, scene.version, "evaluation", passed=True),
        lambda root, scene: operations.publish_policy(root, scene.project, policy_text(approvals=0)),
        lambda root, scene: operations.set_tier(root, scene.model, Tier.LOW, reason=REASON),
    ],
)
def test_a_superuser_is_refused(act, root, request_):
    with pytest.raises((PermissionDenied, NotFound)):
        act(root, fresh(request_))

    assert not Decision.objects.exists()
    assert PromotionRequest.objects.get().state == "awaiting_approval"
    assert ModelVersion.objects.get().stage == Stage.NONE
