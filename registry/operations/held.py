"""Holding rows until the transaction ends, always the model's before its versions'."""

from django.db.models import Q

from lineage import closure, keys
from registry.exceptions import ModelNotFound, StageChangeNotAllowed, VersionNotFound
from registry.lineage.kinds import VERSIONS, numbers_of
from registry.loading import lock_maker, lock_model, lock_version
from registry.models import Lifecycle, ModelVersion, RegisteredModel
from tracking.lineage.kinds import LOGGED_MODELS, RUNS
from tracking.models import Lifecycle as Deletable, LoggedModel, Run

#: So many deleted ancestors are named in a refusal.
_NAMED = 3


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
    """Hold everything a version came from, however far, so that none of it can be deleted while it becomes live.

    Raises StageChangeNotAllowed when something is deleted already.
    """
    closure.hold(to_delete=False)
    makers: list[Run | LoggedModel] = []
    if version.run_id is not None:
        makers.append(lock_maker(Run, version.run_id))
    if version.logged_model_id is not None:
        makers.append(lock_maker(LoggedModel, version.logged_model_id))
    for maker in makers:
        if Deletable.DELETED in (maker.lifecycle_stage, maker.experiment.lifecycle_stage):
            kind = maker.audit_type.replace("_", " ")
            raise StageChangeNotAllowed(f"{version} came from the {kind} {maker.uid}, now deleted: restore it.")
    if gone := _deleted_before(version):
        more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
        raise StageChangeNotAllowed(
            f"{version} was made of what is now deleted: {', '.join(gone[:_NAMED])}{more}. Restore it first.",
            details={"deleted": gone},
        )


def _deleted_before(version: ModelVersion) -> list[str]:
    """What a version was made of, more than one step away too, and is deleted now."""
    start = keys.model_version(version.model_id, version.number)
    found = closure.made_of([start], RUNS, LOGGED_MODELS, VERSIONS)
    runs = {key.removeprefix(RUNS) for key in found if key.startswith(RUNS)}
    models = {key.removeprefix(LOGGED_MODELS) for key in found if key.startswith(LOGGED_MODELS)}
    numbers = numbers_of(key for key in found if key.startswith(VERSIONS))
    deleted = Q(lifecycle_stage=Deletable.DELETED) | Q(experiment__lifecycle_stage=Deletable.DELETED)
    gone = [f"run {uid}" for uid in _uids(Run, runs, deleted)]
    gone += [f"logged model {uid}" for uid in _uids(LoggedModel, models, deleted)]
    if numbers:
        trashed = Q(lifecycle=Lifecycle.TRASHED) | Q(model__lifecycle=Lifecycle.TRASHED)
        rows = ModelVersion.objects.filter(trashed, model_id__in=numbers).select_related("model")
        gone += [f"version {row}" for row in rows if row.number in numbers[row.model_id]]
    return gone


def _uids(kind: type[Run] | type[LoggedModel], uids: set[str], deleted: Q) -> list[str]:
    if not uids:
        return []
    return list(kind.objects.filter(deleted, uid__in=uids).order_by("uid").values_list("uid", flat=True))


def _unless_trashed(version: ModelVersion) -> ModelVersion:
    if not version.is_active:
        raise VersionNotFound(f"Model Version (name={version.model.name}, version={version.number}) not found")
    return version
