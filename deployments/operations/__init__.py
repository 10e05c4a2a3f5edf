"""Everything that changes deployments."""

from deployments.operations.alerts import acknowledge_alert, raise_quarantine_alert, resolve_alert
from deployments.operations.environments import archive_environment, create_environment, update_environment
from deployments.operations.keys import make_first_key, rotate_key
from deployments.operations.reports import close_expired, report_state
from deployments.operations.requests import issue_permit, request_deployment, roll_back
from deployments.operations.sightings import record_sightings

__all__ = [
    "acknowledge_alert",
    "archive_environment",
    "close_expired",
    "create_environment",
    "issue_permit",
    "make_first_key",
    "raise_quarantine_alert",
    "record_sightings",
    "report_state",
    "request_deployment",
    "resolve_alert",
    "roll_back",
    "rotate_key",
    "update_environment",
]
