"""The scene of most registry tests: the contributor's model `fraud`, and versions of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Project
from accounts.principals import Principal
from audit.models import Audited, AuditEvent
from registry import operations
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage

SOURCE = "s3://bucket/fraud"


@pytest.fixture
def model(contributor: Principal, project: Project) -> RegisteredModel:
    """The model `fraud`, owned by the contributor."""
    return operations.create_registered_model(contributor, project, "fraud")


@pytest.fixture
def register(contributor: Principal, model: RegisteredModel) -> Callable[..., ModelVersion]:
    """Registers one more version of `fraud`, in a stage if one is named."""

    def make(stage: Stage = Stage.NONE, *, by: Principal = contributor, **given: Any) -> ModelVersion:
        version = operations.create_model_version(by, model, SOURCE, **given)
        return operations.transition_stage(by, version, stage) if stage != Stage.NONE else version

    return make


@pytest.fixture
def version(register: Callable[..., ModelVersion]) -> ModelVersion:
    """Version 1 of `fraud`, in stage None."""
    return register()


@pytest.fixture
def prompt(contributor: Principal, project: Project) -> RegisteredModel:
    """The prompt `greeting`, without versions."""
    return operations.create_registered_model(
        contributor, project, "greeting", tags={"mlflow.prompt.is_prompt": "true"}
    )


@pytest.fixture
def last_event() -> Callable[[Audited], dict[str, Any]]:
    """Reads the body of the last event of an object."""

    def read(obj: Audited) -> dict[str, Any]:
        event = AuditEvent.objects.filter(object_type=obj.audit_type, object_id=obj.audit_id).latest("pk")
        body: dict[str, Any] = json.loads(bytes(event.body))
        return body

    return read


@pytest.fixture
def denied() -> Callable[[], list[tuple[str, str]]]:
    """Lists who was denied which operation."""

    def read() -> list[tuple[str, str]]:
        events = AuditEvent.objects.filter(outcome="denied").order_by("pk")
        return [(event.actor_uid, json.loads(bytes(event.body))["after"]["operation"]) for event in events]

    return read
