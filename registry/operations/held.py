"""Holding rows until the transaction ends, always the model's before its versions'."""

from registry.exceptions import ModelNotFound, StageChangeNotAllowed, VersionNotFound
from registry.loading import lock_maker, lock_model, lock_version
from registry.models import Lifecycle, ModelVersion, RegisteredModel
from tracking.models import Lifecycle as Deletable, LoggedModel, Run


def hold_model(model: RegisteredModel) -> RegisteredModel:
    """The model as it is now. Raises ModelNotFound when it went to the trash meanwhile."""
    held = lock_model(model.pk)
    if held.lifecycle != Lifecycle.ACTIVE:
        raise ModelNotFound(f"Registered Model with name={model.name} not found")
    return held


def hold_version(version: ModelVersion) -> ModelVersion:
    """The version as it is now, with its model held too; for what changes both."""
    model = hold_model(version.model)
    held = lock_version(version.pk)
    held.model = model
    return _unless_trashed(held)


def hold_version_alone(version: ModelVersion) -> ModelVersion:
    """The version as it is now, with its model readable but not held; for what changes the version only."""
    return _unless_trashed(lock_version(version.pk))


def hold_makers(version: ModelVersion) -> None:
    """Hold the run and the logged model a version came from, so that they cannot be deleted while it becomes live.

    Raises StageChangeNotAllowed when one of them is deleted already.
    """
    makers: list[Run | LoggedModel] = []
    if version.run_id is not None:
        makers.append(lock_maker(Run, version.run_id))
    if version.logged_model_id is not None:
        makers.append(lock_maker(LoggedModel, version.logged_model_id))
    for maker in makers:
        if Deletable.DELETED in (maker.lifecycle_stage, maker.experiment.lifecycle_stage):
            kind = maker.audit_type.replace("_", " ")
            raise StageChangeNotAllowed(f"{version} came from the {kind} {maker.uid}, now deleted: restore it.")


def _unless_trashed(version: ModelVersion) -> ModelVersion:
    if not version.is_active:
        raise VersionNotFound(f"Model Version (name={version.model.name}, version={version.number}) not found")
    return version
