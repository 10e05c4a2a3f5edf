"""Whose artifacts a path holds: leads from a client's path to the run or logged model and what its rights depend on."""

from accounts.models import Project
from artifacts.operations.spaces import SpaceOwner
from artifacts.uris import OwnedPath, OwnerKind, ProxiedUri, parse_uri
from audit.exceptions import NotFound
from tracking.models import LoggedModel
from tracking.queries.heads import find_run_head


def find_space_owner(project: Project, kind: OwnerKind, uid: str) -> SpaceOwner:
    """The run or logged model with this id, as the keeper of artifacts knows it; deleted ones too.

    Asks no right: that is for the operation on the artifacts. Raises NotFound, also when its artifacts lie in an object
    store that clients reach by themselves.
    """
    if kind == OwnerKind.RUN:
        head = find_run_head(project, uid)
        return _owner(kind, uid, project.pk, head.experiment_id, head.owner_id, head.artifact_uri)
    columns = ("experiment_id", "owner_id", "artifact_uri")
    found = LoggedModel.objects.filter(uid=uid, experiment__project=project).values_list(*columns).first()
    if found is None:
        raise NotFound(f"Logged model with ID {uid[:80]!r} not found.")
    return _owner(kind, uid, project.pk, *found)


def space_owner_of(project: Project, owned: OwnedPath) -> SpaceOwner:
    """As `find_space_owner`, for a path below ``mlflow-artifacts:/``, which must begin with the owner's own root."""
    owner = find_space_owner(project, owned.kind, owned.uid)
    if owner.root != owned.root:
        raise NotFound(f"The {owned.kind.label} {owned.uid} keeps its artifacts elsewhere.")
    return owner


def _owner(
    kind: OwnerKind, uid: str, project_id: int, experiment_id: int, owner_id: int | None, artifact_uri: str
) -> SpaceOwner:
    uri = parse_uri(artifact_uri)
    if not isinstance(uri, ProxiedUri):
        raise NotFound(f"The artifacts of {kind.label} {uid} are not kept by this server but at {artifact_uri}.")
    return SpaceOwner(
        kind=kind, uid=uid, project_id=project_id, experiment_id=experiment_id, owner_id=owner_id, root=uri.path
    )
