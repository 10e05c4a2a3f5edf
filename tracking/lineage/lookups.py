"""What facts refer to and has to be looked up: runs, logged models, files and registered versions, many at once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactFile, ArtifactSpace
from artifacts.uris import LoggedModelUri, OwnerKind, VersionUri, parse_uri
from audit.exceptions import InvalidInput
from lineage.facts import Thing
from tracking.lineage.datasets import DatasetRead, Maker
from tracking.lineage.facts import model_thing, run_thing
from tracking.models import LoggedModel, Run

#: Finds versions of registered models: the app above knows them. One or two queries for all of them.
VersionFinder = Callable[[int, Collection[VersionUri]], Mapping[VersionUri, "Reference"]]

_finders: list[VersionFinder] = []
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing somebody named, and the row by which rights on it are known."""

    thing: Thing
    row: Any


@dataclass
class Found:
    """What was looked up, whoever may see it; ``for_`` says what may be referred to."""

    runs: dict[str, Run] = field(default_factory=dict)
    models: dict[str, LoggedModel] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    versions: dict[VersionUri, Reference] = field(default_factory=dict)


class Seen:
    """What one actor may refer to: who names what they may not see adds nothing, and is not told so."""

    def __init__(self, actor: Principal | None, found: Found) -> None:
        self.actor = actor
        self.found = found

    def run(self, uid: str) -> Thing | None:
        """The run with this id."""
        run = self.found.runs.get(uid)
        return run_thing(run) if run and self._may_see(run) else None

    def model(self, uid: str) -> Thing | None:
        """The logged model with this id."""
        model = self.found.models.get(uid)
        return model_thing(model) if model and self._may_see(model) else None

    def maker(self, maker: Maker) -> Thing | None:
        """The run or logged model among whose artifacts something lies, if it really does."""
        owner = (self.found.runs if maker.kind == OwnerKind.RUN else self.found.models).get(maker.uid)
        if owner is None or (maker.root and not owner.artifact_uri.endswith(f":/{maker.root}")):
            return None
        return self.run(maker.uid) if maker.kind == OwnerKind.RUN else self.model(maker.uid)

    def file_sha256(self, maker: Maker | None) -> str:
        """The digest of the one file that a path names, or nothing."""
        if maker is None or self.maker(maker) is None:
            return ""
        return self.found.files.get((maker.uid, maker.path), "")

    def named(self, text: str) -> Thing | None:
        """What a ``models:/`` address names."""
        match uri := model_uri(text):
            case LoggedModelUri(model_id=uid):
                return self.model(uid)
            case VersionUri():
                reference = self.found.versions.get(uri)
                return reference.thing if reference and self._may_see(reference.row) else None
        return None

    def _may_see(self, row: Any) -> bool:
        return self.actor is not None and self.actor.may(Action.VIEW, row)


def register_versions(finder: VersionFinder) -> None:
    """Let an app above find registered versions. For ``AppConfig.ready()``."""
    if finder not in _finders:
        _finders.append(finder)


def look_up(
    project: Project | int,
    *,
    runs: Iterable[str] = (),
    models: Iterable[str] = (),
    datasets: Iterable[DatasetRead] = (),
    names: Iterable[str] = (),
) -> Found:
    """Find what these refer to: at most one query for each kind, none for kinds that nothing refers to."""
    makers = [read.source.maker for read in datasets if read.source.maker]
    uris = [uri for uri in map(model_uri, names) if uri]
    run_uids = {*runs, *(maker.uid for maker in makers if maker.kind == OwnerKind.RUN)}
    model_uids = {*models, *(maker.uid for maker in makers if maker.kind == OwnerKind.LOGGED_MODEL)}
    model_uids |= {uri.model_id for uri in uris if isinstance(uri, LoggedModelUri)}
    found = Found()
    if run_uids:
        found.runs = {run.uid: run for run in Run.objects.select_related("experiment").filter(uid__in=run_uids)}
    if model_uids:
        rows = LoggedModel.objects.select_related("experiment", "source_run__experiment").filter(uid__in=model_uids)
        found.models = {model.uid: model for model in rows}
    if paths := {(maker.uid, maker.path) for maker in makers if maker.path}:
        found.files = _files(paths)
    versions = {uri for uri in uris if isinstance(uri, VersionUri)}
    for finder in _finders if versions else ():
        found.versions.update(finder(project if isinstance(project, int) else project.pk, versions))
    return found


def model_uri(text: str) -> LoggedModelUri | VersionUri | None:
    """A ``models:/`` address, if it is one."""
    if not text.startswith("models:/") or len(text) > _LONGEST:
        return None
    try:
        uri = parse_uri(text)
    except InvalidInput:
        return None
    return uri if isinstance(uri, LoggedModelUri | VersionUri) else None


def _files(paths: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    spaces = dict(ArtifactSpace.objects.filter(uid__in={uid for uid, _ in paths}).values_list("uid", "pk"))
    asked = Q()
    for uid, path in paths:
        folder, slash, name = path.rpartition("/")
        if uid in spaces:
            asked |= Q(space_id=spaces[uid], folder=f"{folder}{slash}", name=name)
    if not asked:
        return {}
    rows = ArtifactFile.objects.live().filter(asked).values_list("space__uid", "folder", "name", "sha256")
    return {(uid, folder + name): sha256 for uid, folder, name, sha256 in rows}
