"""Tracking's objects as hot reads return them: plain rows, ready to be written as JSON.

Metrics, params and tags are dictionaries with the names of MLflow's protocol. A metric that is NaN has the value
``"NaN"``, because JSON knows no such number.
"""

from dataclasses import dataclass, field
from typing import Any

from accounts.scopes import AccessPath
from tracking.models import Lifecycle, Run

Item = dict[str, Any]


@dataclass(slots=True)
class RunHead:
    """A run without what was logged to it; may be the object of ``require``."""

    pk: int
    uid: str
    name: str
    status: str
    start_time: int
    end_time: int | None
    own_lifecycle: str
    artifact_uri: str
    owner_id: int | None
    owner_name: str
    experiment_id: int
    project_id: int
    experiment_lifecycle: str

    audit_type = "run"

    def __str__(self) -> str:
        return self.name

    @property
    def lifecycle_stage(self) -> str:
        """Deleted when the run was deleted or its experiment is."""
        return Lifecycle.ACTIVE.value if self.is_active else Lifecycle.DELETED.value

    @property
    def is_active(self) -> bool:
        """Whether neither the run nor its experiment is deleted, so that it can be logged to."""
        return self.own_lifecycle == self.experiment_lifecycle == Lifecycle.ACTIVE

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.project_id, experiment_id=self.experiment_id, owner_id=self.owner_id)


@dataclass(slots=True)
class RunRow:
    """A run with what was logged to it."""

    head: RunHead
    metrics: list[Item] = field(default_factory=list)
    params: list[Item] = field(default_factory=list)
    tags: list[Item] = field(default_factory=list)
    #: Each with ``dataset`` (name, digest, source_type, source, schema?, profile?) and ``tags``.
    dataset_inputs: list[Item] = field(default_factory=list)
    #: Each with ``model_id``.
    model_inputs: list[Item] = field(default_factory=list)
    #: Each with ``model_id`` and ``step``.
    model_outputs: list[Item] = field(default_factory=list)


def head_of(run: Run) -> RunHead:
    """The head of a run whose experiment and owner were read with it."""
    return RunHead(
        pk=run.pk,
        uid=run.uid,
        name=run.name,
        status=run.status,
        start_time=run.start_time,
        end_time=run.end_time,
        own_lifecycle=run.lifecycle_stage,
        artifact_uri=run.artifact_uri,
        owner_id=run.owner_id,
        owner_name=run.owner.username if run.owner else "",
        experiment_id=run.experiment_id,
        project_id=run.experiment.project_id,
        experiment_lifecycle=run.experiment.lifecycle_stage,
    )


@dataclass(slots=True)
class ExperimentRow:
    """An experiment with its tags."""

    pk: int
    name: str
    artifact_location: str
    lifecycle_stage: str
    creation_time: int
    last_update_time: int
    tags: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class LoggedModelRow:
    """A logged model with its params, tags and metrics; ``source_run_id`` is empty when no run made it."""

    pk: int
    uid: str
    experiment_id: int
    name: str
    artifact_uri: str
    status: str
    status_message: str
    model_type: str
    source_run_id: str
    creation_time: int
    last_update_time: int
    params: list[Item] = field(default_factory=list)
    tags: list[Item] = field(default_factory=list)
    #: Each with key, value, timestamp, step, run_id, model_id and, if measured on one, dataset_name and dataset_digest.
    metrics: list[Item] = field(default_factory=list)
