"""What a message says: the fields of its ``data``, as they were when the event happened."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from approvals.models import PromotionRequest
from audit.models import AuditEvent
from deployments.models import Alert, Deployment
from notifications.deployments import OF_ALERT_FIELDS, OF_DEPLOYMENT_FIELDS
from notifications.requests import FINDERS as OF_REQUEST_FIELDS
from notifications.vocabulary import EVENTS, OF_ALERTS, OF_DEPLOYMENTS, OF_MODELS, OF_PROMPTS, OF_REQUESTS, Message
from registry.models import ModelVersion, RegisteredModel
from registry.rules import PROMPT_TAG, PROMPT_TEXT_TAG

#: Tags by which MLflow's client knows a prompt; they are no news to the receiver.
_INTERNAL_TAGS = frozenset({PROMPT_TAG, PROMPT_TEXT_TAG, "_mlflow_prompt_type"})

Subject = RegisteredModel | ModelVersion | PromotionRequest | Deployment | Alert
_Registered = RegisteredModel | ModelVersion
#: The audit event's body.
Facts = Mapping[str, Any]


def message_about(action: str, subject: Subject) -> Message | None:
    """What webhooks are told when ``action`` is recorded of the subject; None when they are told nothing."""
    if isinstance(subject, PromotionRequest):
        return OF_REQUESTS.get(action)
    if isinstance(subject, Deployment):
        return OF_DEPLOYMENTS.get(action)
    if isinstance(subject, Alert):
        return OF_ALERTS.get(action)
    return (OF_PROMPTS if subject.is_prompt else OF_MODELS).get(action)


def data_of(message: Message, event: AuditEvent, subject: Subject) -> dict[str, Any]:
    """The ``data`` of a message."""
    facts: Facts = orjson.loads(event.body)
    finders = _finders(subject)
    return {field: finders[field](subject, facts) for field in message.fields}


def _finders(subject: Subject) -> Mapping[str, Callable[[Any, Facts], Any]]:
    if isinstance(subject, PromotionRequest):
        return OF_REQUEST_FIELDS
    if isinstance(subject, Deployment):
        return OF_DEPLOYMENT_FIELDS
    return OF_ALERT_FIELDS if isinstance(subject, Alert) else _FINDERS


def example_data(event: str) -> dict[str, Any]:
    """What ``data`` looks like, for a test of a webhook."""
    return {field: _EXAMPLES[field] for field in EVENTS[event].fields}


def body_of(event: str, moment: datetime, project: str, data: Mapping[str, Any]) -> str:
    """The body of a message: MLflow's envelope, with its word for a project."""
    entity, _, action = event.partition(".")
    envelope = {"entity": entity, "action": action, "timestamp": moment.isoformat(), "workspace": project}
    # In ASCII, so that every byte that is signed survives every database.
    return json.dumps({**envelope, "data": data})


def _name(subject: _Registered, facts: Facts) -> str:
    return subject.name if isinstance(subject, RegisteredModel) else subject.model.name


def _version(subject: _Registered, facts: Facts) -> str:
    return str(facts["after"]["version"] if isinstance(subject, RegisteredModel) else subject.number)


def _tags(subject: _Registered, facts: Facts) -> dict[str, str]:
    tags = dict(subject.tags.order_by("key").values_list("key", "value"))
    return {key: value for key, value in tags.items() if not (subject.is_prompt and key in _INTERNAL_TAGS)}


def _template(subject: _Registered, facts: Facts) -> str | None:
    return subject.tags.filter(key=PROMPT_TEXT_TAG).values_list("value", flat=True).first()


def _key(subject: _Registered, facts: Facts) -> str:
    return str((facts["after"] or facts["before"])["key"])


def _value(subject: _Registered, facts: Facts) -> str | None:
    return subject.tags.filter(key=_key(subject, facts)).values_list("value", flat=True).first()


def _alias(subject: _Registered, facts: Facts) -> str:
    return str((facts["after"] or facts["before"])["alias"])


def _archived_versions(subject: _Registered, facts: Facts) -> list[str]:
    """The versions that made room."""
    ids = [int(other["id"]) for other in facts.get("also", ()) if other["type"] == ModelVersion.audit_type]
    numbers = ModelVersion.objects.filter(pk__in=ids).order_by("number").values_list("number", flat=True)
    return [str(number) for number in numbers] if ids else []


_FINDERS: Final[Mapping[str, Callable[[Any, Facts], Any]]] = {
    "name": _name,
    "old_name": lambda subject, facts: facts["before"]["name"],
    "version": _version,
    "tags": _tags,
    "description": lambda subject, facts: subject.description,
    "template": _template,
    "source": lambda subject, facts: subject.source,
    "run_id": lambda subject, facts: subject.run_uid or None,
    "key": _key,
    "value": _value,
    "alias": _alias,
    "from_stage": lambda subject, facts: facts["before"]["stage"],
    "to_stage": lambda subject, facts: facts["after"]["stage"],
    "archived_versions": _archived_versions,
}
_EXAMPLES: Final[Mapping[str, Any]] = {
    "name": "example_model",
    "old_name": "example_model_before",
    "version": "1",
    "tags": {"example_key": "example_value"},
    "description": "An example",
    "template": "Hello {{name}}!",
    "source": "models:/123",
    "run_id": "abcd1234abcd5678",
    "key": "example_key",
    "value": "example_value",
    "alias": "example_alias",
    "from_stage": "Staging",
    "archived_versions": ["2"],
    "request": 41,
    "url": "https://models.example.org/requests/41",
    "to_stage": "Production",
    "kind": "normal",
    "state": "awaiting_approval",
    "requester": "ada",
    "by": "grace",
    "revision": 2,
    "subject_digest": "0" * 64,
    "gates": {"pass": 4},
    "missing_approvals": 1,
    "approvers": ["grace"],
    "expires_at": "2026-01-16T03:00:00+00:00",
    "voided_decisions_of": ["grace"],
    "cause": "the model card changed",
    "verdict": "approve",
    "incident": "INC-7",
    "ratify_by": "2026-01-05T03:00:00+00:00",
    "deployment": 12,
    "deployment_url": "https://models.example.org/deployments/12",
    "deployment_state": "active",
    "environment": "default/production",
    "target": "eu-1/example",
    "content_digest": "0" * 64,
    "image_digest": f"sha256:{'0' * 64}",
    "rolls_back": 11,
    "previous": 11,
    "alert": 3,
    "alert_url": "https://models.example.org/deployments/alerts",
    "alert_kind": "unknown",
    "expected": 12,
    "budget_policy_id": "bp-abc123",
    "budget_unit": "USD",
    "budget_amount": 100.0,
    "current_spend": 105.5,
    "duration_unit": "MONTHS",
    "duration_value": 1,
    "target_scope": "ENDPOINT",
    "workspace": "default",
    "target_value": "ep-abc123",
    "window_start": 1704067200000,
}
