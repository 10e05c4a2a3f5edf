"""What a page shows of an owner's artifacts: a folder, or a file with a preview of what is in it."""

from dataclasses import dataclass, replace
from typing import Final

from accounts.principals import Principal
from artifacts.exceptions import NoSuchFile
from artifacts.models import ArtifactFile, ArtifactSpace, FileState
from artifacts.paths import parse_path
from artifacts.previews import Kind, Preview, plan_for, preview_of
from artifacts.previews.mlmodels import read_requirements
from artifacts.queries import FolderPage, page_of_folder, read_head
from artifacts.readers import may_download
from audit.exceptions import Refusal

#: How many entries a page of a folder holds, and how many stand beside a file.
_ENTRIES: Final = 200
_BESIDE: Final = 60

#: What explains a folder is shown below it, the first that is there.
_EXPLAINS: Final = ("MLmodel", "README.md")
_REQUIREMENTS: Final = "requirements.txt"
_MOST_REQUIREMENTS: Final = 16_384


@dataclass(frozen=True, slots=True)
class Crumb:
    """A folder that the shown one lies in, or itself."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Browser:
    """The folder ``page``, and a ``file`` if one was asked for or explains the folder.

    ``is_file`` tells these apart. Without ``may_download`` there is no preview.
    """

    page: FolderPage
    crumbs: list[Crumb]
    may_download: bool
    is_file: bool = False
    file: ArtifactFile | None = None
    preview: Preview | None = None

    @property
    def is_damaged(self) -> bool:
        """Whether the bytes of the file are lost."""
        return self.file is not None and self.file.state == FileState.DAMAGED

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not (self.page.folders or self.page.files or self.crumbs)


def browse(principal: Principal, space: ArtifactSpace | None, path: str = "", *, after: str = "") -> Browser:
    """What lies at a path: at most four queries, whatever there is. Raises NoSuchFile and InvalidInput.

    A space of None is that of an owner who has stored nothing yet.
    """
    path = path.rstrip("/")
    if space is None:
        if path:
            raise _nothing_at(path)
        return Browser(FolderPage("", [], []), [], may_download=False)
    file = ArtifactFile.objects.live().filter(space=space).at(parse_path(path)).first() if path else None
    if file is not None:
        return _file(principal, space, file)
    page = page_of_folder(space, path, after=after, size=_ENTRIES)
    if path and not (page.folders or page.files):
        raise _nothing_at(path)
    shown = Browser(page, crumbs_of(page.folder), may_download(principal, space, path))
    explaining = {name: file for file in page.files if (name := file.name) in _EXPLAINS}
    if not shown.may_download or not explaining:
        return shown
    file = min(explaining.values(), key=lambda file: _EXPLAINS.index(file.name))
    return replace(shown, file=file, preview=_preview(principal, space, file, page))


def crumbs_of(folder: str) -> list[Crumb]:
    """The folders on the way to ``folder``, which ends with a slash, and itself; none for the root."""
    names = folder.split("/")[:-1]
    return [Crumb(name, "/".join(names[: depth + 1])) for depth, name in enumerate(names)]


def _file(principal: Principal, space: ArtifactSpace, file: ArtifactFile) -> Browser:
    page = page_of_folder(space, file.folder, size=_BESIDE)
    allowed = may_download(principal, space, str(file))
    preview = _preview(principal, space, file, page) if allowed else None
    return Browser(page, crumbs_of(file.folder), allowed, True, file, preview)


def _preview(principal: Principal, space: ArtifactSpace, file: ArtifactFile, page: FolderPage) -> Preview:
    plan = plan_for(file.name, file.size)
    try:
        file.space = space
        data = read_head(principal, file, plan.most)
        preview = preview_of(file.name, plan, data, whole=len(data) == file.size)
        if preview.kind == Kind.MLMODEL:
            preview.content.requirements = _requirements(principal, space, page)
    except Refusal as refusal:
        return Preview(Kind.NOTHING, remark=str(refusal))
    return preview


def _requirements(principal: Principal, space: ArtifactSpace, page: FolderPage) -> list[str]:
    """The packages that the model beside this file needs."""
    for file in page.files:
        if file.name == _REQUIREMENTS:
            file.space = space
            return read_requirements(read_head(principal, file, _MOST_REQUIREMENTS))
    return []


def _nothing_at(path: str) -> NoSuchFile:
    return NoSuchFile(f"There is no file or folder {path[:200]}.")
