"""Looking into alerts."""

from accounts.principals import Principal, System
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from deployments.exceptions import InvalidDeployment, WrongOrder
from deployments.models import Alert, AlertKind, AlertState, Deployment, DeploymentState
from deployments.operations.held import hold_deployment
from deployments.rules import check_reason, seen_key


@operation
def acknowledge_alert(actor: Principal, alert: Alert, *, note: str = "") -> Alert:
    """Say that one looks into an alert; it stays until it is resolved. Twice changes nothing.

    Raises PermissionDenied or WrongOrder.
    """
    require(Action.DEPLOY, alert)
    note = check_reason(note)
    alert = _held(alert)
    if alert.state == AlertState.ACKNOWLEDGED:
        return alert
    if alert.state == AlertState.RESOLVED:
        raise WrongOrder(f"{str(alert).capitalize()} is resolved already.", details={"state": str(alert.state)})
    alert.acknowledged_at = alert.updated_at = alert.next_moment()
    alert.acknowledged_by, alert.state = actor.user, AlertState.ACKNOWLEDGED
    alert.save(update_fields=["state", "acknowledged_at", "acknowledged_by", "updated_at"])
    record(EventType.DEPLOYMENT_ALERT_ACKNOWLEDGED, alert, after={"state": str(alert.state)}, reason=note)
    return alert


@operation
def resolve_alert(actor: Principal, alert: Alert, *, finding: str) -> Alert:
    """Close an alert, saying what was found; if it is seen again, that is a new alert. Twice changes nothing.

    Raises PermissionDenied, or InvalidDeployment without a finding.
    """
    require(Action.DEPLOY, alert)
    finding = check_reason(finding)
    if not finding:
        raise InvalidDeployment("Say what was found, for those who see the next one.")
    alert = _held(alert)
    if alert.state == AlertState.RESOLVED:
        return alert
    alert.resolved_at = alert.updated_at = alert.next_moment()
    alert.resolved_by, alert.state, alert.finding = actor.user, AlertState.RESOLVED, finding
    alert.save(update_fields=["state", "resolved_at", "resolved_by", "finding", "updated_at"])
    record(EventType.DEPLOYMENT_ALERT_RESOLVED, alert, after={"state": str(alert.state)}, reason=finding)
    return alert


@operation
def raise_quarantine_alert(actor: System, deployment: Deployment) -> Alert | None:
    """Raise the alarm that a quarantined version runs, once for each quarantine; None when there is no need."""
    require(Action.DEPLOY, deployment)
    deployment = hold_deployment(deployment)
    since = deployment.version.quarantined_at
    if deployment.state != DeploymentState.ACTIVE or since is None:
        return None
    told = Alert.objects.filter(deployment=deployment, kind=AlertKind.QUARANTINED)
    if told.unresolved().exists() or told.filter(created_at__gte=since).exists():
        return None
    moment = deployment.next_moment()
    alert = Alert.objects.create(
        project_id=deployment.project_id,
        environment=deployment.environment,
        target=deployment.target,
        kind=AlertKind.QUARANTINED,
        seen=seen_key(deployment.content_digest, deployment.version_id),
        image_digest=deployment.image_digest,
        version=deployment.version,
        deployment=deployment,
        created_at=moment,
        updated_at=moment,
    )
    after = {"kind": AlertKind.QUARANTINED.label.lower(), "target": deployment.target, "expected": deployment.pk}
    record(EventType.DEPLOYMENT_ALERT_OPENED, alert, after=after)
    return alert


def _held(alert: Alert) -> Alert:
    Alert.objects.locked(alert.pk)
    return Alert.objects.select_related("environment__project", "acknowledged_by", "resolved_by").get(pk=alert.pk)
