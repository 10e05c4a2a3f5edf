"""Fixing the content of a folder for ever."""

from artifacts.models import ArtifactSpace, FrozenFolder
from artifacts.paths import parse_folder
from artifacts.queries import content_digest
from audit.event_types import EventType
from audit.operation import record


def freeze(space: ArtifactSpace, path: str, *, reason: str) -> str:
    """Let nothing in the folder ``path`` change any more (empty: in the whole space), and return its content digest.

    A part of the caller's operation, which has asked for the right to do what makes this necessary. ``reason`` ends
    the sentence of later refusals. Raises NotHashedYet or Damaged.
    """
    folder = parse_folder(path)
    space = space.locked()
    digest = content_digest(space, path)
    if FrozenFolder.objects.filter(space=space, folder=folder).exists():
        return digest
    FrozenFolder.objects.create(space=space, folder=folder, reason=reason)
    space.has_frozen = True
    space.save(update_fields=["has_frozen"])
    record(EventType.ARTIFACTS_FROZEN, space, after={"folder": folder, "content_digest": digest}, reason=reason)
    return digest
