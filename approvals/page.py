"""What the page of a request shows, for one reader: read in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from accounts.principals import Principal
from accounts.roles import Action
from approvals.beside import Beside, put_beside
from approvals.candidates import Candidates, candidates_of
from approvals.gate_views import ChecklistLine, GateView, Gatherer
from approvals.models import (
    Decision,
    PromotionRequest,
    RequestComment,
    RequestKind,
    RequestRevision,
    RequestState,
    Verdict,
)
from approvals.policy import Requirement
from approvals.queries import newest_revision, requirement_of
from approvals.rights import decider_of, makers_of
from approvals.rules import Makers, stands_against
from registry.models import ModelVersion

_STEP_UP = "Give your password again"


@dataclass(frozen=True)
class RequestPage:
    """A request as one reader sees it."""

    request: PromotionRequest
    revision: RequestRevision
    requirement: Requirement
    gates: Sequence[GateView]
    beside: Beside
    decisions: Sequence[Decision]
    comments: Sequence[RequestComment]
    makers: Makers
    candidates: Candidates | None
    against: str
    may_decide: bool
    mine: bool

    @cached_property
    def approvals(self) -> list[Decision]:
        """The approvals of the newest revision that were not voided."""
        return [each for each in self.standing if each.verdict == Verdict.APPROVE]

    @cached_property
    def standing(self) -> list[Decision]:
        """The decisions on the newest revision."""
        return [each for each in self.decisions if each.revision_id == self.revision.pk and each.voided_at is None]

    @property
    def blocking(self) -> list[GateView]:
        """The gates that stand in the way."""
        return [gate for gate in self.gates if gate.blocks or gate.waits]

    @property
    def passed(self) -> int:
        """How many gates have spoken."""
        return sum(not gate.waits for gate in self.gates)

    @property
    def missing(self) -> int:
        """How many approvals are missing, as far as votes go."""
        return max(0, self.requirement.approvals - len(self.approvals))

    @property
    def is_checking(self) -> bool:
        """Whether its gates are being evaluated."""
        return self.request.state == RequestState.CHECKING

    @property
    def waits_for_ratification(self) -> bool:
        """Whether somebody must still agree with an emergency step."""
        return (
            self.request.kind == RequestKind.BREAK_GLASS
            and self.request.state == RequestState.EXECUTED
            and self.request.ratified_at is None
        )

    @property
    def needs_password(self) -> bool:
        """Whether only the password stands between the reader and a decision."""
        return self.against.startswith(_STEP_UP)

    @property
    def can_decide(self) -> bool:
        """Whether the reader may decide now, perhaps after giving the password."""
        return self.may_decide and self.request.is_open and (not self.against or self.needs_password)

    @property
    def from_stage(self) -> str:
        """The stage that the version would leave, or has left."""
        subject = self.revision.subject or {}
        return str(subject.get("transition", {}).get("from", self.request.version.stage))

    @property
    def subject_rows(self) -> list[tuple[str, Any]]:
        """What is decided on, as rows of a table."""
        subject = self.revision.subject or {}
        labels = {
            "content_digest": "Content",
            "policy": "Policy",
            "card_revision": "Model card",
            "lineage_digest": "Made from",
            "reason": "Reason",
        }
        return [(label, subject.get(key, "")) for key, label in labels.items()]


def read_page(reader: Principal, request: PromotionRequest, signed_in_at: datetime | None) -> RequestPage:
    """Everything the page of a request shows to ``reader``."""
    revision = newest_revision(request)
    requirement = requirement_of(revision)
    makers = makers_of(request)
    may_decide = reader.may(Action.DECIDE, request)
    against = ""
    if may_decide:
        against = stands_against(decider_of(reader, request, signed_in_at), makers, requirement, timezone.now())
    given = Decision.objects.filter(revision__request=request).select_related("person", "revision")
    decisions = list(given.order_by("at", "pk"))
    decided = {each.person_id for each in decisions if each.revision_id == revision.pk and each.voided_at is None}
    asked = requirement.approvals > len(decided) and request.is_open
    return RequestPage(
        request=request,
        revision=revision,
        requirement=requirement,
        gates=_gates(reader, request, revision, requirement),
        beside=put_beside(reader, _sides(request, revision)),
        decisions=decisions,
        comments=list(request.comments.select_related("author").order_by("at", "pk")),
        makers=makers,
        candidates=candidates_of(request, makers, requirement, timezone.now(), decided=decided) if asked else None,
        against=against,
        may_decide=may_decide,
        mine=request.requester_id == reader.user.pk,
    )


def _gates(
    reader: Principal, request: PromotionRequest, revision: RequestRevision, requirement: Requirement
) -> list[GateView]:
    answers = {(each.gate, each.item): each for each in request.checklist_answers.select_related("person")}
    gatherer = Gatherer(reader, request.version, revision.incumbent)
    shown = []
    for result in revision.gates.all():
        items = requirement.gates[result.position].config.get("items", [])
        lines = [ChecklistLine(item, answers.get((result.name, item))) for item in items]
        shown.append(gatherer.of_result(result, lines))
    return shown


def _sides(request: PromotionRequest, revision: RequestRevision) -> list[ModelVersion]:
    """The incumbent, which is a version of the same model, and the candidate."""
    if revision.incumbent is None:
        return [request.version]
    revision.incumbent.model = request.version.model = request.model
    return [revision.incumbent, request.version]
