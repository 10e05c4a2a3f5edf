"""Holding rows until the transaction ends, always the model's before its versions'."""

from typing import TypeVar

from django.db.models import QuerySet

from registry.exceptions import ModelNotFound, StageChangeNotAllowed, VersionNotFound
from registry.models import Lifecycle, ModelVersion, RegisteredModel
from tracking.models import Lifecycle as Deletable, LoggedModel, Run

M = TypeVar("M", Run, LoggedModel)


def hold_model(model: RegisteredModel) -> RegisteredModel:
    """The model as it is now. Raises ModelNotFound when it went to the trash meanwhile."""
    held = RegisteredModel.objects.locked(model.pk)
    if held.lifecycle != Lifecycle.ACTIVE:
        raise ModelNotFound(f"Registered Model with name={model.name} not found")
    return held


def hold_version(version: ModelVersion) -> ModelVersion:
    """The version as it is now, with its model held too; for what changes both."""
    model = hold_model(version.model)
    held = ModelVersion.objects.locked(version.pk)
    held.model = model
    return _unless_trashed(held)


def hold_version_alone(version: ModelVersion) -> ModelVersion:
    """The version as it is now, with its model readable but not held; for what changes the version only."""
    return _unless_trashed(
        ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    )


def hold_makers(version: ModelVersion) -> None:
    """Hold the run and the logged model a version came from, so that they cannot be deleted while it becomes live.

    Raises StageChangeNotAllowed when one of them is deleted already.
    """
    makers: list[Run | LoggedModel] = []
    if version.run_id is not None:
        makers.append(_held_with_experiment(Run).get(pk=version.run_id))
    if version.logged_model_id is not None:
        makers.append(_held_with_experiment(LoggedModel).get(pk=version.logged_model_id))
    for maker in makers:
        if Deletable.DELETED in (maker.lifecycle_stage, maker.experiment.lifecycle_stage):
            kind = maker.audit_type.replace("_", " ")
            raise StageChangeNotAllowed(f"{version} came from the {kind} {maker.uid}, now deleted: restore it.")


def _held_with_experiment(kind: type[M]) -> QuerySet[M]:
    """Not held against those who only add rows that point to it, such as a script that is logging."""
    rows = kind._default_manager.select_related("experiment")
    return rows.select_for_update(of=("self", "experiment"), no_key=True)


def _unless_trashed(version: ModelVersion) -> ModelVersion:
    if not version.is_active:
        raise VersionNotFound(f"Model Version (name={version.model.name}, version={version.number}) not found")
    return version
