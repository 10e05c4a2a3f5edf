"""What a version is made of: its files, page by page, and what its ``MLmodel`` says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactFile, ArtifactSpace
from artifacts.paths import parse_folder, parse_path
from artifacts.previews import plan_for, preview_of
from artifacts.previews.mlmodels import MLmodel
from artifacts.queries import read_head
from audit.exceptions import InvalidInput, Refusal
from registry.models import ModelVersion
from tracking.search.pages import read_token, write_token

FILES_SHOWN: Final = 100
_MLMODEL: Final = "MLmodel"


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a version; ``path`` is from the version's own root, ``stored_at`` from that of its run or model."""

    path: str
    stored_at: str
    size: int
    sha256: str
    state: str


@dataclass(frozen=True, slots=True)
class FilePage:
    """A part of a version's files. ``count`` and ``size`` are of all of them, None where that would cost too much."""

    files: Sequence[ShownFile]
    next_token: str = ""
    count: int | None = None
    size: int | None = None


def files_of_version(version: ModelVersion, *, token: str = "", size: int = FILES_SHOWN) -> FilePage | None:
    """A page of the files of a version, by path; None when this house does not keep them. At most three queries.

    Raises InvalidInput for a token that cannot be read.
    """
    if not version.space_uid:
        return None
    space = version.space
    if space is None:
        return FilePage([], count=0, size=0)
    after, folder = _read_place(token), parse_folder(version.prefix)
    files = _files(space, version.prefix, after, size + 1)
    shown = [
        ShownFile(str(file).removeprefix(folder), str(file), file.size, file.sha256, file.state)
        for file in files[:size]
    ]
    if len(files) > size:
        count, total = (space.file_count, space.byte_count) if not folder else (None, None)
        return FilePage(shown, write_token({"after": [files[size - 1].folder, files[size - 1].name]}), count, total)
    if after:
        return FilePage(shown)
    return FilePage(shown, count=len(shown), size=sum(file.size for file in shown))


def description_of(actor: Principal, version: ModelVersion) -> MLmodel | None:
    """What the version's ``MLmodel`` file says: its signature, its flavours; None without one, or for whoever may not
    download. At most two queries.
    """
    if not version.space_uid or version.is_prompt or not actor.may(Action.DOWNLOAD, version):
        return None
    path = f"{version.prefix}/{_MLMODEL}" if version.prefix else _MLMODEL
    files = ArtifactFile.objects.live().filter(space__uid=version.space_uid).at(parse_path(path))
    file = files.select_related("space").first()
    if file is None:
        return None
    plan = plan_for(file.name, file.size)
    try:
        data = read_head(actor, file, plan.most)
    except Refusal:
        return None
    preview = preview_of(file.name, plan, data, whole=len(data) == file.size)
    return preview.content if isinstance(preview.content, MLmodel) else None


def _files(space: ArtifactSpace, prefix: str, after: tuple[str, str] | None, most: int) -> list[ArtifactFile]:
    """The files below a folder by path, or the single file that it turns out to be."""
    live = ArtifactFile.objects.live().filter(space=space)
    below = live.below(parse_folder(prefix))
    if after:
        below = below.filter(Q(folder__gt=after[0]) | Q(folder=after[0], name__gt=after[1]))
    files = list(below.order_by("folder", "name")[:most])
    if files or after or not prefix:
        return files
    return list(live.at(parse_path(prefix)))


def _read_place(token: str) -> tuple[str, str] | None:
    content = read_token(token)
    if not content:
        return None
    place = content.get("after")
    if not isinstance(place, list) or len(place) != 2 or not all(isinstance(part, str) for part in place):
        raise InvalidInput("This page of the list cannot be read. Start from the first page.")
    return place[0], place[1]
