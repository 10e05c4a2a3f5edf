"""Trying the gates for somebody who has not asked yet. Nobody decides on what they say; a request asks them anew."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from accounts.principals import Principal, System
from accounts.roles import Action
from approvals.models import GateOutcome, GateTrial
from approvals.policy import Gate
from approvals.recalled import with_recalls
from approvals.standing import standing_of
from audit.operation import after_commit, bulk_write, require
from registry.models import ModelVersion
from registry.rules import Stage


@bulk_write
def begin_trial(actor: Principal, version: ModelVersion, to_stage: Stage) -> GateTrial:
    """Let a worker try the gates that a step asks for; what was found before is forgotten."""
    require(Action.REQUEST, version)
    standing = standing_of(version.model)
    waiting = waiting_results(with_recalls(standing.requirement(to_stage), version).gates)
    values = {"policy": standing.digest, "results": waiting, "begun_at": timezone.now(), "ended_at": None}
    trial, _ = GateTrial.objects.update_or_create(version=version, to_stage=to_stage, defaults=values)
    after_commit(_wake, trial.pk)
    return trial


@bulk_write
def store_trial(actor: System, trial: GateTrial, results: Sequence[dict[str, Any]], *, ended: bool) -> None:
    """Keep how far a trial has come, unless it was begun anew meanwhile."""
    require(Action.REQUEST, trial.version)
    same = GateTrial.objects.filter(pk=trial.pk, begun_at=trial.begun_at, ended_at=None)
    same.update(results=list(results), ended_at=timezone.now() if ended else None)


def waiting_results(gates: Sequence[Gate]) -> list[dict[str, Any]]:
    """The results of gates that were not evaluated yet."""
    waiting = str(GateOutcome.WAITING)
    return [{"name": gate.name, "type": gate.type, "hard": gate.hard, "outcome": waiting} for gate in gates]


def _wake(trial_pk: int) -> None:
    from approvals.tasks import try_gates

    try_gates.delay(trial_pk)
