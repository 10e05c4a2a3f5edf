"""Holding rows until the transaction ends, always the model's before its versions'."""

from registry.exceptions import ModelNotFound, VersionNotFound
from registry.models import Lifecycle, ModelVersion, RegisteredModel


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


def _unless_trashed(version: ModelVersion) -> ModelVersion:
    if not version.is_active:
        raise VersionNotFound(f"Model Version (name={version.model.name}, version={version.number}) not found")
    return version
