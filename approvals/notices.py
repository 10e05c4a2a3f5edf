"""Tells people by e-mail what concerns them about requests. Losing a message loses nothing: the pages say it too."""

import logging
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import send_mass_mail

from accounts.matrix import people_who_may
from accounts.models import User
from accounts.roles import Action
from approvals.links import request_url
from approvals.models import Decision, PromotionRequest, RequestState, Verdict
from approvals.queries import newest_revision, requirement_of, standing_decisions, whole_requests

_log = logging.getLogger(__name__)


def ask_approvers(request_pk: int) -> None:
    """Ask everybody who may decide, when a request waits for people."""
    request = whole_requests().get(pk=request_pk)
    if request.state == RequestState.AWAITING and requirement_of(newest_revision(request)).approvals:
        people = [person for person in deciders(request) if person.pk != request.requester_id]
        _send(people, f"Please decide: {request.audit_label}", f"{request.requester} asks to promote it.", request)


def tell_voided(revision_pk: int) -> None:
    """Tell those whose vote no longer counts, and why."""
    voided = Decision.objects.filter(revision_id=revision_pk, voided_at__isnull=False).select_related("person")
    for decision in voided.select_related("revision"):
        request = whole_requests().get(pk=decision.revision.request_id)
        text = f"Your decision no longer counts, because {decision.void_reason}. Please look again."
        _send([decision.person], f"Your vote was voided: {request.audit_label}", text, request)


def tell_decided(request_pk: int) -> None:
    """Tell the requester what somebody decided, or that the step was taken."""
    request = whole_requests().get(pk=request_pk)
    last = next(reversed(standing_decisions(newest_revision(request))), None)
    if last is not None:
        words = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.REQUEST_CHANGES: "asked for changes"}
        text = f"{last.person} {words[Verdict(last.verdict)]}. It is {request.get_state_display().lower()} now."
        _send([request.requester], f"Decided: {request.audit_label}", text, request)


def tell_glass_broken(request_pk: int) -> None:
    """Tell everybody who may decide about an emergency step, which one of them has to ratify."""
    request = whole_requests().get(pk=request_pk)
    text = f"{request.requester} promoted it without approval ({request.incident}). Ratify it by {request.ratify_by}."
    _send(deciders(request), f"Break-glass: {request.audit_label}", text, request)


def deciders(request: PromotionRequest) -> list[User]:
    """The people who may decide on a request."""
    return list(people_who_may(request, Action.DECIDE))


def _send(people: Iterable[User], subject: str, text: str, request: PromotionRequest) -> None:
    body = f"{text}\n\n{request_url(request)}\n"
    letters = [(subject, body, settings.DEFAULT_FROM_EMAIL, [person.email]) for person in people if person.email]
    try:
        send_mass_mail(letters)
    except OSError as fault:
        _log.warning("E-mail about request %s could not be sent: %s", request.pk, type(fault).__name__)
