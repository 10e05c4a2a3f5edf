"""Who may object when artifacts are deleted: apps above register what depends on them."""

from collections.abc import Callable, Iterable

from artifacts.exceptions import StillNeeded
from artifacts.models import ArtifactSpace, FrozenFolder
from artifacts.paths import parse_folder

#: Returns a sentence for everything that needs what lies at a path of a space (a file or a folder; empty: all of it).
#: Called with the space's row held, inside the deletion's transaction.
Blocker = Callable[[ArtifactSpace, str], Iterable[str]]

#: Holds what must not change while blockers are asked. Called before the space's row is held.
Holder = Callable[[], None]

_blockers: list[Blocker] = []
_holders: list[Holder] = []

#: How many blockers a refusal names in its sentence; all of them are in its details.
_NAMED = 3


def register(blocker: Blocker, *, holder: Holder | None = None) -> None:
    """Ask ``blocker`` before artifacts are deleted, and call its ``holder`` first. For ``AppConfig.ready()``."""
    if blocker not in _blockers:
        _blockers.append(blocker)
        _holders.extend([holder] if holder else [])


def hold() -> None:
    """Hold what blockers depend on, until the transaction ends."""
    for holder in _holders:
        holder()


def check_deletable(space: ArtifactSpace, path: str) -> None:
    """Raises StillNeeded when something depends on what lies at ``path``."""
    reasons = [*_frozen(space, path), *(reason for blocker in _blockers for reason in blocker(space, path))]
    if not reasons:
        return
    more = f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    raise StillNeeded(
        f"{path or 'All'} of {space} cannot be deleted: {'; '.join(reasons[:_NAMED])}{more}.",
        details={"blockers": reasons},
    )


def _frozen(space: ArtifactSpace, path: str) -> Iterable[str]:
    if not space.has_frozen:
        return
    for frozen in FrozenFolder.objects.touching(parse_folder(path)).filter(space=space).order_by("folder"):
        yield f"{frozen.folder or 'all of it'} is frozen: {frozen.reason}"
