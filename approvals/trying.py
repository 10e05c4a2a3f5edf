"""Trying gates for somebody who is about to ask: work for which a page waits, and nobody else."""

from django.utils import timezone

from approvals.actors import PROMOTIONS
from approvals.gate_types import GATE_TYPES
from approvals.gates import evaluate_in
from approvals.gates.base import Context
from approvals.models import GateTrial
from approvals.operations.trials import store_trial, waiting_results
from approvals.recalled import with_recalls
from approvals.standing import standing_of


def try_gates(trial_pk: int) -> None:
    """Evaluate the gates of a trial, one by one, those that read files last."""
    related = ("version__model__project", "version__run__experiment", "version__logged_model__experiment")
    trial = GateTrial.objects.filter(pk=trial_pk, ended_at=None).select_related(*related).first()
    if trial is None:
        return
    version = trial.version
    gates = with_recalls(standing_of(version.model).requirement(trial.to_stage), version).gates
    results = waiting_results(gates)
    for position in sorted(range(len(gates)), key=lambda place: GATE_TYPES[gates[place].type].slow):
        gate = gates[position]
        context = Context(version, None, timezone.now(), to_stage=trial.to_stage, gate=gate.name, trial=True)
        said = evaluate_in(context, gate)
        columns = {key: str(said.columns()[key]) for key in ("outcome", "sentence", "observed", "expected")}
        results[position] = {"name": gate.name, "type": gate.type, "hard": gate.hard, **columns}
        store_trial(PROMOTIONS, trial, results, ended=False)
    store_trial(PROMOTIONS, trial, results, ended=True)
