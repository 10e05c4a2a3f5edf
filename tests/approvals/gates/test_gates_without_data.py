"""A version of which nothing is known: no gate passes for want of data."""

import pytest

from approvals.gates import EVALUATORS

ASKED = {
    "metric_threshold": {"metric": "auc", "at_least": 0.0},
    "metric_vs_incumbent": {"metric": "auc", "direction": "higher"},
    "required_tags": {"keys": ["owner_team"]},
    "card_complete": {},
    "provenance_complete": {},
    "integrity": {},
    "signature_verified": {"key": ""},
    "scan_result": {"scan": "vulnerabilities"},
    "external_check": {"check": "evaluation"},
    "staging_soak": {"hours": 1},
    "change_window": {"days": [], "from": "00:00", "to": "23:59"},
    "human_checklist": {"items": ["Teams know the date."]},
}
#: Passes while nobody has recalled anything; what is not known of a version's making is `provenance_complete`'s to say.
OF_WHAT_PEOPLE_SAY = "no_recalled_inputs"


@pytest.mark.parametrize("kind", sorted(set(EVALUATORS) - {OF_WHAT_PEOPLE_SAY}))
def test_no_gate_passes_for_want_of_data(kind, incumbent_that_was_measured, version, judge):
    result = judge(version, kind, **ASKED[kind])

    assert result.outcome in ("fail", "error")
    assert result.sentence


@pytest.fixture
def incumbent_that_was_measured(make_version, promote):
    """What is in Production can be compared with; the version cannot."""
    return promote(make_version(metrics={"auc": 0.9}, datasets=[("cards", "d1", "test")]))
