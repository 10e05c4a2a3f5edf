"""What tests of deployments do again and again."""

from deployments.models import Deployment, DeploymentState
from deployments.operations import report_state
from deployments.queries import whole_deployments


def fresh(deployment: Deployment) -> Deployment:
    """The deployment as it is stored."""
    return whole_deployments().get(pk=deployment.pk)


def run(actor, deployment: Deployment) -> Deployment:
    """The deployment, reported to have begun and to run."""
    report_state(actor, deployment, DeploymentState.DEPLOYING)
    return report_state(actor, deployment, DeploymentState.ACTIVE)
