"""The fields of messages about promotion requests: what a receiver needs to act on them without asking again."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.utils import timezone

from accounts.models import User
from approvals.concerned import people_who_count
from approvals.links import request_url
from approvals.models import PromotionRequest, RequestRevision
from approvals.policy import Requirement
from approvals.queries import counted_votes, newest_revision, requirement_of
from approvals.rules import missing_approvals
from approvals.standing import standing_of

#: The audit event's body.
Facts = Mapping[str, Any]


def _requirement(request: PromotionRequest) -> Requirement:
    """What people are asked: of an emergency, what would be asked now."""
    if request.ratify_by is not None:
        return standing_of(request.model).requirement(request.to_stage)
    return requirement_of(newest_revision(request))


def _approvers(request: PromotionRequest, facts: Facts) -> list[str]:
    """Whose decision would count now."""
    people = people_who_count(request, _requirement(request), timezone.now())
    return [person.username for person in people]


def _missing(request: PromotionRequest, facts: Facts) -> int:
    revision, requirement = newest_revision(request), _requirement(request)
    return missing_approvals(counted_votes(request, revision, requirement, timezone.now()), requirement)


def _names(uids: Iterable[str]) -> list[str]:
    return list(User.objects.filter(uid__in=uids).order_by("username").values_list("username", flat=True))


def _by(request: PromotionRequest, facts: Facts) -> str:
    """Who did it; the server itself is called by its pseudonym in the log."""
    uid = facts["actor"]["id"]
    return next(iter(_names([uid])), uid)


def _cause(request: PromotionRequest, facts: Facts) -> str:
    """Why a revision was superseded, or why the request ended."""
    if facts["before"] and "revision" in facts["before"]:
        return RequestRevision.objects.get(request=request, number=facts["before"]["revision"]).cause
    return request.outcome


FINDERS: Final[Mapping[str, Callable[[PromotionRequest, Facts], Any]]] = {
    "request": lambda request, facts: request.pk,
    "url": lambda request, facts: request_url(request),
    "name": lambda request, facts: request.model.name,
    "version": lambda request, facts: str(request.version.number),
    "to_stage": lambda request, facts: str(request.to_stage),
    "kind": lambda request, facts: str(request.kind),
    "state": lambda request, facts: str(request.state),
    "requester": lambda request, facts: request.requester.username,
    "revision": lambda request, facts: facts["after"]["revision"],
    "subject_digest": lambda request, facts: facts["after"]["subject"],
    "gates": lambda request, facts: facts["after"]["gates"],
    "missing_approvals": _missing,
    "approvers": _approvers,
    "expires_at": lambda request, facts: request.expires_at.isoformat(),
    "voided_decisions_of": lambda request, facts: _names(facts["after"]["voided"]),
    "cause": _cause,
    "by": _by,
    "verdict": lambda request, facts: facts["after"]["verdict"],
    "incident": lambda request, facts: request.incident,
    "ratify_by": lambda request, facts: request.ratify_by.isoformat() if request.ratify_by else None,
}
