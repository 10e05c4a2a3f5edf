"""The scene of tests about promotions: a project whose policy asks for one other person, and a version of `fraud`."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Project, User
from accounts.principals import Principal
from accounts.roles import Role
from approvals.models import PolicyVersion, PromotionRequest
from approvals.operations import agree_to_policy, assign_policy, open_request, publish_policy
from registry import operations
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, policy_text


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages to workers lead nowhere; tests let the work be done when they want it."""
    from approvals import tasks

    for task in (tasks.check_gates, tasks.go_on, tasks.recheck_version, tasks.refresh_project):
        monkeypatch.setattr(task, "delay", lambda *ids: None)


@pytest.fixture
def set_policy(admin: Principal, approver: Principal, project: Project) -> Callable[..., PolicyVersion]:
    """Publishes a policy and lets it hold in the project."""

    def publish(**given: Any) -> PolicyVersion:
        policy = publish_policy(admin, project, policy_text(**given))
        assignment = assign_policy(admin, project, policy)
        if assignment.since is None:
            agree_to_policy(Principal(User.objects.get(pk=approver.user.pk), auth="session"), assignment)
        return policy

    return publish


@pytest.fixture
def policy(set_policy: Callable[..., PolicyVersion]) -> PolicyVersion:
    """One other person approves; no gates."""
    return set_policy()


@pytest.fixture
def model(contributor: Principal, project: Project) -> RegisteredModel:
    """The model `fraud`, owned by the contributor."""
    return operations.create_registered_model(contributor, project, "fraud")


@pytest.fixture
def version(contributor: Principal, model: RegisteredModel) -> ModelVersion:
    """Version 1 of `fraud`, in stage None."""
    return operations.create_model_version(contributor, model, "s3://bucket/fraud")


@pytest.fixture
def second_approver(cast: Callable[..., Principal]) -> Principal:
    """Another person who may decide."""
    return cast("second_approver", Role.APPROVER)


@pytest.fixture
def request_(
    policy: PolicyVersion, contributor: Principal, approver: Principal, version: ModelVersion
) -> PromotionRequest:
    """The contributor has asked that version 1 may go to Production; its gates have spoken."""
    age_roles()
    return checked(open_request(contributor, version, Stage.PRODUCTION, reason="Better on new cards."))
