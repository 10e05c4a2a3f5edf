"""What the registry says to the apps below: what must not vanish under a version, and who may read its files."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactSpace
from artifacts.uris import OwnerKind
from audit.operation import acting
from lineage import closure, keys
from registry.lineage.kinds import VERSIONS, numbers_of
from registry.models import ModelVersion, RegisteredModel
from registry.querysets import ModelVersionQuerySet
from registry.reliance import relied_on
from tracking.models import Experiment, LoggedModel, Run


def versions_made_by(target: Experiment | LoggedModel | Run) -> Iterable[str]:
    """A blocker of deletions in tracking: the versions somebody relies on that came from ``target``, however far."""
    closure.hold(to_delete=True)
    direct = set(_made_by(target).values_list("pk", flat=True))
    yield from _reasons(direct, "came from it")
    yield from _reasons(_made_from(_keys_of(target)) - direct, "was made of what came from it")


def versions_stored_at(space: ArtifactSpace, path: str) -> Iterable[str]:
    """A blocker of deletions in the artifact store: the versions in use that load from ``path``, or need its owner."""
    stored = {
        pk
        for pk, prefix in ModelVersion.objects.active().filter(space_uid=space.uid).values_list("pk", "prefix")
        if _lies_in(path, prefix) or _lies_in(prefix, path)
    }
    yield from _reasons(stored, "loads from there")
    yield from _reasons(_made_from(_left_at(space, path)) - stored, "was made of what lies there")


def hold_to_delete() -> None:
    """Called before artifacts are deleted: nothing comes to rely on them meanwhile."""
    closure.hold(to_delete=True)


def versions_made_from(versions: ModelVersionQuerySet) -> Iterable[str]:
    """A blocker of deletions in the registry: the versions somebody relies on that were made of these, but for them."""
    closure.hold(to_delete=True)
    rows = versions.values_list("pk", "model_id", "number")
    own = {pk: keys.model_version(model_id, number) for pk, model_id, number in rows}
    return _reasons(_made_from(own.values()) - own.keys(), "was made from it")


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
    """The versions registered from it: what the registry itself knows, whatever the graph does."""
    versions = ModelVersion.objects.active()
    if isinstance(target, Run):
        return versions.filter(run_uid=target.uid, run=target)
    if isinstance(target, LoggedModel):
        return versions.filter(logged_model=target)
    return versions.filter(Q(run__experiment=target) | Q(logged_model__experiment=target))


def _keys_of(target: Experiment | LoggedModel | Run) -> list[str]:
    if isinstance(target, Run):
        return [keys.run(target.uid)]
    if isinstance(target, LoggedModel):
        return [keys.logged_model(target.uid)]
    runs = Run.objects.filter(experiment=target).values_list("uid", flat=True)
    models = LoggedModel.objects.filter(experiment=target).values_list("uid", flat=True)
    return [*map(keys.run, runs), *map(keys.logged_model, models)]


def _left_at(space: ArtifactSpace, path: str) -> list[str]:
    """The keys of what lies at ``path`` and went into something else: a logged model, or data that a run left."""
    if space.kind == OwnerKind.LOGGED_MODEL:
        return [keys.logged_model(space.uid)]
    root = keys.dataset_version("mlflow-artifacts", space.uid, "", "").partition("@")[0]
    left = closure.made_from([keys.run(space.uid)], root)
    # The whole folder has no slash behind the run.
    places = {
        key: key.removeprefix(root).rpartition("@")[0].removeprefix("/")
        for key in left
        if key.startswith((f"{root}/", f"{root}@"))
    }
    return [key for key, place in places.items() if _lies_in(path, place) or _lies_in(place, path)]


def _made_from(starts: Iterable[str]) -> set[int]:
    """The versions, by key, that were made of these things."""
    numbers = numbers_of(closure.made_from(starts, VERSIONS))
    if not numbers:
        return set()
    rows = ModelVersion.objects.active().filter(model_id__in=numbers).values_list("pk", "model_id", "number")
    return {pk for pk, model_id, number in rows if number in numbers[model_id]}


def _reasons(versions: Collection[int], how: str) -> Iterable[str]:
    """A sentence for each of the versions that somebody relies on; what the actor may not see is not named."""
    reasons = relied_on(versions)
    rows = ModelVersion.objects.filter(pk__in=reasons, model__lifecycle="active").select_related("model")
    hidden = False
    for version in rows.order_by("model__name", "number"):
        if isinstance(actor := acting(), Principal) and not actor.may(Action.VIEW, version):
            hidden = True
        else:
            yield f"{version} {reasons[version.pk]} and {how}"
    if hidden:
        yield f"something that you may not see {how}"


def _lies_in(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies below it; the empty folder holds everything."""
    return not folder or path == folder or path.startswith(f"{folder}/")
