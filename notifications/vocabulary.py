"""What webhooks can be told: MLflow's events and our own, and which event of the audit log each of them is.

An event is written ``entity.action``. MLflow has its own words for prompts and none for stages, renames and deletions;
those are ours, and only callers that know them get to see them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from audit.event_types import EventType as E


@dataclass(frozen=True, slots=True)
class Message:
    """One event of the vocabulary, and the fields of its ``data``; how each is found out is in `payloads`."""

    event: str
    fields: tuple[str, ...]


_NAME = ("name",)
_VERSION = ("name", "version")

#: What is said when this happens to a registered model, or to one of its versions.
OF_MODELS: Final[Mapping[str, Message]] = {
    E.REGISTERED_MODEL_CREATED: Message("registered_model.created", ("name", "tags", "description")),
    E.REGISTERED_MODEL_UPDATED: Message("registered_model.updated", ("name", "description")),
    E.REGISTERED_MODEL_RENAMED: Message("registered_model.renamed", ("name", "old_name")),
    E.REGISTERED_MODEL_DELETED: Message("registered_model.deleted", _NAME),
    E.REGISTERED_MODEL_RESTORED: Message("registered_model.restored", _NAME),
    E.REGISTERED_MODEL_TAG_SET: Message("registered_model_tag.set", ("name", "key", "value")),
    E.REGISTERED_MODEL_TAG_DELETED: Message("registered_model_tag.deleted", ("name", "key")),
    E.REGISTERED_MODEL_ALIAS_SET: Message("model_version_alias.created", ("name", "alias", "version")),
    E.REGISTERED_MODEL_ALIAS_DELETED: Message("model_version_alias.deleted", ("name", "alias")),
    E.REGISTERED_MODEL_ALIAS_DETACHED: Message("model_version_alias.deleted", ("name", "alias")),
    E.MODEL_VERSION_CREATED: Message("model_version.created", (*_VERSION, "source", "run_id", "tags", "description")),
    E.MODEL_VERSION_UPDATED: Message("model_version.updated", (*_VERSION, "description")),
    E.MODEL_VERSION_TRANSITIONED: Message(
        "model_version.transitioned", (*_VERSION, "from_stage", "to_stage", "archived_versions")
    ),
    E.MODEL_VERSION_ROLLED_BACK: Message(
        "model_version.rolled_back", (*_VERSION, "from_stage", "to_stage", "archived_versions")
    ),
    E.MODEL_VERSION_QUARANTINED: Message("model_version.quarantined", _VERSION),
    E.MODEL_VERSION_RELEASED: Message("model_version.released", _VERSION),
    E.MODEL_VERSION_DELETED: Message("model_version.deleted", _VERSION),
    E.MODEL_VERSION_RESTORED: Message("model_version.restored", _VERSION),
    E.MODEL_VERSION_TAG_SET: Message("model_version_tag.set", (*_VERSION, "key", "value")),
    E.MODEL_VERSION_TAG_DELETED: Message("model_version_tag.deleted", (*_VERSION, "key")),
}
#: The same for prompts, which have no stages.
OF_PROMPTS: Final[Mapping[str, Message]] = {
    E.REGISTERED_MODEL_CREATED: Message("prompt.created", ("name", "tags", "description")),
    E.REGISTERED_MODEL_UPDATED: Message("prompt.updated", ("name", "description")),
    E.REGISTERED_MODEL_RENAMED: Message("prompt.renamed", ("name", "old_name")),
    E.REGISTERED_MODEL_DELETED: Message("prompt.deleted", _NAME),
    E.REGISTERED_MODEL_RESTORED: Message("prompt.restored", _NAME),
    E.REGISTERED_MODEL_TAG_SET: Message("prompt_tag.set", ("name", "key", "value")),
    E.REGISTERED_MODEL_TAG_DELETED: Message("prompt_tag.deleted", ("name", "key")),
    E.REGISTERED_MODEL_ALIAS_SET: Message("prompt_alias.created", ("name", "alias", "version")),
    E.REGISTERED_MODEL_ALIAS_DELETED: Message("prompt_alias.deleted", ("name", "alias")),
    E.MODEL_VERSION_CREATED: Message("prompt_version.created", (*_VERSION, "template", "tags", "description")),
    E.MODEL_VERSION_UPDATED: Message("prompt_version.updated", (*_VERSION, "description")),
    E.MODEL_VERSION_DELETED: Message("prompt_version.deleted", _VERSION),
    E.MODEL_VERSION_RESTORED: Message("prompt_version.restored", _VERSION),
    E.MODEL_VERSION_TAG_SET: Message("prompt_version_tag.set", (*_VERSION, "key", "value")),
    E.MODEL_VERSION_TAG_DELETED: Message("prompt_version_tag.deleted", (*_VERSION, "key")),
}
_REQUEST = ("request", "url", "name", "version", "to_stage", "kind", "state", "requester")
#: What is said when this happens to a promotion request. ``state`` is how it stands after that.
OF_REQUESTS: Final[Mapping[str, Message]] = {
    E.PROMOTION_REQUEST_OPENED: Message("promotion_request.opened", _REQUEST),
    E.PROMOTION_REQUEST_CHECKED: Message(
        "promotion_request.checked",
        (*_REQUEST, "revision", "subject_digest", "gates", "missing_approvals", "approvers", "expires_at"),
    ),
    E.PROMOTION_REQUEST_REVISED: Message(
        "promotion_request.revised", (*_REQUEST, "revision", "voided_decisions_of", "cause")
    ),
    E.PROMOTION_REQUEST_DECIDED: Message(
        "promotion_request.decided", (*_REQUEST, "revision", "subject_digest", "by", "verdict", "missing_approvals")
    ),
    E.PROMOTION_REQUEST_EXECUTED: Message(
        "promotion_request.executed", (*_REQUEST, "revision", "subject_digest", "by")
    ),
    E.PROMOTION_REQUEST_CANCELLED: Message("promotion_request.cancelled", (*_REQUEST, "by")),
    E.PROMOTION_REQUEST_EXPIRED: Message("promotion_request.expired", _REQUEST),
    E.PROMOTION_REQUEST_INVALIDATED: Message("promotion_request.invalidated", (*_REQUEST, "cause")),
    E.PROMOTION_REQUEST_GLASS_BROKEN: Message(
        "promotion_request.glass_broken", (*_REQUEST, "incident", "ratify_by", "approvers")
    ),
    E.PROMOTION_REQUEST_RATIFICATION_DUE: Message(
        "promotion_request.ratification_due", (*_REQUEST, "incident", "ratify_by", "approvers")
    ),
    E.PROMOTION_REQUEST_RATIFICATION_OVERDUE: Message(
        "promotion_request.ratification_overdue", (*_REQUEST, "incident", "ratify_by", "approvers")
    ),
    E.PROMOTION_REQUEST_RATIFIED: Message("promotion_request.ratified", (*_REQUEST, "incident", "by")),
}
_DEPLOYMENT = (
    *("deployment", "deployment_url", "name", "version", "environment", "target", "content_digest", "image_digest"),
    *("deployment_state", "requester"),
)
#: What is said when this happens to a deployment.
OF_DEPLOYMENTS: Final[Mapping[str, Message]] = {
    E.DEPLOYMENT_REQUESTED: Message("deployment.requested", _DEPLOYMENT),
    E.DEPLOYMENT_ROLL_BACK_REQUESTED: Message("deployment.roll_back_requested", (*_DEPLOYMENT, "rolls_back")),
    E.DEPLOYMENT_STARTED: Message("deployment.started", (*_DEPLOYMENT, "by")),
    E.DEPLOYMENT_ACTIVATED: Message("deployment.activated", (*_DEPLOYMENT, "by", "previous", "rolls_back")),
    E.DEPLOYMENT_FAILED: Message("deployment.failed", (*_DEPLOYMENT, "by")),
    E.DEPLOYMENT_STOPPED: Message("deployment.stopped", (*_DEPLOYMENT, "by")),
    E.DEPLOYMENT_EXPIRED: Message("deployment.expired", _DEPLOYMENT),
}
_ALERT = ("alert", "alert_url", "alert_kind", "environment", "target", "content_digest", "image_digest")
#: What is said when this happens to an alert; never which version it is, for not everybody may know that.
OF_ALERTS: Final[Mapping[str, Message]] = {
    E.DEPLOYMENT_ALERT_OPENED: Message("deployment_alert.opened", (*_ALERT, "expected")),
    E.DEPLOYMENT_ALERT_ACKNOWLEDGED: Message("deployment_alert.acknowledged", (*_ALERT, "by")),
    E.DEPLOYMENT_ALERT_RESOLVED: Message("deployment_alert.resolved", (*_ALERT, "by")),
}
#: MLflow's gateway announces these; there is none here, so that a webhook may ask for it and hears nothing.
_BUDGET = Message(
    "budget_policy.exceeded",
    (
        "budget_policy_id",
        "budget_unit",
        "budget_amount",
        "current_spend",
        "duration_unit",
        "duration_value",
        "target_scope",
        "workspace",
        "target_value",
        "window_start",
    ),
)

#: Every event by its name.
EVENTS: Final[Mapping[str, Message]] = {
    message.event: message
    for vocabulary in (OF_MODELS, OF_PROMPTS, OF_REQUESTS, OF_DEPLOYMENTS, OF_ALERTS, {"": _BUDGET})
    for message in vocabulary.values()
}
#: The events that MLflow's client knows; it cannot read a webhook that names another.
MLFLOW_EVENTS: Final = frozenset(
    {
        "registered_model.created",
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
        "prompt.created",
        "prompt_version.created",
        "prompt_tag.set",
        "prompt_tag.deleted",
        "prompt_version_tag.set",
        "prompt_version_tag.deleted",
        "prompt_alias.created",
        "prompt_alias.deleted",
        "budget_policy.exceeded",
    }
)
