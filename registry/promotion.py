"""Moving a version to a stage for whoever does not care how the stage is guarded: pages, API and the MLflow protocol.

An app above may install its own way, which asks for approval where the transition alone would only be refused, and its
own page for steps that raise trust.
"""

from collections.abc import Callable
from typing import Any, Protocol

from django.http import HttpResponse

from accounts.principals import Principal
from accounts.views.requests import PageRequest
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


#: The page on which somebody raises a version to a stage; it gets what every page of the version shows.
Dialog = Callable[[PageRequest, dict[str, Any], Stage], HttpResponse]

_ways: list[Way] = [transition_stage]
_dialogs: list[Dialog] = []


def install(way: Way, dialog: Dialog) -> None:
    """Let versions get to their stages this way, and people ask for it on this page. For ``AppConfig.ready()``."""
    _ways[:], _dialogs[:] = [way], [dialog]


def dialog() -> Dialog | None:
    """The page for steps that raise trust; None when nobody has installed one."""
    return _dialogs[0] if _dialogs else None


def promote(
    actor: Principal, version: ModelVersion, to_stage: Stage, *, archive_existing: bool = False, reason: str = ""
) -> ModelVersion:
    """Move a version to a stage by the installed way. Raises what that raises."""
    return _ways[0](actor, version, to_stage, archive_existing=archive_existing, reason=reason)
