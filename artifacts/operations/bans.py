"""Saying that apps above may forbid reading some artifacts."""

from artifacts.models import ArtifactSpace


def set_bans(space: ArtifactSpace, *, present: bool) -> None:
    """Let bans be asked before anybody reads bytes of the space, or no longer.

    A part of the caller's operation, which records why.
    """
    space = space.locked()
    space.has_bans = present
    space.save(update_fields=["has_bans"])
