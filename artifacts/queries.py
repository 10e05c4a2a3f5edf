"""Reads: listing a folder, opening a file, manifests and digests, and what store and rows say about each other."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge

from django.db import connection

from accounts.principals import Principal
from artifacts.exceptions import BytesMissing, Damaged, IsFolder, NoSuchFile, NotHashedYet
from artifacts.models import ArtifactFile, ArtifactSpace, FileState, Upload
from artifacts.paths import parse_folder, parse_path, refuse_unshowable
from artifacts.querysets import ArtifactFileQuerySet, end_of
from artifacts.readers import check_may_download
from artifacts.stores import get_store
from artifacts.stores.base import Missing, StoredObject
from artifacts.streaming import Outgoing, parse_range
from audit.canonical import canonical_bytes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a folder's listing; a folder has no size."""

    name: str
    is_folder: bool
    size: int = 0


@dataclass(frozen=True, slots=True)
class FolderPage:
    """A part of a folder, which is empty or ends with a slash; ``after`` is where the next part begins, if any."""

    folder: str
    folders: list[str]
    files: list[ArtifactFile]
    after: str = ""


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One file of a manifest, its path relative to the folder that was asked for."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Orphan:
    """Bytes in the store that no row and no ticket knows."""

    key: str
    size: int


# --- Folders ----------------------------------------------------------------------------------------------------------

# Jumps from one sub-folder to the next in the index: the cost grows with the number of sub-folders, not with what is in
# them. A folder's sub-folders are the first parts that the folders below it have in common.
_SUB_FOLDERS = """
WITH RECURSIVE step (folder) AS (
    SELECT (SELECT f.folder FROM artifacts_artifactfile f
            WHERE f.space_id = %(space)s AND f.live AND f.folder > %(after)s AND f.folder < %(end)s
            ORDER BY f.folder LIMIT 1)
    UNION ALL
    SELECT (SELECT f.folder FROM artifacts_artifactfile f
            WHERE f.space_id = %(space)s AND f.live AND f.folder < %(end)s
              AND f.folder >=
                  substr(step.folder, 1, %(skip)s + {index}(substr(step.folder, %(skip)s + 1), '/') - 1) || '0'
            ORDER BY f.folder LIMIT 1)
    FROM step WHERE step.folder IS NOT NULL
)
SELECT substr(folder, %(skip)s + 1, {index}(substr(folder, %(skip)s + 1), '/') - 1) FROM step WHERE folder IS NOT NULL
LIMIT %(most)s
"""
_ALL = 1 << 40


def list_folder(space: ArtifactSpace, path: str = "") -> list[Entry]:
    """What lies directly in a folder, by name; nothing when it is a file or not there. Two queries."""
    folder = parse_folder(path)
    files = ArtifactFile.objects.live().filter(space=space, folder=folder).order_by("name")
    return list(
        merge(
            (Entry(name, True) for name in _sub_folders(space, folder)),
            (Entry(name, False, size) for name, size in files.values_list("name", "size")),
            key=lambda entry: entry.name,
        )
    )


def page_of_folder(space: ArtifactSpace, path: str = "", *, after: str = "", size: int) -> FolderPage:
    """A part of a folder, its folders before its files: the first ``size``, or those that follow ``after``.

    Two queries, the cost of which does not grow with the folder.
    """
    folder = parse_folder(path)
    refuse_unshowable(after)
    past_folders = after and not after.endswith("/")
    folders = [] if past_folders else sorted(_sub_folders(space, folder, after, size + 1), key=lambda name: f"{name}/")
    left = size + 1 - len(folders)
    named_after = "" if after.endswith("/") else after
    files = ArtifactFile.objects.live().filter(space=space, folder=folder, name__gt=named_after).order_by("name")
    listed = list(files[:left]) if left else []
    if len(folders) + len(listed) <= size:
        return FolderPage(folder, folders, listed)
    if listed:
        listed.pop()
    else:
        folders.pop()
    return FolderPage(folder, folders, listed, listed[-1].name if listed else f"{folders[-1]}/")


def _sub_folders(space: ArtifactSpace, folder: str, after: str = "", most: int = _ALL) -> list[str]:
    index = "STRPOS" if connection.vendor == "postgresql" else "INSTR"
    values: dict[str, str | int] = {
        "space": space.pk,
        # The first text after everything in the folder that the last page ended with.
        "after": folder + end_of(after) if after else folder,
        "end": end_of(folder),
        "skip": len(folder),
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUB_FOLDERS.format(index=index), values)
        # Folders sort by their names with the slash; a listing sorts by names alone.
        return sorted(name for (name,) in cursor.fetchall())


# --- Files ------------------------------------------------------------------------------------------------------------


def open_file(
    actor: Principal, space: ArtifactSpace, path: str, *, asked_range: str = "", if_range: str = ""
) -> Outgoing:
    """Open a file for download: all of it, or the range that a Range header asks for.

    Raises PermissionDenied, NoSuchFile, IsFolder, RangeNotSatisfiable, Damaged, BytesMissing or Unavailable.
    """
    check_may_download(actor, space, path)
    file = find_file(space, path)
    try:
        return _open(file, asked_range, if_range)
    except Missing:
        # The file may have been replaced since its row was read.
        file = find_file(space, path)
    try:
        return _open(file, asked_range, if_range)
    except Missing as error:
        log.error("the bytes of %s in %s are missing: storage key %s", file, space, file.storage_key)
        raise BytesMissing(
            f"The bytes of {file} are missing from the artifact store. Tell an administrator."
        ) from error


def read_head(actor: Principal, file: ArtifactFile, most: int) -> bytes:
    """How a file begins: at most so many bytes of it. Raises PermissionDenied, Damaged, BytesMissing or Unavailable."""
    check_may_download(actor, file.space, str(file))
    if not file.size or not most:
        return b""
    try:
        chunks = _open(file, f"bytes=0-{most - 1}", "").chunks
    except Missing as error:
        raise BytesMissing(f"The bytes of {file} are missing from the artifact store.") from error
    try:
        return b"".join(chunks)
    finally:
        chunks.close()


def download_url(actor: Principal, space: ArtifactSpace, path: str) -> tuple[str, int]:
    """An address from which the client can fetch a file without this server, and the file's size.

    Raises PermissionDenied, NoSuchFile, IsFolder or NotOffered.
    """
    check_may_download(actor, space, path)
    file = find_file(space, path)
    url = get_store().download_url(file.storage_key, file.store_version, filename=file.name)
    return url, file.size


def find_file(space: ArtifactSpace, path: str) -> ArtifactFile:
    """The file at a path. Raises NoSuchFile or IsFolder."""
    parsed = parse_path(path)
    live = ArtifactFile.objects.live().filter(space=space)
    file = live.at(parsed).first()
    if file is None:
        if live.below(parsed.as_folder).exists():
            raise IsFolder(f"{path} is a folder, not a file.")
        raise NoSuchFile(f"There is no file {path} in {space}.")
    return file


def _open(file: ArtifactFile, asked_range: str, if_range: str) -> Outgoing:
    if file.state == FileState.DAMAGED:
        raise Damaged(f"The bytes of {file} are damaged or lost. Log it again.")
    etag = f'"{file.sha256}"' if file.sha256 else ""
    wanted = parse_range(asked_range, file.size) if not if_range or if_range == etag else None
    start, length = wanted or (0, file.size)
    chunks = get_store().open(file.storage_key, file.store_version, start, length)
    return Outgoing(file.name, file.size, etag, start, length, chunks)


# --- Manifests --------------------------------------------------------------------------------------------------------


def manifest(space: ArtifactSpace, path: str = "") -> list[ManifestLine]:
    """Every file in a folder and below it, by path; of a path that names a file, that file by its name alone.

    One query, two for a file. Raises NotHashedYet or Damaged.
    """
    folder, live = parse_folder(path), ArtifactFile.objects.live().filter(space=space)
    lines = _manifest(live.below(folder), len(folder))
    if lines or not path:
        return lines
    file = parse_path(path.removesuffix("/"))
    return _manifest(live.at(file), len(file.folder))


def content_digest(space: ArtifactSpace, path: str = "") -> str:
    """The SHA-256 (hex) of the canonical manifest of a folder, or of one file. Raises NotHashedYet or Damaged."""
    return _digest(manifest(space, path))


def digest_of(files: ArtifactFileQuerySet) -> str:
    """The digest of a manifest of just these files; those that nobody has read yet count without theirs."""
    return _digest(_manifest(files, 0, complete=False))


def _manifest(files: ArtifactFileQuerySet, skip: int, *, complete: bool = True) -> list[ManifestLine]:
    lines = []
    for folder, name, size, sha256, state in files.values_list("folder", "name", "size", "sha256", "state"):
        path = (folder + name)[skip:]
        if complete and state == FileState.DAMAGED:
            raise Damaged(f"The bytes of {path} are damaged or lost. Log it again.")
        if complete and not sha256:
            raise NotHashedYet(f"{path} was just uploaded and is still being read. Try again in a minute.")
        lines.append(ManifestLine(path, size, sha256))
    return sorted(lines, key=lambda line: line.path)


def _digest(lines: Iterable[ManifestLine]) -> str:
    files = [{"path": line.path, "sha256": line.sha256, "size": line.size} for line in lines]
    return hashlib.sha256(canonical_bytes({"files": files, "v": 1})).hexdigest()


# --- The store against its rows ---------------------------------------------------------------------------------------


def find_orphans() -> Iterator[Orphan]:
    """Bytes that no row and no ticket knows: left by a crash of the database or put there by somebody else."""
    for stored, file in _side_by_side():
        if stored and not file and not _is_known(stored.key):
            yield Orphan(stored.key, stored.size)


def find_differences() -> Iterator[tuple[ArtifactFile, bool]]:
    """Live files whose bytes are not what their row says, or are again: the row, and whether the bytes are good."""
    for stored, file in _side_by_side():
        if file is None:
            continue
        good = (stored is not None and stored.size == file.size) or _is_good(file)
        if good != (file.state == FileState.READY):
            yield file, good


def _side_by_side() -> Iterator[tuple[StoredObject | None, ArtifactFile | None]]:
    """Everything stored and every live file, paired by key; both sides are read in order, so memory stays small."""
    files = ArtifactFile.objects.live().select_related("space").order_by("storage_key").iterator(chunk_size=2000)
    stored = get_store().objects()
    left, right = next(stored, None), next(files, None)
    while left or right:
        if right is None or (left and left.key < right.storage_key):
            yield left, None
            left = next(stored, None)
        elif left is None or right.storage_key < left.key:
            yield None, right
            right = next(files, None)
        else:
            yield left, right
            left, right = next(stored, None), next(files, None)


# Both of these are asked last and one by one: uploads go on while the two sides are compared.


def _is_known(key: str) -> bool:
    kept = ArtifactFile.objects.filter(storage_key=key).exclude(state=FileState.DELETED)
    return Upload.objects.filter(key=key).exists() or kept.exists()


def _is_good(file: ArtifactFile) -> bool:
    try:
        return get_store().size(file.storage_key, file.store_version) == file.size
    except Missing:
        return False
