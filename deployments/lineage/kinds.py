"""What deployments are today, and how people name them, for the answers of the graph; and why versions are needed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from accounts.principals import Principal
from accounts.roles import Action
from deployments.lineage.capture import key_of
from deployments.links import deployment_path
from deployments.models import Deployment, DeploymentState
from lineage import kinds
from lineage.kinds import Described
from registry import reliance

PREFIX: Final = "dep:"
_LONGEST: Final = 18


def register() -> None:
    """Make deployments known to the graph. Called when the app is ready."""
    kinds.register(PREFIX, describe_deployments)
    kinds.register_name("deployment", find_deployments)
    reliance.register(deployed_versions)


def describe_deployments(principal: Principal, asked: Sequence[str]) -> Mapping[str, Described]:
    """Deployments as they are. One query."""
    numbers = {key.rpartition("/")[2] for key in asked}
    wanted = set(asked)
    described = {}
    for deployment in _seen(principal, numbers):
        key = key_of(deployment)
        if key in wanted:
            described[key] = Described(
                label=f"{deployment.target} in {deployment.environment.name}",
                url=deployment_path(deployment.pk),
                status=deployment.state,
                owner=deployment.actor.username,
                owner_id=deployment.actor_id,
                stage=deployment.version.stage,
                details={
                    "environment": deployment.environment.name,
                    "environment_kind": deployment.environment.kind,
                    "project": deployment.environment.project.slug,
                    "live": deployment.state == DeploymentState.ACTIVE,
                },
            )
    return described


def find_deployments(principal: Principal, names: Sequence[str]) -> Mapping[str, str]:
    """The keys of deployments by their numbers. One query."""
    return {str(deployment.pk): key_of(deployment) for deployment in _seen(principal, set(names))}


def deployed_versions(versions: Collection[int]) -> Mapping[int, str]:
    """A reason to rely on versions: they run somewhere, or are about to. One query."""
    found = Deployment.objects.open().filter(version_id__in=versions).order_by("-pk")
    rows = found.values_list("version_id", "environment__project__slug", "environment__name")
    return {pk: f"is deployed to {project}/{name}" for pk, project, name in rows}


def _seen(principal: Principal, numbers: Collection[str]) -> list[Deployment]:
    pks = {int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) <= _LONGEST}
    found = Deployment.objects.select_related("environment__project", "model", "version", "actor").filter(pk__in=pks)
    return [deployment for deployment in found if principal.may(Action.VIEW, deployment)]
