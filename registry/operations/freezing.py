"""Fixing the content of a version when it leaves stage None."""

from artifacts.models import ArtifactSpace
from artifacts.operations import KEEPER, SpaceOwner, freeze, space_of
from artifacts.uris import OwnerKind, ProxiedUri, parse_uri
from registry.models import ModelVersion
from tracking.models import LoggedModel, Run


def freeze_content(version: ModelVersion, moment: int) -> dict[str, str]:
    """Let nothing change any more where the version's files lie, and note their digest.

    Returns what the log keeps of it; nothing for a place outside of this house, which nobody here can freeze.
    """
    if version.frozen_at is not None or not version.space_uid:
        return {}
    space = _space(version)
    version.content_digest = freeze(space, version.prefix, reason=f"{version} was registered from it")
    version.frozen_at = moment
    return {"content_digest": version.content_digest}


def _space(version: ModelVersion) -> ArtifactSpace:
    """The space the files lie in. It is made when nothing was ever uploaded, so that nothing can come afterwards."""
    space = ArtifactSpace.objects.filter(uid=version.space_uid).first()
    if space is not None:
        return space
    return space_of(KEEPER, _space_owner(_maker(version)))  # type: ignore[arg-type]  # the system is an actor too


def _maker(version: ModelVersion) -> Run | LoggedModel:
    """The run or logged model whose artifacts the version's files are."""
    maker = next(each for each in (version.logged_model, version.run) if each and each.uid == version.space_uid)
    assert maker is not None
    return maker


def _space_owner(maker: Run | LoggedModel) -> SpaceOwner:
    place = parse_uri(maker.artifact_uri)
    assert isinstance(place, ProxiedUri)
    return SpaceOwner(
        kind=OwnerKind.RUN if isinstance(maker, Run) else OwnerKind.LOGGED_MODEL,
        uid=maker.uid,
        project_id=maker.experiment.project_id,
        experiment_id=maker.experiment_id,
        owner_id=maker.owner_id,
        root=place.path,
    )
