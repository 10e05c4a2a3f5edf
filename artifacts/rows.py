"""The statements of an upload, written by hand: they run for every file, and building them costs more than they do.

Called inside operations only.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from artifacts.models import ArtifactFile, ArtifactSpace, Upload
from artifacts.paths import ArtifactPath

_HOLD = "SELECT audit_seq, audit_head, has_frozen, file_count, byte_count FROM artifacts_artifactspace WHERE id = %s"
_COUNT = "UPDATE artifacts_artifactspace SET file_count = %s, byte_count = %s WHERE id = %s"
_NEW_TICKET = """
INSERT INTO artifacts_upload (key, space_id, folder, name, upload_id, part_count, done, started_at, started_by_id)
VALUES (%s, %s, %s, %s, '', %s, %s, %s, %s) RETURNING id"""
_TEAR_TICKET = "DELETE FROM artifacts_upload WHERE id = %s"
_CLOSE_TICKET = "UPDATE artifacts_upload SET done = %s WHERE id = %s AND NOT done"
_RETIRE = """
UPDATE artifacts_artifactfile SET live = %s, state = 'deleting'
WHERE space_id = %s AND folder = %s AND name = %s AND live RETURNING size, sha256, storage_key"""
_NEW_FILE = """
INSERT INTO artifacts_artifactfile
(space_id, folder, name, size, sha256, storage_key, store_version, state, live, created_at, created_by_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'ready', %s, %s, %s) RETURNING id"""


class Replaced(NamedTuple):
    """The file that a path showed before."""

    size: int
    sha256: str
    storage_key: str


def hold(space: ArtifactSpace) -> None:
    """Hold the row of ``space`` until the transaction ends, and read again what an upload needs of it."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    row = _run(_HOLD + lock, space.pk, returns=True)
    space.audit_seq, space.audit_head, has_frozen, space.file_count, space.byte_count = row
    space.has_frozen = bool(has_frozen)


def write_counts(space: ArtifactSpace) -> None:
    """Store the counts of a space that is held."""
    _run(_COUNT, space.file_count, space.byte_count, space.pk)


def write_ticket(upload: Upload) -> None:
    """Store the ticket of an upload that begins."""
    values = upload.key, upload.space_id, upload.folder, upload.name, upload.part_count, upload.done
    (upload.pk,) = _run(_NEW_TICKET, *values, _moment(upload.started_at), upload.started_by_id, returns=True)


def close_ticket(upload: Upload) -> bool:
    """Use the ticket up; False when it is not there any more.

    That of an upload in parts stays, so that the client may ask again for the answer.
    """
    changed: int = _run(_CLOSE_TICKET, True, upload.pk) if upload.upload_id else _run(_TEAR_TICKET, upload.pk)
    return changed == 1


def retire_file(space: ArtifactSpace, path: ArtifactPath) -> Replaced | None:
    """Let the file at ``path`` make room, to be erased."""
    row = _run(_RETIRE, False, space.pk, path.folder, path.name, returns=True)
    return Replaced(*row) if row else None


def write_file(file: ArtifactFile) -> None:
    """Store the row of a file whose bytes are safe."""
    values = file.space_id, file.folder, file.name, file.size, file.sha256, file.storage_key, file.store_version
    (file.pk,) = _run(_NEW_FILE, *values, True, _moment(file.created_at), file.created_by_id, returns=True)


def _moment(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _run(sql: str, *values: Any, returns: bool = False) -> Any:
    """The row that a statement returns, or how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone() if returns else cursor.rowcount
