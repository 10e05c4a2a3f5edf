"""Who could decide on a step: people with the right, and what stands against some of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounts.matrix import Held, rights_to
from accounts.models import User
from accounts.roles import Action
from accounts.scopes import Scoped
from approvals.policy import Requirement
from approvals.rules import Makers, Right, stands_against_candidate

_SHOWN: Final = 20
_LOOKED_AT: Final = 500


@dataclass(frozen=True)
class Candidate:
    """Somebody who may decide by role; ``against`` ends a sentence about them, empty when nothing stands against it."""

    person: User
    teams: Sequence[str]
    against: str


@dataclass(frozen=True)
class Candidates:
    """Those who could decide now, and those who could not; the first of either."""

    able: Sequence[Candidate]
    barred: Sequence[Candidate]
    rules: Sequence[str]
    #: How many are not shown.
    more: int


def candidates_of(
    obj: Scoped, makers: Makers, requirement: Requirement, now: datetime, *, decided: Collection[int] = ()
) -> Candidates:
    """Who could decide on a step of ``obj``, without those who have ``decided`` already; two queries."""
    able: list[Candidate] = []
    barred: list[Candidate] = []
    for person, held in rights_to(obj, Action.DECIDE, _LOOKED_AT).items():
        if person.pk in decided:
            continue
        rights = [_right(each) for each in held]
        against = stands_against_candidate(person.pk, rights, makers, requirement, now)
        candidate = Candidate(person, sorted({right.team for right in rights if right.team}), against)
        (barred if against else able).append(candidate)
    more = max(0, len(able) - _SHOWN) + max(0, len(barred) - _SHOWN)
    return Candidates(able[:_SHOWN], barred[:_SHOWN], rules_of(requirement), more)


def rules_of(requirement: Requirement) -> list[str]:
    """What makes an approval count, in sentences."""
    rules = ["Whoever asks cannot approve, nor can tokens and service accounts."]
    if requirement.independence == "strict":
        rules.append("Who registered the version, owns its run or edits its card meanwhile cannot approve either.")
    if requirement.cool_down_hours:
        rules.append(f"A role counts {requirement.cool_down_hours} h after it was given, if the requester did not.")
    if requirement.different_groups and requirement.approvals > 1:
        rules.append("Approvers must stand for different teams.")
    return rules


def _right(held: Held) -> Right:
    binding = held.binding
    since = max(binding.granted_at, held.since or binding.granted_at)
    return Right(since, binding.granted_by_id, binding.team.slug if binding.team else "")
