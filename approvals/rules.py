"""Pure rules of deciding: who may, and whether enough people did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from approvals.policy import Requirement

BREAK_GLASS_REASON = 30
WAIVER_REASON = 10


@dataclass(frozen=True)
class Right:
    """One way in which somebody holds the right to decide: since when, by whose grant, through which team."""

    since: datetime
    granted_by: int | None
    team: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Decider:
    """What counts about a person who wants to decide; ``signed_in_at`` is when they last gave a password."""

    person: int
    is_human: bool
    by_session: bool
    signed_in_at: datetime | None
    rights: Sequence[Right] = ()


@dataclass(frozen=True)
class Makers:
    """Who asked for a step, and who made what would take it; numbers of people."""

    requester: int
    others: dict[int, str] = field(default_factory=dict)


def stands_against(decider: Decider, makers: Makers, requirement: Requirement, now: datetime) -> str:
    """Why this person may not decide, as a sentence; empty when they may."""
    if not decider.is_human:
        return "A service account cannot decide: approvals need a person."
    if not decider.by_session:
        return "A token cannot decide: sign in on the page of the request."
    if decider.person == makers.requester:
        return "You asked for this yourself: somebody else has to decide."
    if requirement.independence == "strict" and decider.person in makers.others:
        return f"The policy asks for independent approvers, and you {makers.others[decider.person]}."
    if not decider.rights:
        return "You may not decide here: it takes the role approver."
    if reason := _no_right_counts(decider.rights, makers, requirement, now):
        return reason
    if not _fresh(decider.signed_in_at, requirement, now):
        return f"Give your password again: it was asked more than {requirement.step_up_minutes} minutes ago."
    return ""


def stands_against_candidate(
    person: int, rights: Sequence[Right], makers: Makers, requirement: Requirement, now: datetime
) -> str:
    """Why somebody with the right could not decide now, as the end of a sentence about them; empty when nothing."""
    if person == makers.requester:
        return "asks for it"
    if requirement.independence == "strict" and person in makers.others:
        return _ABOUT_OTHERS.get(makers.others[person], makers.others[person])
    if counting_rights(rights, makers, requirement, now):
        return ""
    foreign = [right for right in rights if right.granted_by != makers.requester]
    if not foreign:
        return "holds the role only by the requester's grant"
    hours = requirement.cool_down_hours
    ripe_at = min(right.since for right in foreign) + timedelta(hours=hours)
    return f"can from {_moment(ripe_at, now)}: the role is younger than {hours} h"


#: What makers did, said about somebody else.
_ABOUT_OTHERS: Final = {"own the run it came from": "owns the run it came from"}


def _moment(moment: datetime, now: datetime) -> str:
    """A moment that is near, as people say it."""
    days = (moment.date() - now.date()).days
    return f"{moment:%H:%M} UTC {('today', 'tomorrow')[days]}" if 0 <= days < 2 else f"{moment:%Y-%m-%d %H:%M} UTC"


def counting_rights(rights: Iterable[Right], makers: Makers, requirement: Requirement, now: datetime) -> list[Right]:
    """The rights that count: old enough, and not given by the requester."""
    ripe = now - timedelta(hours=requirement.cool_down_hours)
    return [right for right in rights if right.since <= ripe and right.granted_by != makers.requester]


def _no_right_counts(rights: Sequence[Right], makers: Makers, requirement: Requirement, now: datetime) -> str:
    if counting_rights(rights, makers, requirement, now):
        return ""
    foreign = [right for right in rights if right.granted_by != makers.requester]
    if not foreign:
        return "Your role was given to you by the requester, so it does not count for this request."
    ripe_at = min(right.since for right in foreign) + timedelta(hours=requirement.cool_down_hours)
    return f"Your role is too new: it counts from {ripe_at:%Y-%m-%d %H:%M} UTC."


def _fresh(signed_in_at: datetime | None, requirement: Requirement, now: datetime) -> bool:
    return signed_in_at is not None and now - signed_in_at <= timedelta(minutes=requirement.step_up_minutes)


@dataclass(frozen=True)
class Vote:
    """An approval that counts, with the teams through which it was given."""

    person: int
    groups: frozenset[str] = frozenset()


def missing_approvals(votes: Iterable[Vote], requirement: Requirement) -> int:
    """How many more people have to approve; 0 when there are enough."""
    by_person = {vote.person: vote for vote in votes}
    counted = _spread(list(by_person.values())) if requirement.different_groups else len(by_person)
    return max(0, requirement.approvals - counted)


def _spread(votes: list[Vote]) -> int:
    """The most people that can be chosen so that each stands for another team (a maximum matching)."""
    taken: dict[str, int] = {}

    def place(index: int, tried: set[str]) -> bool:
        for group in sorted(votes[index].groups - tried):
            tried.add(group)
            if group not in taken or place(taken[group], tried):
                taken[group] = index
                return True
        return False

    return sum(place(index, set()) for index in range(len(votes)))
