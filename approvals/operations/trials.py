"""Trying the gates for somebody who has not asked yet. Nobody decides on what they say; a request asks them anew."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.principals import Principal, System
from accounts.roles import Action
from approvals.models import GateOutcome, GateTrial
from approvals.policy import Gate
from approvals.recalled import with_recalls
from approvals.standing import Standing, standing_of
from audit.operation import after_commit, bulk_write, require
from registry.models import ModelVersion
from registry.rules import Stage

#: Longer than any gate takes: a trial that has not ended for so long has lost its worker.
_LOST: Final = timedelta(minutes=10)


@bulk_write
def begin_trial(actor: Principal, version: ModelVersion, to_stage: Stage) -> GateTrial:
    """Let a worker try the gates that a step asks for; what was found before is forgotten.

    A trial that goes on is left alone when nothing has changed since.
    """
    require(Action.REQUEST, version)
    standing, now = standing_of(version.model), timezone.now()
    pin = pin_of(standing, version)
    going_on = GateTrial.objects.filter(pin=pin, ended_at=None, begun_at__gt=now - _LOST)
    if (trial := going_on.filter(version=version, to_stage=to_stage).first()) is not None:
        return trial
    waiting = waiting_results(with_recalls(standing.requirement(to_stage), version).gates)
    values = {"pin": pin, "results": waiting, "begun_at": now, "ended_at": None}
    trial, _ = GateTrial.objects.update_or_create(version=version, to_stage=to_stage, defaults=values)
    after_commit(_wake, trial.pk)
    return trial


@bulk_write
def store_trial(actor: System, trial: GateTrial, results: Sequence[dict[str, Any]], *, ended: bool) -> None:
    """Keep how far a trial has come, unless it was begun anew meanwhile."""
    require(Action.REQUEST, trial.version)
    same = GateTrial.objects.filter(pk=trial.pk, begun_at=trial.begun_at, ended_at=None)
    same.update(results=list(results), ended_at=timezone.now() if ended else None)


def pin_of(standing: Standing, version: ModelVersion) -> str:
    """What a trial counts for: a policy, and version and model as they are."""
    return f"{standing.digest}/{version.model.updated_at}/{version.updated_at}"


def waiting_results(gates: Sequence[Gate]) -> list[dict[str, Any]]:
    """The results of gates that were not evaluated yet."""
    waiting = str(GateOutcome.WAITING)
    return [{"name": gate.name, "type": gate.type, "hard": gate.hard, "outcome": waiting} for gate in gates]


def _wake(trial_pk: int) -> None:
    from approvals.tasks import try_gates

    try_gates.delay(trial_pk)
