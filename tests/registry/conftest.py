"""The scene of most registry tests: the contributor's model `fraud`, and versions of it."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Project
from accounts.principals import Principal
from artifacts.operations import space_of, store_file
from artifacts.streaming import Incoming
from artifacts.uris import OwnerKind
from audit.models import Audited, AuditEvent
from registry import operations
from registry.models import ModelVersion, RegisteredModel
from registry.rules import Stage
from tracking import operations as tracking
from tracking.models import Experiment, LoggedModel, Run
from tracking.queries import find_space_owner

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


@pytest.fixture
def artifact_root(settings: Any, tmp_path: Path) -> Path:
    """The folder that keeps the artifacts of this test."""
    settings.ARTIFACT_ROOT = str(tmp_path / "artifacts")
    return tmp_path / "artifacts"


@pytest.fixture
def experiment(contributor: Principal, project: Project) -> Experiment:
    """The contributor's experiment."""
    return tracking.create_experiment(contributor, project, name="training")


@pytest.fixture
def run(contributor: Principal, project: Project, experiment: Experiment) -> Run:
    """A run of the contributor, without artifacts."""
    row = tracking.create_run(contributor, project, experiment_id=str(experiment.pk))
    return Run.objects.select_related("experiment").get(uid=row.head.uid)


@pytest.fixture
def logged_model(contributor: Principal, project: Project, experiment: Experiment, run: Run) -> LoggedModel:
    """A model that the run logged, without files."""
    return tracking.create_logged_model(
        contributor, project, experiment_id=str(experiment.pk), name="model", source_run_id=run.uid
    )


@pytest.fixture
def upload(contributor: Principal, project: Project, artifact_root: Path) -> Callable[..., None]:
    """Stores a text at a path among the artifacts of a run or logged model."""

    def put(owner: Run | LoggedModel, path: str, text: str, *, by: Principal = contributor) -> None:
        kind = OwnerKind.RUN if isinstance(owner, Run) else OwnerKind.LOGGED_MODEL
        space = space_of(by, find_space_owner(project, kind, owner.uid))
        store_file(by, space, path, Incoming(BytesIO(text.encode()).read, length=len(text.encode())))

    return put
