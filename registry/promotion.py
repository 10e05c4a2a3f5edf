"""Moving a version to a stage for whoever does not care how the stage is guarded: pages, API and the MLflow protocol.

An app above may install its own way, which asks for approval where the transition alone would only be refused.
"""

from collections.abc import Callable
from typing import Protocol

from accounts.principals import Principal
from registry.models import ModelVersion
from registry.operations import transition_stage
from registry.rules import Stage


class Way(Protocol):
    """How a version gets to a stage; raises a Refusal when it does not."""

    def __call__(
        self,
        actor: Principal,
        /,
        version: ModelVersion,
        to_stage: Stage,
        *,
        archive_existing: bool = False,
        reason: str = "",
    ) -> ModelVersion: ...


#: Sentences about what a step would take, for the page that offers it.
Forecast = Callable[[ModelVersion, Stage], list[str]]

_ways: list[Way] = [transition_stage]
_forecasts: list[Forecast] = []


def install(way: Way, forecast: Forecast) -> None:
    """Let versions get to their stages this way, and say beforehand what that takes. For ``AppConfig.ready()``."""
    _ways[:], _forecasts[:] = [way], [forecast]


def forecast(version: ModelVersion, to_stage: Stage) -> list[str]:
    """What the step would take, in sentences."""
    return [sentence for said in _forecasts for sentence in said(version, to_stage)]


def promote(
    actor: Principal, version: ModelVersion, to_stage: Stage, *, archive_existing: bool = False, reason: str = ""
) -> ModelVersion:
    """Move a version to a stage by the installed way. Raises what that raises."""
    return _ways[0](actor, version, to_stage, archive_existing=archive_existing, reason=reason)
