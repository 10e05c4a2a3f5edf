"""Who may object when a version changes its stage: apps above register a gatekeeper, such as approvals do."""

from collections.abc import Callable

from accounts.principals import Principal
from registry.models import ModelVersion
from registry.rules import Stage

#: Returns when the step may be taken, and raises a Refusal when not. Called inside the transition's transaction, with
#: the rows of the model and the version held; whatever it writes belongs to the same transaction.
Gatekeeper = Callable[[Principal, ModelVersion, Stage], None]

_gatekeepers: list[Gatekeeper] = []


def register(gatekeeper: Gatekeeper) -> None:
    """Ask ``gatekeeper`` before any version changes its stage. For ``AppConfig.ready()``."""
    if gatekeeper not in _gatekeepers:
        _gatekeepers.append(gatekeeper)


def check_may_enter(actor: Principal, version: ModelVersion, to_stage: Stage) -> None:
    """Raises what a gatekeeper raises."""
    for gatekeeper in _gatekeepers:
        gatekeeper(actor, version, to_stage)
