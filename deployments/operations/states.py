"""The states of deployments, begun and ended. Called by operations only."""

from accounts.models import User
from audit.models import AuditEvent
from deployments.lineage import capture_state
from deployments.models import OPEN_STATES, Deployment, DeploymentInterval, DeploymentState


def enter(deployment: Deployment, state: DeploymentState, moment: int) -> None:
    """Put a held deployment into a state; `note_state` then says by which event."""
    deployment.state, deployment.updated_at = state, moment
    deployment.closed_at = None if state in OPEN_STATES else moment
    deployment.save(update_fields=["state", "updated_at", "closed_at", "previous"])


def note_state(deployment: Deployment, event: AuditEvent, actor: User | None, note: str = "") -> None:
    """Close the interval of the state before, and begin that of the state the deployment is in now."""
    moment = deployment.updated_at
    DeploymentInterval.objects.filter(deployment=deployment, until=None).update(until=moment)
    DeploymentInterval.objects.create(
        deployment=deployment,
        environment_id=deployment.environment_id,
        target=deployment.target,
        state=deployment.state,
        since=moment,
        actor=actor,
        note=note,
        event_uid=event.uid,
    )
    capture_state(deployment, actor)
