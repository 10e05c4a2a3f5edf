"""What deployments say to the apps below: what must not vanish under a version that runs or is about to."""

from collections.abc import Iterable

from django.db.models import Q

from artifacts.models import ArtifactSpace
from deployments.models import Deployment
from deployments.querysets import DeploymentQuerySet
from registry.querysets import ModelVersionQuerySet
from tracking.models import Experiment, LoggedModel, Run


def deployments_of(versions: ModelVersionQuerySet) -> Iterable[str]:
    """A blocker of deletions in the registry: the deployments of these versions that are not over."""
    return map(_sentence, _open().filter(version__in=versions))


def deployments_made_by(target: Experiment | LoggedModel | Run) -> Iterable[str]:
    """A blocker of deletions in tracking: what runs and came from ``target``."""
    if isinstance(target, Run):
        found = _open().filter(version__run=target)
    elif isinstance(target, LoggedModel):
        found = _open().filter(version__logged_model=target)
    else:
        found = _open().filter(Q(version__run__experiment=target) | Q(version__logged_model__experiment=target))
    return map(_sentence, found)


def deployments_stored_at(space: ArtifactSpace, path: str) -> Iterable[str]:
    """A blocker of deletions in the artifact store: what runs and has its files in this space, below or above."""
    for deployment in _open().filter(version__space_uid=space.uid):
        prefix = deployment.version.prefix
        if not prefix or not path or f"{path}/".startswith(f"{prefix}/") or f"{prefix}/".startswith(f"{path}/"):
            yield _sentence(deployment)


def _open() -> DeploymentQuerySet:
    found = Deployment.objects.open().select_related("model", "version", "environment__project")
    return found.order_by("pk")


def _sentence(deployment: Deployment) -> str:
    place = f"{deployment.environment.project.slug}/{deployment.environment.name}"
    state = deployment.get_state_display().lower()
    return f"{deployment.model.name}/{deployment.version.number} is {state} in {place} ({deployment}), stop it first"
