"""Keeping the store in order. Everything here may run twice, stop anywhere, and go on later."""

import hashlib
import logging
from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter

from accounts.roles import Action
from artifacts.models import ArtifactFile, ArtifactSpace, FileState, Upload
from artifacts.operations.keeper import KEEPER, Keeper
from artifacts.operations.uploads import describe
from artifacts.queries import find_differences, find_orphans
from artifacts.stores import get_store
from artifacts.stores.base import Missing
from audit.event_types import EventType
from audit.exceptions import Refusal
from audit.operation import bulk_write, operation, record, require

log = logging.getLogger(__name__)

#: How many files one step handles.
BATCH = 200


def clear_overdue_uploads() -> int:
    """Remove what uploads have left behind that did not end within a day; return how many."""
    cleared = 0
    for upload in Upload.objects.overdue().select_related("space"):
        try:
            cleared += clear_upload(KEEPER, upload)
        except Refusal as refusal:
            log.warning("the upload %s could not be cleared: %s", upload.key, refusal)
    return cleared


def erase_deleted() -> int:
    """Erase the bytes of files that were deleted or replaced; return how many."""
    erased, last = 0, 0
    while batch := list(ArtifactFile.objects.to_erase().filter(pk__gt=last).select_related("space")[:BATCH]):
        last = batch[-1].pk
        gone = sorted(filter(_erase, batch), key=attrgetter("space_id"))
        for _, files in groupby(gone, key=attrgetter("space_id")):
            together = list(files)
            erased += note_erased(KEEPER, together[0].space, [file.pk for file in together])
    return erased


def hash_waiting() -> int:
    """Read files that clients sent to the store themselves, and note their digests; return how many."""
    hashed = 0
    for file in ArtifactFile.objects.to_hash().select_related("space"):
        try:
            hashed += note_digest(KEEPER, file, _read_digest(file))
        except (Missing, Refusal) as problem:
            log.warning("%s in %s could not be read: %r", file, file.space, problem)
    return hashed


def check_store() -> tuple[int, int]:
    """Compare rows and store in both directions: mark what is damaged or whole again, and report orphans.

    Returns how many files changed their state, and how many orphans there are. When most files seem lost, none is
    marked: then this is more likely another store than theirs.
    """
    orphans = list(islice(find_orphans(), BATCH))
    if orphans:
        log.error("%d stored objects belong to no file, such as %s", len(orphans), orphans[0].key)
    differences = list(find_differences())
    lost = sum(not good for _, good in differences)
    if lost > 10 and lost * 2 > ArtifactFile.objects.live().count():
        log.error("%d files have no bytes: ARTIFACT_ROOT seems to name another store", lost)
        return 0, len(orphans)
    for file, good in differences:
        mark_file(KEEPER, file, good=good)
    return len(differences), len(orphans)


@bulk_write
def clear_upload(actor: Keeper, upload: Upload) -> bool:
    """Remove what an upload has left in the store, and its ticket; False when somebody else is at it."""
    require(Action.WRITE, upload.space)
    # Held until the end, so that the upload cannot become a file meanwhile.
    ticket = Upload.objects.select_for_update(skip_locked=True).filter(pk=upload.pk).first()
    if ticket is None:
        return False
    if not ticket.done:
        get_store().discard(ticket.key)
    ticket.delete()
    return True


@operation
def note_erased(actor: Keeper, space: ArtifactSpace, files: list[int]) -> int:
    """Note that the bytes of deleted files are gone."""
    require(Action.TRASH, space)
    space = space.locked()
    gone = list(ArtifactFile.objects.to_erase().filter(pk__in=files, space=space))
    if not gone:
        return 0
    ArtifactFile.objects.filter(pk__in=[file.pk for file in gone]).update(state=FileState.DELETED)
    after = {"bytes": sum(file.size for file in gone), "keys": [file.storage_key for file in gone]}
    record(EventType.ARTIFACTS_ERASED, space, after=after)
    return len(gone)


@operation
def note_digest(actor: Keeper, file: ArtifactFile, sha256: str) -> bool:
    """Note the digest of a file that a client sent to the store itself."""
    require(Action.WRITE, file.space)
    space = file.space.locked()
    file = ArtifactFile.objects.select_for_update().get(pk=file.pk)
    if file.sha256 or not file.live:
        return False
    file.sha256 = sha256
    file.save(update_fields=["sha256"])
    record(EventType.ARTIFACT_HASHED, space, after=describe(file.path, file))
    return True


@operation
def mark_file(actor: Keeper, file: ArtifactFile, *, good: bool) -> None:
    """Note that the bytes of a file are lost or have another size, or that they are there again."""
    require(Action.WRITE, file.space)
    space = file.space.locked()
    file = ArtifactFile.objects.select_for_update().get(pk=file.pk)
    state = FileState.READY if good else FileState.DAMAGED
    if not file.live or file.state == state:
        return
    file.state = state
    file.save(update_fields=["state"])
    record(EventType.ARTIFACT_RECOVERED if good else EventType.ARTIFACT_DAMAGED, space, after=describe(file.path, file))


def _erase(file: ArtifactFile) -> bool:
    try:
        get_store().delete(file.storage_key, file.store_version)
    except Refusal as refusal:
        log.warning("the bytes of %s could not be erased: %s", file.storage_key, refusal)
        return False
    return True


def _read_digest(file: ArtifactFile) -> str:
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
