"""Storing a file.

First a ticket, then the bytes, outside of any transaction, then the row. A crash at any point leaves no row without
bytes, and no bytes without a ticket by which they are found and cleared.
"""

import logging

from django.db import connection

from accounts.principals import Principal
from accounts.roles import Action
from artifacts import rows
from artifacts.exceptions import Frozen, UploadLost
from artifacts.models import ArtifactFile, ArtifactSpace, FrozenFolder, Upload
from artifacts.operations.keeper import KEEPER, Keeper
from artifacts.paths import ArtifactPath, parse_path
from artifacts.stores import get_store
from artifacts.stores.base import new_key
from artifacts.streaming import CHUNK, Incoming
from audit.event_types import EventType
from audit.exceptions import Refusal
from audit.operation import bulk_write, operation, record, require

log = logging.getLogger(__name__)


def store_file(actor: Principal, space: ArtifactSpace, path: str, body: Incoming) -> ArtifactFile:
    """Store ``body`` at ``path``, in place of what was there.

    Raises InvalidInput for the path, PermissionDenied, Frozen, IncompleteUpload, LengthRequired or Unavailable; then
    nothing has changed, and the body has been read to its end so that the client hears why.
    """
    try:
        upload = begin_upload(actor, space, parse_path(path))
        _spare_connection(body)
        try:
            version = get_store().put(upload.key, body)
            return finish_upload(actor, upload, size=body.size, sha256=body.sha256, version=version)
        except Refusal:
            # Anything else may have come after the commit: then only the ticket tells whose the bytes are.
            give_up(upload)
            raise
    except Refusal:
        body.drain()
        raise


@bulk_write
def begin_upload(actor: Principal, space: ArtifactSpace, path: ArtifactPath, *, part_count: int = 0) -> Upload:
    """Note that bytes are about to be sent to the store, and under which key."""
    require(Action.WRITE, space)
    check_may_change(space, path)
    upload = Upload(
        key=new_key(),
        space=space,
        folder=path.folder,
        name=path.name,
        part_count=part_count,
        started_by_id=actor.user_id,
    )
    rows.write_ticket(upload)
    return upload


@operation
def finish_upload(actor: Principal, upload: Upload, *, size: int, sha256: str, version: str) -> ArtifactFile:
    """Make the bytes of an upload the file that its path shows; the file before it will be erased."""
    require(Action.WRITE, upload.space)
    space = upload.space
    rows.hold(space)
    check_may_change(space, upload.path)
    if not rows.close_ticket(upload):
        raise UploadLost("The upload took too long and was given up. Send the file again.")
    before = rows.retire_file(space, upload.path)
    file = ArtifactFile(
        space=space,
        folder=upload.folder,
        name=upload.name,
        size=size,
        sha256=sha256,
        storage_key=upload.key,
        store_version=version,
        created_by_id=actor.user_id,
    )
    rows.write_file(file)
    space.file_count += 0 if before else 1
    space.byte_count += size - (before.size if before else 0)
    rows.write_counts(space)
    was = describe(upload.path, before) if before else None
    record(EventType.ARTIFACT_STORED, space, before=was, after=describe(upload.path, file))
    return file


@bulk_write
def drop_ticket(actor: Keeper, upload: Upload) -> None:
    """Forget an upload of which nothing is left."""
    require(Action.WRITE, upload.space)
    upload.delete()


def give_up(upload: Upload) -> None:
    """Remove what an upload has left behind; if that fails, it is done later by `clear_overdue_uploads`."""
    try:
        get_store().discard(upload.key)
        drop_ticket(KEEPER, upload)
    except Refusal as refusal:
        log.warning("an upload that failed will be cleared later: %s", refusal)


def check_may_change(space: ArtifactSpace, path: ArtifactPath) -> None:
    """Raises Frozen when ``path`` lies in a frozen folder, or is itself what was frozen."""
    if not space.has_frozen:
        return
    frozen = FrozenFolder.objects.over(path.as_folder).filter(space=space).first()
    if frozen:
        raise Frozen(f"{path} cannot change any more: {frozen.reason}. Log it to another run or model.")


def describe(path: ArtifactPath, file: ArtifactFile | rows.Replaced) -> dict[str, str | int]:
    """What the log keeps of a file."""
    return {"path": str(path), "size": file.size, "sha256": file.sha256, "key": file.storage_key}


def _spare_connection(body: Incoming) -> None:
    """Give the database connection back to the pool while a long body is on its way."""
    long = body.length is None or body.length > CHUNK
    if long and connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()
