"""Asking that a version may run somewhere: checked, permitted at once, or refused with the reason."""

import hashlib
import uuid

from django.utils import timezone

from accounts.principals import Principal
from accounts.roles import Action
from approvals.queries import newest_passage
from audit.event_types import EventType
from audit.operation import operation, record, require
from deployments.exceptions import CannotSign, InvalidDeployment, NotDeployable, NotRollable
from deployments.models import Deployment, DeploymentInterval, DeploymentState, Environment, Permit, SigningKey
from deployments.operations.held import hold_deployment, hold_environment
from deployments.operations.states import enter, note_state
from deployments.permits import write_envelope
from deployments.queries import newest_permit, whole_deployments, wish_of
from deployments.rules import (
    IDENTITY_LENGTH,
    check_digest,
    check_reason,
    check_target,
    default_target,
    flaw_of,
)
from registry.exceptions import StageChangeNotAllowed
from registry.models import ModelVersion, now
from registry.operations.held import hold_makers, hold_version
from registry.queries.way_back import flaw_of_content
from registry.rules import check_text


@operation
def request_deployment(
    actor: Principal,
    version: ModelVersion,
    environment: Environment,
    *,
    target: str = "",
    image_digest: str = "",
    config_digest: str = "",
    identity_issuer: str = "",
    identity_subject: str = "",
    reason: str = "",
) -> Deployment:
    """Ask that a version may run at a target of an environment, by default the one named like its model.

    When nothing stands against it, it is permitted at once. Asking again for what is on its way or runs already, with
    the same image and configuration, finds that deployment. The identity is what the caller says of its job; nobody
    here verifies it. Raises PermissionDenied, InvalidDeployment, NotDeployable or EnvironmentNotFound.
    """
    _require_right(version, environment)
    image_digest, config_digest = (
        check_digest("An image digest", image_digest),
        check_digest("A config digest", config_digest),
    )
    check_text("The issuer", identity_issuer, IDENTITY_LENGTH)
    check_text("The subject", identity_subject, IDENTITY_LENGTH)
    version = hold_version(version)
    _require_right(version, environment)
    _hold_makers(version)
    environment = hold_environment(environment)
    target = check_target(target or _target_of(version, environment))
    _check_may_displace(version, environment, target)
    _check_may_run(version, environment, image_digest)
    wanted = Deployment(
        project_id=environment.project_id,
        environment=environment,
        model=version.model,
        version=version,
        target=target,
        content_digest=version.content_digest,
        image_digest=image_digest,
        config_digest=config_digest,
        actor=actor.user,
        identity_issuer=identity_issuer,
        identity_subject=identity_subject,
        reason=check_reason(reason),
    )
    return _twin_of(actor, wanted) or _begin(actor, wanted, EventType.DEPLOYMENT_REQUESTED)


@operation
def roll_back(actor: Principal, deployment: Deployment, *, to: ModelVersion | None = None, reason: str) -> Deployment:
    """Let a target go back to a version that was active there: a new deployment with a permit of its own.

    Without ``to`` it is the version that ran there before. Its files must be there and what they were, and it must not
    be quarantined; stage and change window are not asked again. What runs now becomes rolled back when the new
    deployment is reported active. Raises PermissionDenied, InvalidDeployment, NotRollable or NotDeployable.
    """
    require(Action.ROLL_BACK, deployment)
    if not check_reason(reason):
        raise NotRollable("Say why: a roll-back is looked at afterwards.", details={"reason": "no_reason"})
    before = _ran_before(deployment, to)
    version = hold_version(before.version)
    _require_right_to_return(version, deployment)
    _hold_makers(version)
    deployment = hold_deployment(deployment)
    if deployment.state != DeploymentState.ACTIVE:
        raise NotRollable(
            f"{str(deployment).capitalize()} does not run now: roll back what does.", details={"reason": "not_active"}
        )
    if flaw := flaw_of_content(version):
        raise NotRollable(flaw, details={"reason": "content"})
    _check_may_run(version, deployment.environment, before.image_digest, is_roll_back=True)
    wanted = Deployment(
        project_id=deployment.project_id,
        environment=deployment.environment,
        model=version.model,
        version=version,
        target=deployment.target,
        content_digest=before.content_digest,
        image_digest=before.image_digest,
        config_digest=before.config_digest,
        actor=actor.user,
        reason=check_reason(reason),
        request=before.request,
        rolls_back=deployment,
    )
    return _twin_of(actor, wanted) or _begin(actor, wanted, EventType.DEPLOYMENT_ROLL_BACK_REQUESTED)


@operation
def issue_permit(actor: Principal, deployment: Deployment) -> Permit:
    """Issue a new permit for a deployment that is on its way or runs, when nothing stands against it now.

    Whatever starts again later, as a container on another machine, asks for one anew. Raises PermissionDenied,
    NotDeployable or CannotSign.
    """
    require(Action.DEPLOY, deployment)
    version = hold_version(deployment.version)
    deployment = hold_deployment(deployment)
    deployment.version = version
    if deployment.state not in (DeploymentState.PERMITTED, DeploymentState.DEPLOYING, DeploymentState.ACTIVE):
        raise NotDeployable(
            f"{str(deployment).capitalize()} is {deployment.get_state_display().lower()}: ask for a new one.",
            details={"reason": "over"},
        )
    again = deployment.state == DeploymentState.ACTIVE or deployment.rolls_back_id is not None
    _check_may_run(version, deployment.environment, deployment.image_digest, is_roll_back=again)
    return _issue(actor, deployment)


def _require_right(version: ModelVersion, environment: Environment) -> None:
    """In the project of the model one deploys its versions; elsewhere one has to be allowed to read their files."""
    if version.project_id == environment.project_id:
        require(Action.DEPLOY, version)
    else:
        require(Action.DEPLOY, environment)
        require(Action.DOWNLOAD, version)


def _require_right_to_return(version: ModelVersion, deployment: Deployment) -> None:
    """Going back to another model takes the right to roll that one back; if of another project, to read its files."""
    if version.model_id == deployment.model_id:
        require(Action.VIEW, version)
    elif version.project_id == deployment.project_id:
        require(Action.ROLL_BACK, version)
    else:
        require(Action.DOWNLOAD, version)


def _check_may_displace(version: ModelVersion, environment: Environment, target: str) -> None:
    """Whoever deploys one model does not thereby stop another that runs at the same target."""
    running = whole_deployments().active().filter(environment=environment, target=target).first()
    if running is not None and running.model_id != version.model_id:
        require(Action.DEPLOY, running)


def _hold_makers(version: ModelVersion) -> None:
    """Hold what the version was made of, as for a stage; before the environment. Raises NotDeployable."""
    try:
        hold_makers(version)
    except StageChangeNotAllowed as refusal:
        raise NotDeployable(str(refusal), details={"reason": "deleted", **refusal.details}) from refusal


def _target_of(version: ModelVersion, environment: Environment) -> str:
    """The target of a deployment that names none. Raises InvalidDeployment."""
    if version.project_id != environment.project_id or not version.model.inherit_access:
        raise InvalidDeployment("Name the target: those who see this environment need not know the model's name.")
    return default_target(version.model.name)


def _check_may_run(
    version: ModelVersion, environment: Environment, image_digest: str, *, is_roll_back: bool = False
) -> None:
    """Raises NotDeployable."""
    wish = wish_of(version, environment, image_digest=image_digest, is_roll_back=is_roll_back)
    if flaw := flaw_of(wish, timezone.now()):
        word, sentence = flaw
        details = {"reason": word, "version": version.number, "environment": wish.environment}
        raise NotDeployable(sentence, details=details)


def _twin_of(actor: Principal, wanted: Deployment) -> Deployment | None:
    """The open deployment that is just what is wanted, with a permit that holds."""
    same = {
        name: getattr(wanted, name)
        for name in ("environment", "target", "version", "image_digest", "config_digest", "rolls_back")
    }
    found = whole_deployments().open().filter(**same).order_by("-pk").first()
    if found is None:
        return None
    if newest_permit(found).expires_at <= now():
        _issue(actor, hold_deployment(found))
    return found


def _begin(actor: Principal, deployment: Deployment, event_type: EventType) -> Deployment:
    version = deployment.version
    if deployment.request is None and (passage := newest_passage(version)):
        deployment.request = passage.request
    deployment.created_at = deployment.updated_at = now()
    deployment.save()
    after = {
        "version": version.audit_id,
        "environment": deployment.environment.audit_id,
        "target": deployment.target,
        "content": deployment.content_digest,
        "image": deployment.image_digest,
        "config": deployment.config_digest,
        "claimed_issuer": deployment.identity_issuer,
        "claimed_subject": deployment.identity_subject,
        "rolls_back": deployment.rolls_back_id,
    }
    event = record(event_type, deployment, after=after, reason=deployment.reason)
    note_state(deployment, event, actor.user, deployment.reason)
    _issue(actor, deployment)
    return whole_deployments().get(pk=deployment.pk)


def _issue(actor: Principal, deployment: Deployment) -> Permit:
    """Sign a permit; the first one lets the deployment begin."""
    key = SigningKey.objects.filter(retired_at=None).first()
    if key is None:
        raise CannotSign("There is no key to sign permits with: let an administrator run `manage.py migrate`.")
    moment = deployment.next_moment()
    uid, expires_at = uuid.uuid4(), moment + deployment.environment.permit_minutes * 60_000
    envelope = write_envelope(deployment, uid, moment, expires_at, key)
    permit = Permit.objects.create(
        uid=uid,
        deployment=deployment,
        key=key,
        envelope=envelope,
        digest=hashlib.sha256(envelope.encode()).hexdigest(),
        issued_at=moment,
        expires_at=expires_at,
        actor=actor.user,
    )
    is_first = deployment.state == DeploymentState.REQUESTED
    if is_first:
        enter(deployment, DeploymentState.PERMITTED, moment)
    after = {"permit": str(uid), "key": key.kid, "envelope": permit.digest, "expires_at": expires_at}
    event = record(EventType.DEPLOYMENT_PERMITTED, deployment, after=after)
    if is_first:
        note_state(deployment, event, actor.user)
    return permit


def _ran_before(deployment: Deployment, to: ModelVersion | None) -> Deployment:
    """The last deployment of the wanted version that was active at the target. Raises NotRollable."""
    ran = DeploymentInterval.objects.ran().filter(
        environment=deployment.environment_id, target=deployment.target, until__isnull=False
    )
    if to is not None:
        ran = ran.filter(deployment__version=to)
    else:
        ran = ran.exclude(deployment__version=deployment.version_id).filter(deployment__lt=deployment.pk)
    last = ran.order_by("-since", "-pk").first()
    if last is None:
        what = f"{to.model.name} v{to.number}" if to is not None else "Another version"
        raise NotRollable(
            f"{what} was never active at {deployment.target}: deploy it instead.", details={"reason": "never_active"}
        )
    return whole_deployments().get(pk=last.deployment_id)
