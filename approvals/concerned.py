"""Whom a request concerns: who could decide on it now, who has, and who answers for the model."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from accounts.matrix import Held, people_who_may, place_of, rows_of
from accounts.models import User
from accounts.principals import Principal
from accounts.roles import Action
from approvals.models import Decision, PromotionRequest
from approvals.policy import Requirement
from approvals.rights import makers_of
from approvals.rules import Decider, Right, stands_against


def people_who_count(request: PromotionRequest, requirement: Requirement, now: datetime) -> list[User]:
    """The people whose decision would count now, if they came and gave their password; a fixed number of queries."""
    makers = makers_of(request)
    people = people_who_may(request, Action.DECIDE).exclude(pk=makers.requester)
    rows = rows_of(people.select_related("project"), place_of(request, None), None)
    return [
        row.user
        for row in rows
        if not stands_against(_decider(row.user, row.cell(Action.DECIDE).ways, now), makers, requirement, now)
    ]


def people_with_votes(request: PromotionRequest) -> list[User]:
    """Those who decided on any revision of it."""
    voted = Decision.objects.filter(revision__request=request).values("person")
    return list(User.objects.filter(pk__in=voted).order_by("username"))


def people_to_alarm(request: PromotionRequest) -> list[User]:
    """Those whom an emergency concerns: who may decide, govern or manage, and the model's owner."""
    wanted = Q(pk=request.model.owner_id)
    for action in (Action.DECIDE, Action.GOVERN, Action.MANAGE):
        wanted |= Q(pk__in=people_who_may(request, action).order_by().values("pk"))
    return list(User.objects.filter(wanted).order_by("username"))


def who_may_see(request: PromotionRequest, people: Iterable[User]) -> list[User]:
    """Each of them once, without those who are gone or may no longer see the model."""
    once = {person.pk: person for person in people if person.is_active and person.is_human}
    return [person for person in once.values() if Principal(person, auth="task").may(Action.VIEW, request)]


def _decider(person: User, ways: Iterable[Held], now: datetime) -> Decider:
    rights = [
        Right(max(way.binding.granted_at, way.since or way.binding.granted_at), way.binding.granted_by_id)
        for way in ways
    ]
    return Decider(person.pk, is_human=True, by_session=True, signed_in_at=now, rights=rights)
