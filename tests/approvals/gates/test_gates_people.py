"""The gate that people tick."""

import json

import pytest

from approvals.models import PromotionRequest
from approvals.operations import answer_checklist, open_request
from approvals.queries import newest_revision
from registry.rules import Stage
from tests.approvals.scene import checked

ITEMS = ["The card says what it is for.", "Affected teams know the date"]
GATES = [
    {"type": "human_checklist", "name": "before", "items": ITEMS},
    {"type": "human_checklist", "name": "after", "items": ITEMS[:1]},
]


@pytest.fixture
def listed(set_policy, contributor, version) -> PromotionRequest:
    """A request with two checklists."""
    set_policy(gates=json.dumps(GATES))
    return checked(open_request(contributor, version, Stage.PRODUCTION))


def results(request):
    return {gate.name: gate for gate in newest_revision(request).gates.all()}


def test_nothing_ticked_fails_and_lists_the_lines(listed):
    gate = results(listed)["before"]

    assert (gate.outcome, gate.observed, gate.expected) == ("fail", "0 of 2 lines ticked", "all 2 lines ticked")
    assert gate.sentence == "Not ticked yet: The card says what it is for; Affected teams know the date."


def test_who_ticked_is_told_with_what_is_left(contributor, approver, listed):
    answer_checklist(approver, listed, "before", ITEMS[0])

    gate = results(checked(listed))["before"]

    assert gate.outcome == "fail"
    assert gate.sentence == "Not ticked yet: Affected teams know the date. Ticked so far by approver."
    assert gate.inputs["ticked"] == {ITEMS[0]: approver.uid}


def test_all_ticked_passes(contributor, approver, listed):
    answer_checklist(contributor, listed, "before", ITEMS[0])
    answer_checklist(approver, listed, "before", ITEMS[1])

    gate = results(checked(listed))["before"]

    assert (gate.outcome, gate.observed) == ("pass", "2 of 2 lines ticked by approver, contributor")
    assert gate.sentence == "Every line was ticked, by approver, contributor."


def test_a_tick_on_one_list_is_none_on_another(approver, listed):
    answer_checklist(approver, listed, "before", ITEMS[0])

    assert results(checked(listed))["after"].outcome == "fail"


def test_ticks_of_an_earlier_request_do_not_count(contributor, approver, listed):
    from approvals.operations import cancel_request

    answer_checklist(approver, listed, "after", ITEMS[0])
    assert results(checked(listed))["after"].outcome == "pass"
    cancel_request(contributor, listed)
    again = checked(open_request(contributor, listed.version, Stage.PRODUCTION))

    assert results(again)["after"].outcome == "fail"


def test_without_a_request_there_is_nothing_to_tick(version, judge):
    result = judge(version, "human_checklist", items=ITEMS)

    assert result.outcome == "fail"
    assert result.sentence == "The checklist is ticked on a request: it has 2 lines."
