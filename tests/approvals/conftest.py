"""The scene of tests about promotions: a project whose policy asks for one other person, and a version of `fraud`."""

from collections.abc import Callable, Sequence
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
from tracking import operations as tracking
from tracking.models import Experiment


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages to workers lead nowhere; tests let the work be done when they want it."""
    from approvals import tasks

    for task in (tasks.check_gates, tasks.go_on, tasks.recheck_version, tasks.refresh_project, tasks.refresh_open):
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


@pytest.fixture
def experiment(contributor: Principal, project: Project) -> Experiment:
    """The contributor's experiment."""
    return tracking.create_experiment(contributor, project, name="training")


@pytest.fixture
def version_of_run(
    contributor: Principal, project: Project, experiment: Experiment, model: RegisteredModel
) -> Callable[..., ModelVersion]:
    """Makes a version from a run with two metrics, params, a dataset and a commit."""

    def make(
        auc: float, params: Sequence[tuple[str, str]] = (("depth", "4"),), commit: str = "a" * 40, digest: str = "d1"
    ) -> ModelVersion:
        uid = tracking.create_run(contributor, project, experiment_id=str(experiment.pk)).head.uid
        tags = [
            {"key": "mlflow.source.git.commit", "value": commit},
            {"key": "mlflow.source.git.repoURL", "value": "https://github.com/acme/fraud.git"},
        ]
        metrics = [{"key": "auc", "value": auc, "timestamp": 1}, {"key": "val_loss", "value": 1 - auc, "timestamp": 1}]
        pairs = [{"key": key, "value": value} for key, value in params]
        tracking.log_batch(contributor, project, uid, metrics=metrics, params=pairs, tags=tags)
        dataset = {"name": "cards", "digest": digest, "source_type": "local", "source": "{}"}
        tracking.log_inputs(contributor, project, uid, datasets=[{"dataset": dataset, "tags": []}])
        return operations.create_model_version(contributor, model, f"s3://bucket/{uid}", run_uid=uid)

    return make


@pytest.fixture
def incumbent(contributor: Principal, version_of_run: Callable[..., ModelVersion]) -> ModelVersion:
    """The version in Production, made by a run; nobody was asked."""
    version = version_of_run(0.81)
    operations.transition_stage(contributor, version, Stage.PRODUCTION)
    return version


@pytest.fixture
def candidate(incumbent: ModelVersion, version_of_run: Callable[..., ModelVersion]) -> ModelVersion:
    """A version that is better than the incumbent, and made from other data by other code."""
    return version_of_run(0.9, (("depth", "6"), ("rate", "0.1")), "b" * 40, "d2")
