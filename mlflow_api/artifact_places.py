"""Finds whose artifacts a call is about: a run's, a logged model's, or those at a path below ``mlflow-artifacts:/``."""

from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactSpace
from artifacts.operations import space_of
from artifacts.uris import OwnedPath, ProxiedUri, parse_uri, split_owner
from audit.exceptions import BadRequest, NotFound
from mlflow_api.transport import Body
from mlflow_api.workspaces import project_of
from tracking import queries


def owned_path(path: str) -> OwnedPath:
    """Take apart a path below ``mlflow-artifacts:/``. Raises BadRequest when it lies in no run and no logged model."""
    owned = split_owner(path)
    if owned is None:
        raise BadRequest(f"Artifacts lie below a run or a logged model, and “{path[:200]}” does not.")
    return owned


def find_space(actor: Principal, owned: OwnedPath) -> ArtifactSpace | None:
    """The space of an owner, when it has any artifacts. Raises NotFound when the actor may not see it."""
    space = ArtifactSpace.objects.of(owned).first()
    if space is not None and not actor.may(Action.VIEW, space):
        raise _nothing_at(owned)
    return space


def open_space(actor: Principal, body: Body, owned: OwnedPath) -> ArtifactSpace:
    """The space of an owner, made when this is its first artifact. Raises NotFound and PermissionDenied."""
    space = find_space(actor, owned)
    if space is not None:
        return space
    return space_of(actor, queries.space_owner_of(project_of(actor, body), owned))


def proxied_root(uri: str) -> str:
    """The path below ``mlflow-artifacts:/`` of what this server keeps. Raises BadRequest for what lies elsewhere."""
    parsed = parse_uri(uri)
    if not isinstance(parsed, ProxiedUri):
        raise BadRequest(f"These artifacts do not pass this server: read and write them at {uri} directly.")
    return parsed.path


def _nothing_at(owned: OwnedPath) -> NotFound:
    return NotFound(f"There are no artifacts at “{owned.root}”, or you may not see them.")
