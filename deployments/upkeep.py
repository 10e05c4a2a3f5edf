"""What time brings: permits that expired unused, and versions that were quarantined while they run."""

import logging

from django.db.models import Max

from audit.exceptions import Refusal
from deployments.actors import WATCH
from deployments.models import DeploymentState
from deployments.operations import close_expired, raise_quarantine_alert
from deployments.queries import whole_deployments
from registry.models import now

_log = logging.getLogger(__name__)
#: So many of a kind are looked after in one go; the next tick finds the rest.
_MOST = 200


def look_after_deployments() -> None:
    """Find what is due, and do it; each by itself, so that one flaw does not keep the others waiting."""
    waiting = whole_deployments().filter(state=DeploymentState.PERMITTED)
    expired = waiting.annotate(permitted_until=Max("permits__expires_at")).filter(permitted_until__lte=now())
    suspected = whole_deployments().active().filter(version__quarantined_at__isnull=False)
    for operation, due in ((close_expired, expired), (raise_quarantine_alert, suspected)):
        for deployment in due.order_by("pk")[:_MOST]:
            try:
                operation(WATCH, deployment)
            except Refusal as refusal:
                _log.warning("Deployment %s could not be looked after: %s", deployment.pk, refusal)
