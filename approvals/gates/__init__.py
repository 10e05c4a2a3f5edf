"""Evaluating gates: one module per family, one function per type, all of the same shape."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping

from django.utils import timezone

from approvals.gate_types import GATE_TYPES
from approvals.gates import clock, content, evidence, metrics, outside, people, provenance, recalls
from approvals.gates.base import Context, Evaluator, Result, error
from approvals.models import GateOutcome, GateResult, PromotionRequest, RequestRevision, Waiver
from approvals.policy import Gate, Requirement
from approvals.queries import requirement_of, waivers_of
from registry.models import ModelVersion

log = logging.getLogger(__name__)

EVALUATORS: dict[str, Evaluator] = {
    "card_complete": evidence.card_complete,
    "change_window": clock.change_window,
    "external_check": outside.external_check,
    "human_checklist": people.human_checklist,
    "integrity": content.integrity,
    "metric_threshold": metrics.metric_threshold,
    "metric_vs_incumbent": metrics.metric_vs_incumbent,
    "no_recalled_inputs": recalls.no_recalled_inputs,
    "provenance_complete": provenance.provenance_complete,
    "required_tags": evidence.required_tags,
    "scan_result": outside.scan_result,
    "signature_verified": content.signature_verified,
    "staging_soak": clock.staging_soak,
}


def evaluate(request: PromotionRequest, gate: Gate) -> Result:
    """What a gate says now, waivers apart; a fault of the evaluator is an error that blocks, never a pass."""
    return evaluate_in(Context(request.version, request, timezone.now(), gate=gate.name), gate)


def evaluate_in(context: Context, gate: Gate) -> Result:
    """What a gate says about what the context holds, which may be a version without a request."""
    try:
        return EVALUATORS[gate.type](context, gate.config)
    except Exception as fault:
        # Whatever goes wrong must block, and say so.
        log.exception("the gate %s could not be evaluated for %s", gate.name, context.version)
        return error(f"This gate could not be evaluated ({type(fault).__name__}): let an administrator see the log.")


def evaluate_beforehand(
    version: ModelVersion, to_stage: str, requirement: Requirement, *, only: Collection[Gate] | None = None
) -> Iterator[tuple[Gate, Result]]:
    """What every gate, or only some, would say now about a version for which nobody has asked yet."""
    now = timezone.now()
    for gate in requirement.gates if only is None else only:
        yield gate, evaluate_in(Context(version, None, now, to_stage=str(to_stage), gate=gate.name), gate)


def evaluate_now(
    request: PromotionRequest, revision: RequestRevision, only: Callable[[Gate], bool], known: Mapping[str, Result]
) -> list[GateResult]:
    """Evaluate some gates at once, inside an operation that cannot wait; the others stay ``waiting`` and left out.

    What is ``known`` by name of gates that read files was found before any row was held.
    """
    chosen = []
    results = {result.position: result for result in revision.gates.all()}
    for position, gate in enumerate(requirement_of(revision).gates):
        if only(gate):
            kept = results[position]
            said = known[gate.name] if gate.name in known else evaluate(request, gate)
            for field, value in said.columns().items():
                setattr(kept, field, value)
            kept.evaluated_at = timezone.now()
            kept.save()
            chosen.append(kept)
    return chosen


def with_waiver(request: PromotionRequest, gate: Gate, result: Result) -> Result:
    """The result as it counts: a blocking one is waived while a waiver holds, unless the gate is hard."""
    return _waived(gate, result, waivers_of(request, timezone.now()))


def _waived(gate: Gate, result: Result, waivers: Mapping[str, Waiver]) -> Result:
    if gate.hard or not result.blocks:
        return result
    waiver = waivers.get(gate.name)
    return result.waived(waiver.reason) if waiver else result


def judged_again(
    request: PromotionRequest, revision: RequestRevision, requirement: Requirement
) -> Iterator[tuple[GateResult, Result]]:
    """Every gate with what it said when people were asked, and how it counts now, at the moment of a decision or step.

    Those that read files are not asked again: what they said holds for as long as the content digest does, unless it
    was waived and the waiver is over.
    """
    waivers = waivers_of(request, timezone.now())
    for kept in revision.gates.all():
        gate = requirement.gates[kept.position]
        if not GATE_TYPES[gate.type].slow:
            yield kept, _waived(gate, evaluate(request, gate), waivers)
        elif kept.outcome == GateOutcome.WAIVED and gate.name not in waivers:
            yield kept, Result(GateOutcome.FAIL, "Its waiver is over.", kept.observed, kept.expected)
        else:
            yield kept, Result(GateOutcome(kept.outcome), kept.sentence, kept.observed, kept.expected)


def has_moved(kept: GateResult, now: Result) -> bool:
    """Whether a gate says something else than people were shown. Those of the clock always do, which is fine."""
    if GATE_TYPES[kept.type].timed:
        return False
    return (str(kept.outcome), kept.observed, kept.expected) != (str(now.outcome), now.observed, now.expected)


__all__ = [
    "EVALUATORS",
    "GateOutcome",
    "evaluate",
    "evaluate_beforehand",
    "evaluate_in",
    "evaluate_now",
    "has_moved",
    "judged_again",
    "with_waiver",
]
