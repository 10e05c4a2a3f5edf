"""What the registry says to the apps below: what must not vanish under a version, and who may read its files."""

from collections.abc import Iterable

from django.db.models import Q

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactSpace
from registry.models import ModelVersion, RegisteredModel
from registry.querysets import ModelVersionQuerySet
from tracking.models import Experiment, LoggedModel, Run


def versions_made_by(target: Experiment | LoggedModel | Run) -> Iterable[str]:
    """A blocker of deletions in tracking: the versions in use that ``target`` made."""
    return (f"{_use(version)} and came from it" for version in _made_by(target))


def versions_stored_at(space: ArtifactSpace, path: str) -> Iterable[str]:
    """A blocker of deletions in the artifact store: the versions in use whose files lie at ``path``."""
    for version in _in_use().filter(space_uid=space.uid):
        if _lies_in(path, version.prefix) or _lies_in(version.prefix, path):
            yield f"{_use(version)} and loads from there"


def may_download_by_version(actor: Principal, space: ArtifactSpace, path: str) -> bool:
    """A reader of the artifact store: whether the file belongs to a version of a model ``actor`` may download from."""
    places = ModelVersion.objects.active().filter(space_uid=space.uid).values_list("model_id", "prefix").distinct()
    models = {model_id for model_id, prefix in places if _lies_in(path, prefix)}
    return any(actor.may(Action.DOWNLOAD, model) for model in RegisteredModel.objects.active().filter(pk__in=models))


def banned_by_quarantine(actor: Principal, space: ArtifactSpace, path: str) -> str:
    """A ban of the artifact store: the files of a quarantined version are for those who may read its audit log."""
    suspects = ModelVersion.objects.active().filter(space_uid=space.uid, quarantined_at__isnull=False)
    for version in suspects.select_related("model"):
        if (_lies_in(path, version.prefix) or not path) and not actor.may(Action.AUDIT, version):
            return f"{version} is quarantined: nobody may load it until somebody has looked into it and lets it go."
    return ""


def _made_by(target: Experiment | LoggedModel | Run) -> ModelVersionQuerySet:
    if isinstance(target, Run):
        return _in_use().filter(run_uid=target.uid, run=target)
    if isinstance(target, LoggedModel):
        return _in_use().filter(logged_model=target)
    return _in_use().filter(Q(run__experiment=target) | Q(logged_model__experiment=target))


def _in_use() -> ModelVersionQuerySet:
    return ModelVersion.objects.relied_on().select_related("model").order_by("model__name", "number")


def _use(version: ModelVersion) -> str:
    if version.is_live:
        return f"{version} is in {version.stage}"
    return f"{version} has an alias"


def _lies_in(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies below it; the empty folder holds everything."""
    return not folder or path == folder or path.startswith(f"{folder}/")
