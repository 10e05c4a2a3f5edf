"""Who is told what about requests: for each event of the log, notices to people. What sends them is `notifications`.

A notice says what happened, to which model, who asked and what is needed, and where to look. What people typed (reasons
and comments) stays behind the link: mail cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson
from django.utils import timezone

from accounts.models import User
from accounts.principals import Principal
from approvals.concerned import people_to_alarm, people_who_count, people_with_votes, who_may_see
from approvals.links import request_url
from approvals.masking import Mask
from approvals.models import PromotionRequest, RequestKind, RequestRevision, RequestState, Verdict
from approvals.queries import blocking, counted_votes, newest_revision, requirement_of, whole_requests
from approvals.rules import missing_approvals
from approvals.standing import standing_of
from audit.event_types import EventType as E
from audit.models import AuditEvent

_MOST_NAMED = 5


class Kind(StrEnum):
    """The kinds of notices, each of which a person can switch off."""

    ASKED = "asked"
    VOIDED = "voided"
    DECIDED = "decided"
    EXECUTED = "executed"
    ENDED = "ended"
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class Notice:
    """One message to several people. ``once``, if there is one, is a key under which a person is told only once."""

    kind: StrEnum
    people: tuple[User, ...]
    subject: str
    text: str
    once: str = ""


#: The facts of an event: its body.
_Facts = Mapping[str, Any]
_Writer = Callable[[PromotionRequest, _Facts], Iterable[Notice | None]]


def notices_about(event: AuditEvent) -> list[Notice]:
    """Whom an event of a request concerns, as things stand now, and what they are told."""
    request = whole_requests().select_related("model__owner").filter(pk=event.object_id).first()
    if request is None:
        return []
    return [notice for notice in _WRITERS[event.action](request, orjson.loads(bytes(event.body))) if notice]


def _asked(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    """The gates have spoken: ask people, or tell the requester why nobody is asked."""
    revision = newest_revision(request)
    if request.state != RequestState.AWAITING or revision.number != facts["after"]["revision"]:
        return
    requirement, now = requirement_of(revision), timezone.now()
    missing = missing_approvals(counted_votes(request, revision, requirement, now), requirement)
    if blocked := blocking(revision.gates.all()):
        mask = Mask(Principal(request.requester, auth="task"), request.version, revision.incumbent)
        words = mask.told(blocked[:_MOST_NAMED])
        named = "; ".join(f"{gate['name']}: {gate['sentence']}" for gate in words)
        yield _to_requester(request, "gates hold it up", f"Gates hold up your request. {named}.")
        return
    if not missing:
        return
    people = people_who_count(request, requirement, now)
    needed = f"{_approvals(missing)}, by {request.expires_at:%Y-%m-%d %H:%M} UTC"
    yield _notice(
        Kind.ASKED,
        request,
        people,
        "please decide",
        f"{request.requester} asks that {_what(request)} may go to {request.to_stage}. You may decide about it.",
        needed,
        once=f"asked {request.pk}",
    )
    if len(people) < missing:
        hours = f", held for {requirement.cool_down_hours} hours" if requirement.cool_down_hours else ""
        told = f"Your request needs {_approvals(missing)}, but {_few(len(people))} could give one now: it takes the "
        yield _to_requester(
            request, "too few can approve", f"{told}role approver{hours}, not given by you. Ask a project admin."
        )


def _voided(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    voided = User.objects.filter(uid__in=facts["after"]["voided"]).order_by("username")
    old = RequestRevision.objects.get(request=request, number=facts["before"]["revision"])
    text = f"Your decision no longer counts, because {old.cause}."
    yield _notice(Kind.VOIDED, request, voided, "your vote was voided", text, "please look at it again")


def _decided(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    who, verdict = _actor(facts), Verdict(facts["after"]["verdict"])
    words = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.REQUEST_CHANGES: "asked for changes to"}
    needed = {
        Verdict.APPROVE: "more approvals" if facts["after"]["state"] == RequestState.AWAITING else "",
        Verdict.REQUEST_CHANGES: "your answer: change it, then submit it again",
        Verdict.REJECT: "",
    }
    subject = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.REQUEST_CHANGES: "changes requested"}
    people = [request.requester]
    if verdict == Verdict.REJECT:
        people += people_with_votes(request)
    text = f"{who or 'Somebody'} {words[verdict]} the request."
    yield _notice(Kind.DECIDED, request, people, subject[verdict], text, needed[verdict], but=who)


def _executed(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    if request.kind == RequestKind.BREAK_GLASS:
        return  # the alarm says it
    people = [request.requester, *people_with_votes(request)]
    if request.model.owner:
        people.append(request.model.owner)
    text = f"{_what(request).capitalize()} is in {request.to_stage} now."
    yield _notice(Kind.EXECUTED, request, people, f"is in {request.to_stage}", text)


def _ended(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    who = _actor(facts)
    text = {
        RequestState.CANCELLED: f"{who or 'Somebody'} took the request back.",
        RequestState.EXPIRED: "The request expired: nobody finished it in time. It can be asked again.",
        RequestState.INVALIDATED: f"The request ended by itself. {request.outcome}",
    }[RequestState(request.state)]
    people = [request.requester, *people_with_votes(request)]
    yield _notice(Kind.ENDED, request, people, str(request.state), text, but=who)


def _broken(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    text = (
        f"{request.requester} moved {_what(request)} to {request.to_stage} without approval, in an emergency "
        f"({request.incident})."
    )
    yield _notice(
        Kind.EMERGENCY,
        request,
        people_to_alarm(request),
        "break-glass",
        text,
        _ratification(request),
        but=request.requester,
    )


def _due(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    requirement = standing_of(request.model).requirement(request.to_stage)
    people = people_who_count(request, requirement, timezone.now())
    text = f"Nobody has ratified the emergency step of {_what(request)} yet."
    yield _notice(Kind.EMERGENCY, request, people, "please ratify", text, _ratification(request))


def _overdue(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    text = (
        f"The emergency step of {_what(request)} was not ratified in time. Until it is ratified or rolled back, no "
        f"version of {request.model.name} can be promoted."
    )
    people = [request.requester, *people_to_alarm(request)]
    yield _notice(Kind.EMERGENCY, request, people, "ratification is overdue", text, "ratify it, or roll it back")


def _ratified(request: PromotionRequest, facts: _Facts) -> Iterator[Notice | None]:
    who = _actor(facts)
    text = f"{who or 'Somebody'} ratified your emergency step of {_what(request)}."
    yield _notice(Kind.EMERGENCY, request, [request.requester], "ratified", text, but=who)


_WRITERS: Final[Mapping[str, _Writer]] = {
    E.PROMOTION_REQUEST_CHECKED: _asked,
    E.PROMOTION_REQUEST_REVISED: _voided,
    E.PROMOTION_REQUEST_DECIDED: _decided,
    E.PROMOTION_REQUEST_EXECUTED: _executed,
    E.PROMOTION_REQUEST_CANCELLED: _ended,
    E.PROMOTION_REQUEST_EXPIRED: _ended,
    E.PROMOTION_REQUEST_INVALIDATED: _ended,
    E.PROMOTION_REQUEST_GLASS_BROKEN: _broken,
    E.PROMOTION_REQUEST_RATIFICATION_DUE: _due,
    E.PROMOTION_REQUEST_RATIFICATION_OVERDUE: _overdue,
    E.PROMOTION_REQUEST_RATIFIED: _ratified,
}
#: The events about which people are told.
TOLD: Final = frozenset(_WRITERS)


def _to_requester(request: PromotionRequest, subject: str, text: str) -> Notice | None:
    return _notice(Kind.DECIDED, request, [request.requester], subject, text)


def _notice(
    kind: Kind,
    request: PromotionRequest,
    people: Iterable[User],
    subject: str,
    text: str,
    needed: str = "",
    *,
    once: str = "",
    but: User | None = None,
) -> Notice | None:
    """A notice to those of the people who may see the request, without the one who did it; None when none is left."""
    told = tuple(person for person in who_may_see(request, people) if person != but)
    if not told:
        return None
    facts = [
        ("Model", f"{request.model.name} (project {request.project.slug})"),
        ("Step", f"version {request.version.number} to {request.to_stage}"),
        ("Asked by", str(request.requester)),
        *([("Needed", needed)] if needed else []),
    ]
    lines = "\n".join(f"{name + ':':<10}{value}" for name, value in facts)
    return Notice(
        kind,
        told,
        " ".join(f"{request.audit_label}: {subject}".split()),
        f"{text}\n\n{lines}\n\n{request_url(request)}\n",
        once,
    )


def _what(request: PromotionRequest) -> str:
    return f"version {request.version.number} of {request.model.name}"


def _approvals(count: int) -> str:
    return "1 approval" if count == 1 else f"{count} approvals"


def _few(count: int) -> str:
    return "nobody" if not count else f"only {count} {'person' if count == 1 else 'people'}"


def _ratification(request: PromotionRequest) -> str:
    return f"somebody else who ratifies it by {request.ratify_by:%Y-%m-%d %H:%M} UTC"


def _actor(facts: _Facts) -> User | None:
    """Who did it, when it was a person."""
    return User.objects.filter(uid=facts["actor"]["id"]).first()
