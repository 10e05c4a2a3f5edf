"""Reading policies, and saying which of two asks for less."""

from pathlib import Path

import pytest

from approvals.exceptions import InvalidPolicy
from approvals.policy import Requirement, combined, loosened, read_policy
from approvals.standing import SHIPPED
from tests.approvals.scene import policy_text


def shipped(name):
    return read_policy((SHIPPED / f"{name}.yaml").read_text())


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_shipped_policies_can_be_read(file: Path):
    policy = read_policy(file.read_text())

    assert policy.name == file.stem
    assert policy.summary


def test_what_is_kept_of_a_requirement_reads_back_the_same():
    requirement = shipped("regulated").requirement("Production", "high")

    kept = Requirement.from_document(requirement.as_document())

    assert kept.as_document() == requirement.as_document()
    assert len(kept.gates) == 10


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "empty"),
        ("a: [", 1, "not YAML"),
        ("x: &a 1\ny: *a", 1, "Anchors"),
        ("- a\n- b", 1, "keys and values"),
        (policy_text(name="Bad Name"), 3, "small letters"),
        (policy_text() + "more: 1\n", 18, "means nothing in a policy"),
        (policy_text(approvals=-1), 14, "whole number"),
        (policy_text(approvals=11), 14, "At most 10"),
        (policy_text(approvals="two"), 14, "whole number"),
        (policy_text(independence="sometimes"), 4, "requester or strict"),
        (policy_text(gates="[{type: nonsense}]"), 17, "There is no gate"),
        (policy_text(gates="[{type: metric_threshold, metric: auc}]"), 17, "at_least"),
        (policy_text(gates="[{type: metric_threshold, metric: auc, at_least: .nan}]"), 17, "is a number"),
        (policy_text(gates="[{type: integrity}, {type: integrity}]"), 17, "Two gates are called"),
        (policy_text(gates="[{type: change_window, days: [Mon], from: '16:00', to: '07:00'}]"), 17, "begins before"),
        (policy_text(gates="[hello]"), 17, "begins with its type"),
        (policy_text().replace("  Staging:", "  Canary:"), 11, "means nothing in transitions"),
    ],
)
def test_a_mistake_is_said_at_its_line(text, line, sentence):
    with pytest.raises(InvalidPolicy) as refusal:
        read_policy(text)

    assert any(sentence in error.sentence for error in refusal.value.errors), refusal.value.errors
    assert any(error.line == line for error in refusal.value.errors), refusal.value.errors


def test_all_mistakes_are_said_at_once():
    with pytest.raises(InvalidPolicy) as refusal:
        read_policy(policy_text(approvals=-1, independence="no", skip_staging="maybe"))

    assert len(refusal.value.errors) == 3


def test_less_is_noticed():
    assert loosened(shipped("solo"), shipped("four-eyes")) == []
    assert loosened(shipped("four-eyes"), shipped("solo"))
    assert any("gate" in what for what in loosened(shipped("regulated"), shipped("four-eyes")))


def test_a_model_can_only_add_to_its_project():
    project = shipped("four-eyes").requirement("Production", "medium")
    own = shipped("solo").requirement("Production", "medium")

    both = combined(project, own)

    assert both.approvals == 1
    assert not both.skip_staging
    assert [gate.name for gate in both.gates] == ["integrity"]
