"""Versions whose files lie in a store that this server does not keep: the policy says whether they may rise."""

import pytest

from approvals import checks
from approvals.exceptions import GatesBlock, InvalidPolicy
from approvals.models import GateResult
from approvals.operations import assign_policy, open_request, publish_policy
from approvals.policy import read_policy
from registry.models import ModelVersion
from registry.rules import Stage
from tests.approvals.scene import age_roles, checked, policy_text, vote

REFUSED = "Its files lie at s3://bucket/fraud, and this server does not keep its files there"
ALLOWED = (
    "Its files lie at s3://bucket/fraud, where this server can neither freeze nor check them: only the address is "
    "approved."
)


def stage_of(version):
    return ModelVersion.objects.get(pk=version.pk).stage


@pytest.mark.parametrize("outside", ["", ", outside: refuse"])
def test_integrity_refuses_them_in_one_sentence(outside, set_policy, contributor, approver, version):
    set_policy(gates=f"[{{type: integrity, hard: true{outside}}}]")
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))

    with pytest.raises(GatesBlock, match=REFUSED):
        vote(approver, request)
    assert GateResult.objects.get().outcome == "error"
    assert stage_of(version) == Stage.NONE


def test_the_policy_can_let_them_pass_with_a_warning(set_policy, contributor, approver, version):
    set_policy(gates="[{type: integrity, hard: true, outside: allow}]")
    age_roles()
    request = checked(open_request(contributor, version, Stage.PRODUCTION))

    vote(approver, request)

    result = GateResult.objects.get()
    assert (result.outcome, result.sentence) == ("warn", ALLOWED)
    assert stage_of(version) == Stage.PRODUCTION


def test_without_the_gate_nothing_is_asked(policy, contributor, approver, version):
    age_roles()

    assert vote(approver, checked(open_request(contributor, version, Stage.PRODUCTION))).state == "executed"
    assert ModelVersion.objects.get(pk=version.pk).content_digest == ""


def test_staging_says_the_same(admin, project, contributor, version):
    text = policy_text().replace("approvals: 0", "approvals: 0\n    gates: [{type: integrity}]")
    assign_policy(admin, project, publish_policy(admin, project, text))

    request = checked(open_request(contributor, version, Stage.STAGING))
    checks.go_on(request.pk)

    assert GateResult.objects.get().sentence.startswith(REFUSED)
    assert stage_of(version) == Stage.NONE


def test_a_policy_knows_only_these_two_words():
    with pytest.raises(InvalidPolicy, match="“outside” is refuse or allow"):
        read_policy(policy_text(gates="[{type: integrity, outside: perhaps}]"))
