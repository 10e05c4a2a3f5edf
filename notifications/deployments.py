"""The fields of messages about deployments and alerts."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from accounts.models import User
from deployments.links import alert_url, deployment_url
from deployments.models import Alert, Deployment, Environment

#: The audit event's body.
Facts = Mapping[str, Any]


def _by(subject: Deployment | Alert, facts: Facts) -> str:
    """Who did it; the server itself is called by its pseudonym in the log."""
    uid = str(facts["actor"]["id"])
    return User.objects.filter(uid=uid).values_list("username", flat=True).first() or uid


def _place(environment: Environment) -> str:
    return f"{environment.project.slug}/{environment.name}"


OF_DEPLOYMENT_FIELDS: Final[Mapping[str, Callable[[Deployment, Facts], Any]]] = {
    "deployment": lambda deployment, facts: deployment.pk,
    "deployment_url": lambda deployment, facts: deployment_url(deployment.pk),
    "name": lambda deployment, facts: deployment.model.name,
    "version": lambda deployment, facts: str(deployment.version.number),
    "environment": lambda deployment, facts: _place(deployment.environment),
    "target": lambda deployment, facts: deployment.target,
    "content_digest": lambda deployment, facts: deployment.content_digest,
    "image_digest": lambda deployment, facts: deployment.image_digest,
    "deployment_state": lambda deployment, facts: str(deployment.state),
    "requester": lambda deployment, facts: deployment.actor.username,
    "previous": lambda deployment, facts: deployment.previous_id,
    "rolls_back": lambda deployment, facts: deployment.rolls_back_id,
    "by": _by,
}
OF_ALERT_FIELDS: Final[Mapping[str, Callable[[Alert, Facts], Any]]] = {
    "alert": lambda alert, facts: alert.pk,
    "alert_url": lambda alert, facts: alert_url(alert.pk),
    "alert_kind": lambda alert, facts: str(alert.kind),
    "environment": lambda alert, facts: _place(alert.environment),
    "target": lambda alert, facts: alert.target,
    "content_digest": lambda alert, facts: alert.content_digest,
    "image_digest": lambda alert, facts: alert.image_digest,
    "expected": lambda alert, facts: alert.deployment_id,
    "by": _by,
}
