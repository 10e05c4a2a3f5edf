"""Holding rows until the transaction ends: model and version first, then the environment, then its deployments.

Whoever changes what runs in an environment holds its row, so that of two changes at once one waits for the other.
"""

from deployments.exceptions import EnvironmentNotFound
from deployments.models import Deployment, Environment
from deployments.queries import whole_deployments


def hold_environment(environment: Environment) -> Environment:
    """The environment as it is now, in use. Raises EnvironmentNotFound when it was archived meanwhile."""
    held = lock_environment(environment.pk)
    if held.archived_at is not None:
        raise EnvironmentNotFound(f"The environment {held.name} was archived.")
    return held


def lock_environment(pk: int) -> Environment:
    """The environment as it is now; rows that point to it may still be added."""
    environments = Environment.objects.select_related("project")
    return environments.select_for_update(of=("self",), no_key=True).get(pk=pk)


def hold_deployment(deployment: Deployment) -> Deployment:
    """The deployment as it is now, with its environment held first."""
    environment = lock_environment(deployment.environment_id)
    held = lock_deployment(deployment.pk)
    held.environment = environment
    return held


def lock_deployment(pk: int) -> Deployment:
    """The deployment as it is now; rows that point to it may still be added."""
    return whole_deployments().select_for_update(of=("self",), no_key=True).get(pk=pk)
