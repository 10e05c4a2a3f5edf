"""Who may object when versions go to the trash: apps above register what depends on a version."""

from collections.abc import Callable, Iterable

from registry.exceptions import StillInUse
from registry.querysets import ModelVersionQuerySet

#: Returns a sentence for everything that needs one of the versions. Called with their model's row held.
Blocker = Callable[[ModelVersionQuerySet], Iterable[str]]

_blockers: list[Blocker] = []

#: How many blockers a refusal names in its sentence; all of them are in its details.
_NAMED = 3


def register(blocker: Blocker) -> None:
    """Ask ``blocker`` before a model or a version goes to the trash. For ``AppConfig.ready()``."""
    if blocker not in _blockers:
        _blockers.append(blocker)


def check_deletable(what: str, versions: ModelVersionQuerySet) -> None:
    """Raises StillInUse when one of ``versions`` is in Staging or Production, or something depends on it."""
    reasons = blockers_of(versions)
    if not reasons:
        return
    more = f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    raise StillInUse(f"{what} cannot be deleted: {'; '.join(reasons[:_NAMED])}{more}.", details={"blockers": reasons})


def blockers_of(versions: ModelVersionQuerySet) -> list[str]:
    """What stands against the deletion of ``versions`` at this moment, one sentence each."""
    return [*_in_live_stage(versions), *(reason for blocker in _blockers for reason in blocker(versions))]


def _in_live_stage(versions: ModelVersionQuerySet) -> Iterable[str]:
    for version in versions.live().select_related("model").order_by("number"):
        yield f"{version} is in {version.stage}, move it to Archived first"
