"""What agents report of deployments, and what time brings."""

from accounts.models import User
from accounts.principals import Principal, System
from accounts.roles import Action
from audit.event_types import EventType
from audit.models import Audited
from audit.operation import operation, record, require
from deployments.exceptions import InvalidDeployment, NotDeployable, WrongOrder
from deployments.models import Deployment, DeploymentState
from deployments.operations.held import hold_deployment
from deployments.operations.states import enter, note_state
from deployments.queries import newest_permit, whole_deployments
from deployments.rules import NEXT_STATES, check_reason, may_follow
from registry.models import now
from registry.operations.held import hold_version

#: What can be reported.
REPORTED = (DeploymentState.DEPLOYING, DeploymentState.ACTIVE, DeploymentState.FAILED, DeploymentState.STOPPED)


@operation
def report_state(actor: Principal, deployment: Deployment, state: str, *, note: str = "") -> Deployment:
    """Note that a deployment began, runs, failed or was stopped; the same report again changes nothing.

    What ran at its target until then is superseded, or rolled back, in the same transaction. Nothing begins without a
    permit that holds, nor in quarantine. Displacing another model takes the right to deploy that one too. Raises
    PermissionDenied, InvalidDeployment, WrongOrder or NotDeployable.
    """
    require(Action.DEPLOY, deployment)
    if state not in REPORTED:
        raise InvalidDeployment(f"What can be reported is {', '.join(REPORTED)}, not {state[:40]!r}.")
    note = check_reason(note)
    version = hold_version(deployment.version) if state == DeploymentState.DEPLOYING else None
    deployment = hold_deployment(deployment)
    if deployment.state == state:
        return deployment
    if not may_follow(deployment.state, state):
        raise _wrong_order(deployment, state)
    if version is not None:
        _check_may_begin(deployment, quarantined=version.quarantined_at is not None)
    _enter(deployment, DeploymentState(state), actor.user, note)
    return deployment


@operation
def close_expired(actor: System, deployment: Deployment) -> Deployment:
    """End a deployment that nobody began while its permit held."""
    require(Action.DEPLOY, deployment)
    deployment = hold_deployment(deployment)
    if deployment.state != DeploymentState.PERMITTED or newest_permit(deployment).expires_at > now():
        return deployment
    note = "The permit expired before anybody began."
    enter(deployment, DeploymentState.FAILED, deployment.next_moment())
    event = record(EventType.DEPLOYMENT_EXPIRED, deployment, after={"state": str(deployment.state)}, reason=note)
    note_state(deployment, event, None, note)
    return deployment


def _check_may_begin(deployment: Deployment, *, quarantined: bool) -> None:
    if quarantined:
        raise NotDeployable(
            f"{deployment.title} may not begin: the version is quarantined.", details={"reason": "quarantined"}
        )
    if newest_permit(deployment).expires_at <= now():
        raise NotDeployable(
            f"The permit of {deployment} expired: ask for a new one.", details={"reason": "permit_expired"}
        )


def _enter(deployment: Deployment, state: DeploymentState, actor: User, note: str) -> None:
    moment, before = deployment.next_moment(), deployment.state
    displaced = _displaced(deployment) if state == DeploymentState.ACTIVE else None
    also: list[tuple[Audited, dict[str, str], dict[str, str]]] = []
    if displaced is not None:
        if displaced.model_id != deployment.model_id:
            require(Action.DEPLOY, displaced)
        moment = max(moment, displaced.next_moment())
        taken_back = deployment.rolls_back_id == displaced.pk
        enter(displaced, DeploymentState.ROLLED_BACK if taken_back else DeploymentState.SUPERSEDED, moment)
        also = [(displaced, {"state": "active"}, {"state": str(displaced.state)})]
        deployment.previous = displaced
    enter(deployment, state, moment)
    after = {"state": str(state), "rolls_back": deployment.rolls_back_id}
    event = record(_event_of(state), deployment, before={"state": before}, after=after, reason=note, also=also)
    if displaced is not None:
        note_state(displaced, event, actor, f"{str(deployment).capitalize()} runs instead.")
    note_state(deployment, event, actor, note)


def _displaced(deployment: Deployment) -> Deployment | None:
    """What runs at the target until now; nobody else can change it, because the environment is held."""
    running = whole_deployments().active().filter(environment=deployment.environment_id, target=deployment.target)
    return running.exclude(pk=deployment.pk).first()


def _event_of(state: DeploymentState) -> EventType:
    return {
        DeploymentState.DEPLOYING: EventType.DEPLOYMENT_STARTED,
        DeploymentState.ACTIVE: EventType.DEPLOYMENT_ACTIVATED,
        DeploymentState.FAILED: EventType.DEPLOYMENT_FAILED,
        DeploymentState.STOPPED: EventType.DEPLOYMENT_STOPPED,
    }[state]


def _wrong_order(deployment: Deployment, state: str) -> WrongOrder:
    able = [str(each) for each in REPORTED if each in NEXT_STATES.get(deployment.state, ())]
    then = f"it can become {' or '.join(able)}" if able else "it can no longer change"
    return WrongOrder(
        f"{str(deployment).capitalize()} is {deployment.state.replace('_', ' ')} and cannot become {state}: {then}.",
        details={"state": str(deployment.state), "possible": able},
    )
