"""Making the space of an owner, when its first artifact arrives."""

from dataclasses import asdict, dataclass

from django.db import IntegrityError

from accounts.principals import Principal, System
from accounts.roles import Action
from artifacts.models import ArtifactSpace
from artifacts.uris import OwnerKind
from audit.event_types import EventType
from audit.operation import operation, record, require


@dataclass(frozen=True, slots=True)
class SpaceOwner:
    """A run or a logged model, as far as its artifacts depend on it.

    ``root`` is the path of its artifacts below ``mlflow-artifacts:/`` (see `artifacts.uris.root_of`).
    """

    kind: OwnerKind
    uid: str
    project_id: int
    experiment_id: int
    owner_id: int | None
    root: str


def space_of(actor: Principal | System, owner: SpaceOwner) -> ArtifactSpace:
    """The owner's space, made if this is the first time. Raises PermissionDenied when it would have to be made."""
    return _find(owner) or _open_once(actor, owner)


@operation
def open_space(actor: Principal | System, owner: SpaceOwner) -> ArtifactSpace:
    """Make the space that holds the artifacts of a run or logged model."""
    space = ArtifactSpace(**asdict(owner))
    require(Action.WRITE, space)
    space.save(force_insert=True)
    record(EventType.ARTIFACT_SPACE_CREATED, space, after={"kind": str(owner.kind), "root": owner.root})
    return space


def _open_once(actor: Principal | System, owner: SpaceOwner) -> ArtifactSpace:
    try:
        return open_space(actor, owner)
    except IntegrityError:
        # A client sends its first files side by side, and another one of them was faster.
        return ArtifactSpace.objects.get(uid=owner.uid)


def _find(owner: SpaceOwner) -> ArtifactSpace | None:
    return ArtifactSpace.objects.filter(uid=owner.uid).first()
