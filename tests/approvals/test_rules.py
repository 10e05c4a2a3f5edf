"""Every rule of four eyes, one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from approvals.policy import Requirement
from approvals.rules import Decider, Makers, Right, Vote, missing_approvals, stands_against

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=30)
MAKERS = Makers(requester=1, others={3: "registered the version"})
LOOSE = Requirement("Production", approvals=1)
STRICT = Requirement("Production", approvals=1, independence="strict")


def decider(person=2, **given):
    facts = {
        "is_human": True,
        "by_session": True,
        "signed_in_at": NOW - timedelta(minutes=2),
        "rights": [Right(OLD, granted_by=9)],
    }
    return Decider(person, **facts | given)


@pytest.mark.parametrize(
    ("somebody", "requirement", "sentence"),
    [
        (decider(), LOOSE, ""),
        (decider(), STRICT, ""),
        (decider(1), LOOSE, "You asked for this yourself"),
        (decider(1), STRICT, "You asked for this yourself"),
        (decider(3), LOOSE, ""),
        (decider(3), STRICT, "you registered the version"),
        (decider(is_human=False), LOOSE, "A service account cannot decide"),
        (decider(by_session=False), LOOSE, "A token cannot decide"),
        (decider(rights=[]), LOOSE, "it takes the role approver"),
        (decider(rights=[Right(NOW - timedelta(hours=23), granted_by=9)]), LOOSE, "too new: it counts from"),
        (decider(rights=[Right(NOW - timedelta(hours=24), granted_by=9)]), LOOSE, ""),
        (decider(rights=[Right(OLD, granted_by=1)]), LOOSE, "given to you by the requester"),
        (decider(rights=[Right(OLD, granted_by=1), Right(OLD, granted_by=9)]), LOOSE, ""),
        (decider(rights=[Right(OLD, granted_by=1), Right(NOW, granted_by=9)]), LOOSE, "too new"),
        (decider(rights=[Right(OLD, granted_by=None)]), LOOSE, ""),
        (decider(signed_in_at=None), LOOSE, "Give your password again"),
        (decider(signed_in_at=NOW - timedelta(minutes=16)), LOOSE, "more than 15 minutes ago"),
    ],
)
def test_who_may_decide(somebody, requirement, sentence):
    said = stands_against(somebody, MAKERS, requirement, NOW)

    assert sentence in said if sentence else said == ""


@pytest.mark.parametrize(
    ("votes", "asked", "different", "missing"),
    [
        ([], 0, False, 0),
        ([], 1, False, 1),
        ([Vote(1)], 1, False, 0),
        ([Vote(1), Vote(1)], 2, False, 1),
        ([Vote(1), Vote(2)], 2, False, 0),
        ([Vote(1, frozenset("a")), Vote(2, frozenset("a"))], 2, True, 1),
        ([Vote(1, frozenset("a")), Vote(2, frozenset("b"))], 2, True, 0),
        ([Vote(1, frozenset("ab")), Vote(2, frozenset("a"))], 2, True, 0),
        ([Vote(1, frozenset("ab")), Vote(2, frozenset("ab")), Vote(3, frozenset("ab"))], 3, True, 1),
        ([Vote(1), Vote(2)], 2, True, 2),
    ],
)
def test_a_quorum_counts_distinct_people(votes, asked, different, missing):
    requirement = Requirement("Production", approvals=asked, different_groups=different)

    assert missing_approvals(votes, requirement) == missing
