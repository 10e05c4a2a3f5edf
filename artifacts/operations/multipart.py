"""Uploads whose parts the client sends to the store itself.

The bytes never pass this server, so nobody has seen their digest when the file appears: a task reads them afterwards,
and until then no manifest can be made of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.exceptions import UploadLost, not_offered
from artifacts.models import ArtifactFile, ArtifactSpace, Upload
from artifacts.operations.uploads import begin_upload, finish_upload, give_up
from artifacts.paths import parse_path
from artifacts.stores import get_store
from artifacts.stores.base import Missing, Part
from audit.exceptions import InvalidInput, Refusal
from audit.operation import bulk_write, require

#: S3 takes no more.
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class PartedUpload:
    """An upload that the client may begin to send: its id, and an address for each part, from part 1 on."""

    upload_id: str
    urls: list[str]


def start_multipart(actor: Principal, space: ArtifactSpace, path: str, part_count: int) -> PartedUpload:
    """Let the client send a file to the store in parts.

    Raises NotOffered, InvalidInput, PermissionDenied, Frozen or Unavailable.
    """
    if not 1 <= part_count <= MOST_PARTS:
        raise InvalidInput(f"A file is sent in 1 to {MOST_PARTS} parts, not in {part_count}.")
    if not get_store().direct:
        raise not_offered("Multipart upload")
    upload = begin_upload(actor, space, parse_path(path), part_count=part_count)
    try:
        upload_id, urls = get_store().start_parts(upload.key, part_count)
    except Refusal:
        give_up(upload)
        raise
    note_upload_id(actor, upload, upload_id)
    return PartedUpload(upload_id, urls)


def complete_multipart(
    actor: Principal, space: ArtifactSpace, path: str, upload_id: str, parts: Sequence[Part]
) -> ArtifactFile:
    """Make one file of the parts. Asking again gives the same answer.

    Raises UploadLost, InvalidInput when parts are missing, PermissionDenied, Frozen or Unavailable.
    """
    upload = claim_upload(actor, space, path, upload_id)
    if upload is None:
        raise UploadLost(f"There is no upload {upload_id[:40]} of {path} any more. Send the file again.")
    if upload.done:
        return ArtifactFile.objects.get(storage_key=upload.key)
    if [part.number for part in parts] != list(range(1, upload.part_count + 1)):
        raise InvalidInput(f"Name all {upload.part_count} parts, in order.")
    store = get_store()
    try:
        version = store.join_parts(upload.key, upload_id, parts)
        size = store.size(upload.key, version)
    except Missing as error:
        raise UploadLost(f"The store has forgotten the upload of {path}. Send the file again.") from error
    return finish_upload(actor, upload, size=size, sha256="", version=version)


def abort_multipart(actor: Principal, space: ArtifactSpace, path: str, upload_id: str) -> None:
    """Give up an upload in parts; harmless when it is gone."""
    upload = claim_upload(actor, space, path, upload_id)
    if upload and not upload.done:
        # The ticket stays until it is overdue: a part that is still on its way may arrive after this.
        get_store().drop_parts(upload.key, upload_id)


@bulk_write
def note_upload_id(actor: Principal, upload: Upload, upload_id: str) -> None:
    """Keep what the store calls an upload in parts."""
    require(Action.WRITE, upload.space)
    upload.upload_id = upload_id
    upload.save(update_fields=["upload_id"])


@bulk_write
def claim_upload(actor: Principal, space: ArtifactSpace, path: str, upload_id: str) -> Upload | None:
    """Find an upload in parts by what the client knows of it: only that of this very path, for those who may write."""
    require(Action.WRITE, space)
    parsed = parse_path(path)
    found = Upload.objects.select_related("space").filter(
        space=space, folder=parsed.folder, name=parsed.name, upload_id=upload_id, part_count__gt=0
    )
    return found.first()
