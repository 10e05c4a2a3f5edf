"""Who may object when a version changes its stage: apps above register a gatekeeper, such as approvals do."""

from collections.abc import Callable

from accounts.principals import Principal
from registry.models import ModelVersion
from registry.rules import Stage

#: Returns when the step may be taken, and raises a Refusal when not. Called inside the transition's transaction, with
#: the rows of the model and the version held; whatever it writes belongs to the same transaction.
Gatekeeper = Callable[[Principal, ModelVersion, Stage], None]
#: Hears of a roll-back in the same way. The version has been in Production before, so nothing is asked again.
Witness = Callable[[Principal, ModelVersion], None]

_gatekeepers: list[Gatekeeper] = []
_witnesses: list[Witness] = []


def register(gatekeeper: Gatekeeper) -> None:
    """Ask ``gatekeeper`` before any version changes its stage. For ``AppConfig.ready()``."""
    if gatekeeper not in _gatekeepers:
        _gatekeepers.append(gatekeeper)


def check_may_enter(actor: Principal, version: ModelVersion, to_stage: Stage) -> None:
    """Raises what a gatekeeper raises."""
    for gatekeeper in _gatekeepers:
        gatekeeper(actor, version, to_stage)


def witness_roll_backs(witness: Witness) -> None:
    """Tell ``witness`` of every roll-back. For ``AppConfig.ready()``."""
    if witness not in _witnesses:
        _witnesses.append(witness)


def tell_roll_back(actor: Principal, version: ModelVersion) -> None:
    """Tell all witnesses that Production goes back to this version."""
    for witness in _witnesses:
        witness(actor, version)
