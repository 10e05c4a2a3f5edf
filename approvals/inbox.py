"""Requests as lists: what waits for somebody, what they asked for, what goes on."""

from typing import Final

from django.db.models import Q

from accounts.principals import Principal
from accounts.roles import Action
from approvals.models import PromotionRequest, RequestKind, RequestState
from approvals.queries import whole_requests
from approvals.querysets import PromotionRequestQuerySet

TABS: Final = {
    "waiting": "Wait for me",
    "mine": "Asked by me",
    "open": "All open",
    "closed": "Ended",
}


def requests_in(reader: Principal, tab: str) -> PromotionRequestQuerySet:
    """The requests of one tab that ``reader`` may see, the newest first."""
    seen = whole_requests().visible_to(reader).order_by("-created_at", "-pk")
    if tab == "mine":
        return seen.filter(requester=reader.user)
    if tab == "closed":
        return seen.filter(closed_at__isnull=False)
    return seen.open() if tab == "open" else _waiting(seen, reader)


def waiting_for(reader: Principal) -> PromotionRequestQuerySet:
    """The requests on which ``reader`` may decide and has not, and the emergencies to ratify; one query."""
    return _waiting(whole_requests().visible_to(reader).order_by("created_at", "pk"), reader)


def count_waiting(reader: Principal) -> int:
    """How many wait; one query."""
    return _waiting(PromotionRequest.objects.visible_to(reader), reader).count()


def _waiting(requests: PromotionRequestQuerySet, reader: Principal) -> PromotionRequestQuerySet:
    projects = reader.project_ids_with(Action.DECIDE)
    unratified = Q(kind=RequestKind.BREAK_GLASS, state=RequestState.EXECUTED, ratified_at=None)
    wanted = Q(state=RequestState.AWAITING) | unratified
    decided = Q(revisions__decisions__person=reader.user, revisions__superseded_at=None)
    mine = requests.filter(wanted, project__in=projects).exclude(requester=reader.user)
    return mine.exclude(pk__in=PromotionRequest.objects.filter(decided).values("pk"))
