"""Fixing the content of a version when it leaves stage None."""

from artifacts.models import ArtifactSpace
from artifacts.operations import KEEPER, SpaceOwner, freeze, space_of
from artifacts.uris import OwnerKind
from registry.models import ModelVersion
from tracking.queries import find_space_owner


def freeze_content(version: ModelVersion, moment: int) -> dict[str, str]:
    """Let nothing change any more where the version's files lie, and note their digest.

    Returns what the log keeps of it; nothing for a place outside of this house, which nobody here can freeze.
    """
    if version.frozen_at is not None or not version.space_uid:
        return {}
    space = space_for(version)
    version.content_digest = freeze(space, version.prefix, reason=f"{version} was registered from it")
    version.frozen_at = moment
    return {"content_digest": version.content_digest}


def space_for(version: ModelVersion) -> ArtifactSpace:
    """The space the files lie in. It is made when nothing was ever uploaded, so that nothing can come afterwards."""
    return version.space or space_of(KEEPER, _owner(version))


def _owner(version: ModelVersion) -> SpaceOwner:
    maker = next(each for each in (version.logged_model, version.run) if each and each.uid == version.space_uid)
    assert maker is not None
    kind = OwnerKind.RUN if maker == version.run else OwnerKind.LOGGED_MODEL
    return find_space_owner(maker.experiment.project, kind, maker.uid)
