"""Who else may download: apps above register ways to artifacts that do not lead through their owner's experiment."""

from collections.abc import Callable

from accounts.authorization import authorize
from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactSpace

#: Whether a principal may download what lies at a path of a space, such as the files of a version they may download.
Reader = Callable[[Principal, ArtifactSpace, str], bool]

_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Ask ``reader`` about those who have no right on a space itself. For ``AppConfig.ready()``."""
    if reader not in _readers:
        _readers.append(reader)


def may_download(actor: Principal, space: ArtifactSpace, path: str) -> bool:
    """Whether ``actor`` may read the bytes at ``path``."""
    return actor.may(Action.DOWNLOAD, space) or any(reader(actor, space, path) for reader in _readers)


def check_may_download(actor: Principal, space: ArtifactSpace, path: str) -> None:
    """Raises PermissionDenied, or Hidden, when ``actor`` may not read the bytes at ``path``."""
    if not may_download(actor, space, path):
        authorize(actor, Action.DOWNLOAD, space)
