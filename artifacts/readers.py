"""Who else may download, and what nobody may: apps above register ways to artifacts, and bans on them."""

from collections.abc import Callable

from accounts.authorization import authorize
from accounts.principals import Principal
from accounts.roles import Action
from artifacts.models import ArtifactSpace
from audit.exceptions import PermissionDenied

#: Whether a principal may download what lies at a path of a space, such as the files of a version they may download.
Reader = Callable[[Principal, ArtifactSpace, str], bool]

#: Why a principal must not download what lies at a path of a space although they have the right; empty when they may.
Ban = Callable[[Principal, ArtifactSpace, str], str]

_readers: list[Reader] = []
_bans: list[Ban] = []


def register(reader: Reader) -> None:
    """Ask ``reader`` about those who have no right on a space itself. For ``AppConfig.ready()``."""
    if reader not in _readers:
        _readers.append(reader)


def register_ban(ban: Ban) -> None:
    """Ask ``ban`` before anybody reads bytes of a space that has bans. For ``AppConfig.ready()``."""
    if ban not in _bans:
        _bans.append(ban)


def may_download(actor: Principal, space: ArtifactSpace, path: str) -> bool:
    """Whether ``actor`` may read the bytes at ``path``."""
    return _has_right(actor, space, path) and not _reason_against(actor, space, path)


def check_may_download(actor: Principal, space: ArtifactSpace, path: str) -> None:
    """Raises PermissionDenied, or Hidden, when ``actor`` may not read the bytes at ``path``."""
    if not _has_right(actor, space, path):
        authorize(actor, Action.DOWNLOAD, space)
    if reason := _reason_against(actor, space, path):
        raise PermissionDenied(reason)


def _has_right(actor: Principal, space: ArtifactSpace, path: str) -> bool:
    return actor.may(Action.DOWNLOAD, space) or any(reader(actor, space, path) for reader in _readers)


def _reason_against(actor: Principal, space: ArtifactSpace, path: str) -> str:
    if not space.has_bans:
        return ""
    return next((reason for ban in _bans if (reason := ban(actor, space, path))), "")
