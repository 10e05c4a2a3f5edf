"""Reads of promotions that several parts share."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from approvals.models import (
    Decision,
    GateOutcome,
    GateResult,
    Passage,
    PromotionRequest,
    RequestKind,
    RequestRevision,
    RequestState,
    Road,
    Verdict,
    Waiver,
)
from approvals.policy import Requirement
from approvals.querysets import PromotionRequestQuerySet
from approvals.rights import decider_principal, groups_of, makers_of, rights_of
from approvals.rules import Vote, counting_rights
from registry.models import ModelVersion, RegisteredModel

_BLOCKING = (GateOutcome.FAIL, GateOutcome.ERROR, GateOutcome.WAITING)


def open_request_of(model: RegisteredModel, to_stage: str) -> PromotionRequest | None:
    """The one open request for a model and stage."""
    return whole_requests().open().filter(model=model, to_stage=to_stage).first()


def whole_requests() -> PromotionRequestQuerySet:
    """Requests with everything that their rules read, in one query."""
    return PromotionRequest.objects.select_related(
        "project",
        "model__project",
        "version__model",
        "version__creator",
        "version__run__experiment",
        "version__run__owner",
        "version__logged_model__experiment",
        "requester",
        "ratified_by",
    )


def newest_revision(request: PromotionRequest) -> RequestRevision:
    """The revision that is decided on now, and the incumbent with what made it."""
    related = ("model", "creator", "run__experiment", "run__owner", "logged_model__experiment")
    revisions = RequestRevision.objects.select_related("policy", *(f"incumbent__{each}" for each in related))
    return revisions.get(request=request, number=request.revision)


def requirement_of(revision: RequestRevision) -> Requirement:
    """What the policy asked when the revision was made."""
    return Requirement.from_document(revision.requirement)


def blocking(gates: Iterable[GateResult]) -> list[GateResult]:
    """The gates that do not let the version pass."""
    return [gate for gate in gates if gate.outcome in _BLOCKING]


def waivers_of(request: PromotionRequest, now: datetime) -> dict[str, Waiver]:
    """The waivers that hold now, by gate."""
    return {waiver.gate: waiver for waiver in request.waivers.filter(expires_at__gt=now).order_by("pk")}


def counted_votes(
    request: PromotionRequest, revision: RequestRevision, requirement: Requirement, now: datetime
) -> list[Vote]:
    """The approvals of a revision whose givers may still give them: asked again when deciding and when executing."""
    makers = makers_of(request)
    votes = []
    for decision in standing_decisions(revision):
        if decision.verdict != Verdict.APPROVE or decision.person_id == makers.requester:
            continue
        if requirement.independence == "strict" and decision.person_id in makers.others:
            continue
        if not decision.person.is_active:
            continue
        rights = counting_rights(rights_of(decider_principal(decision.person), request), makers, requirement, now)
        if rights:
            votes.append(Vote(decision.person_id, frozenset(groups_of(rights))))
    return votes


def standing_decisions(revision: RequestRevision) -> Sequence[Decision]:
    """The decisions on a revision that were not voided, in order."""
    return list(revision.decisions.filter(voided_at=None).select_related("person").order_by("at", "pk"))


def unratified(model: RegisteredModel) -> PromotionRequest | None:
    """A break-glass step of the model that still stands and whose time for ratification is over."""
    overdue = PromotionRequest.objects.filter(
        model=model,
        kind=RequestKind.BREAK_GLASS,
        state=RequestState.EXECUTED,
        ratified_at=None,
        version__stage=F("to_stage"),
    )
    return overdue.filter(ratify_by__lt=timezone.now()).order_by("pk").first()


def newest_passage(version: ModelVersion) -> Passage | None:
    """By what right the version entered the stage it is in, if that needed one."""
    passages = Passage.objects.filter(version=version, to_stage=version.stage).select_related("request", "policy")
    return passages.order_by("-at", "-pk").first()


def is_unratified(passage: Passage) -> bool:
    """Whether the step was an emergency that nobody has ratified."""
    return passage.road == Road.BREAK_GLASS and passage.request is not None and passage.request.ratified_at is None
