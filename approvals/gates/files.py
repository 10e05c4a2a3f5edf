"""The files of a version: what their rows say, and whether the store still has the bytes that were sent."""

import hashlib
from collections.abc import Iterator
from typing import Final

from artifacts.models import ArtifactFile, FileState
from artifacts.paths import parse_folder, parse_path
from artifacts.queries import content_digest
from artifacts.stores import get_store
from artifacts.stores.base import Missing
from audit.canonical import canonical_bytes
from audit.exceptions import Refusal
from registry.models import ModelVersion

OUTSIDE: Final = (
    "Its files lie at {location}, and this server does not keep its files there: log the model here and register that."
)
OUTSIDE_ALLOWED: Final = (
    "Its files lie at {location}, where this server can neither freeze nor check them: only the address is approved."
)
NO_FILES: Final = "It has no files: log the model to its run, and register it from there."


def files_of(version: ModelVersion) -> dict[str, ArtifactFile]:
    """Every file of a version, by its path from the version's own root; at most three queries."""
    space = version.space
    if space is None:
        return {}
    folder, live = parse_folder(version.prefix), ArtifactFile.objects.live().filter(space=space)
    files = {str(file).removeprefix(folder): file for file in live.below(folder).order_by("folder", "name")}
    if files or not version.prefix:
        return files
    return {file.name: file for file in live.at(parse_path(version.prefix))}


def digest_now(version: ModelVersion) -> str:
    """The content digest of a version's files as their rows are now; empty when one of them has no digest."""
    space = version.space
    try:
        return content_digest(space, version.prefix) if space else ""
    except Refusal:
        return ""


def fingerprint(version: ModelVersion) -> str:
    """One word for the rows of a version's files: the same for as long as they are the files that somebody read."""
    rows = [
        [path, file.size, file.sha256, file.storage_key, file.store_version, file.state]
        for path, file in files_of(version).items()
    ]
    return hashlib.sha256(canonical_bytes(rows)).hexdigest()


def flaw_of_row(file: ArtifactFile) -> str:
    """Why nobody can say what a file holds, by its row alone; empty when nothing is wrong."""
    if file.state != FileState.READY:
        return "damaged or lost"
    return "" if file.sha256 else "not read yet since its upload"


def flaw_of(file: ArtifactFile, *, read: bool = True) -> str:
    """What is wrong with a file; empty when the store has just the bytes that its row describes.

    Reads all of them, a piece at a time, or only asks how many there are. Raises Unavailable when the store does not
    answer.
    """
    if flaw := flaw_of_row(file):
        return flaw
    try:
        size = get_store().size(file.storage_key, file.store_version)
        if size != file.size:
            return f"{size:,} bytes instead of {file.size:,}"
        return "" if not read or _digest(file) == file.sha256 else "other bytes than were stored"
    except Missing:
        return "missing from the store"


def read_small(file: ArtifactFile) -> bytes:
    """All bytes of a file that the caller knows to be small. Raises Missing or Unavailable."""
    return b"".join(_chunks(file))


def _digest(file: ArtifactFile) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(file):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(file: ArtifactFile) -> Iterator[bytes]:
    chunks = get_store().open(file.storage_key, file.store_version, 0, file.size)
    try:
        yield from chunks
    finally:
        chunks.close()
