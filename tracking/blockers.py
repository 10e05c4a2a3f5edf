"""Who may object to a deletion: apps above tracking register what depends on an experiment, a run or a logged model."""

from collections.abc import Callable, Iterable

from tracking.exceptions import StillNeeded
from tracking.models import Experiment, LoggedModel, Run

Target = Experiment | LoggedModel | Run
#: Returns a sentence for everything that needs the target. Called inside the deletion's transaction, with the row held.
Blocker = Callable[[Target], Iterable[str]]

_blockers: list[Blocker] = []

#: How many blockers a refusal names in its sentence; all of them are in its details.
_NAMED = 3


def register(blocker: Blocker) -> None:
    """Ask ``blocker`` before an experiment, run or logged model is deleted. For ``AppConfig.ready()``."""
    if blocker not in _blockers:
        _blockers.append(blocker)


def check_deletable(target: Target) -> None:
    """Raises StillNeeded when something depends on ``target``."""
    reasons = [reason for blocker in _blockers for reason in blocker(target)]
    if not reasons:
        return
    more = f" and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
    raise StillNeeded(
        f"The {target.audit_type.replace('_', ' ')} {target} cannot be deleted: {'; '.join(reasons[:_NAMED])}{more}.",
        details={"blockers": reasons},
    )
