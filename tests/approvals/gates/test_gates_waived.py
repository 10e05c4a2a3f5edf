"""What every gate has in common: it can be waived unless it is hard, and whatever goes wrong in it blocks."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from approvals import gates
from approvals.exceptions import MayNotDecide
from approvals.gate_types import GATE_TYPES
from approvals.gates import EVALUATORS, evaluate, with_waiver
from approvals.gates.base import failed
from approvals.models import GateOutcome, Waiver
from approvals.operations import open_request, waive_gate
from approvals.policy import Gate
from approvals.queries import newest_revision, requirement_of
from audit import guard
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked

#: For each type what a bare version, registered from an outside store, cannot fulfil.
UNFULFILLED = {
    "card_complete": {},
    "change_window": {"days": ["Mon"], "from": "00:00", "to": "00:01"},
    "external_check": {"check": "evaluation"},
    "human_checklist": {"items": ["Everybody knows."]},
    "integrity": {},
    "metric_threshold": {"metric": "accuracy", "at_least": 0.9},
    "metric_vs_incumbent": {"metric": "accuracy", "direction": "higher"},
    "provenance_complete": {},
    "required_tags": {"keys": ["owner_team"]},
    "scan_result": {"scan": "vulnerabilities"},
    "signature_verified": {},
    "staging_soak": {"hours": 1},
}
REASON = "Agreed with risk management on the phone."


@pytest.fixture
def ask_for(set_policy, contributor, make_version, promote, version, time_machine_at):
    """Opens a request for the bare version, with one gate; there is an incumbent, made of nothing better."""

    def ask(kind, *, hard=False):
        promote(make_version())
        set_policy(gates=json.dumps([{"type": kind, "name": "the gate", "hard": hard, **UNFULFILLED[kind]}]))
        age_roles()
        return checked(open_request(contributor, version, Stage.PRODUCTION))

    return ask


def result_of(request):
    return newest_revision(request).gates.get()


def test_every_type_of_gate_has_an_evaluator():
    # What a version was made of is recalled in tests/lineage.
    assert EVALUATORS.keys() == GATE_TYPES.keys() == UNFULFILLED.keys() | {"no_recalled_inputs"}


@pytest.mark.parametrize("kind", UNFULFILLED)
def test_a_gate_that_blocks_can_be_waived(kind, ask_for, approver):
    request = ask_for(kind)
    before = result_of(request)
    assert before.outcome in (GateOutcome.FAIL, GateOutcome.ERROR, GateOutcome.WARN)
    assert before.sentence.endswith(".")

    waive_gate(approver, request, "the gate", reason=REASON, signed_in_at=timezone.now())

    waived = result_of(checked(request))
    if before.outcome == GateOutcome.WARN:  # waits for its time, and is waived when the step is taken
        assert kind == "change_window"
        return
    assert waived.outcome == GateOutcome.WAIVED
    assert waived.sentence == f"Waived: {REASON} ({before.sentence})"
    assert (waived.observed, waived.expected) == (before.observed, before.expected)


@pytest.mark.parametrize("kind", UNFULFILLED)
def test_a_hard_gate_cannot_be_waived(kind, ask_for, approver):
    request = ask_for(kind, hard=True)
    before = result_of(request)

    with pytest.raises(MayNotDecide, match="hard: nobody can waive it"):
        waive_gate(approver, request, "the gate", reason=REASON, signed_in_at=timezone.now())

    now = timezone.now()
    with guard.lifted():
        Waiver.objects.create(
            request=request, gate="the gate", person=approver.user, reason=REASON, at=now, expires_at=now + timedelta(1)
        )
    gate = requirement_of(newest_revision(request)).gates[0]
    assert with_waiver(request, gate, evaluate(request, gate)).outcome != GateOutcome.WAIVED
    assert result_of(request).outcome == before.outcome


@pytest.mark.parametrize("kind", UNFULFILLED)
def test_a_fault_of_an_evaluator_is_an_error_that_blocks(kind, ask_for, monkeypatch, caplog):
    def fault(context, config):
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setitem(gates.EVALUATORS, kind, fault)

    result = result_of(ask_for(kind))

    assert result.outcome == GateOutcome.ERROR
    assert result.sentence == "This gate could not be evaluated (ZeroDivisionError): let an administrator see the log."
    assert "nobody thought of this" not in result.sentence
    assert "nobody thought of this" in caplog.text


def test_a_waiver_that_has_expired_no_longer_counts(ask_for, approver):
    request = ask_for("required_tags")
    now = timezone.now()
    with guard.lifted():
        Waiver.objects.create(
            request=request, gate="the gate", person=approver.user, reason=REASON, at=now, expires_at=now
        )

    assert with_waiver(request, Gate("required_tags", "the gate"), failed("No.")).outcome == GateOutcome.FAIL


def test_what_passes_is_not_touched_by_a_waiver(ask_for, approver, contributor):
    from registry.operations import set_version_tag

    request = ask_for("required_tags")
    waive_gate(approver, request, "the gate", reason=REASON, signed_in_at=timezone.now())
    set_version_tag(contributor, request.version, "owner_team", "risk")

    assert result_of(checked(request)).outcome == GateOutcome.PASS
