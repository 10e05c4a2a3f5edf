"""What the page of a request shows, for one reader: read in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from accounts.matrix import people_who_may
from accounts.models import User
from accounts.principals import Principal
from accounts.roles import Action
from approvals.models import (
    ChecklistAnswer,
    Decision,
    GateOutcome,
    GateResult,
    PromotionRequest,
    RequestComment,
    RequestKind,
    RequestRevision,
    RequestState,
    Verdict,
)
from approvals.policy import Gate, Requirement
from approvals.queries import blocking, newest_revision, requirement_of
from approvals.rights import decider_of, makers_of
from approvals.rules import Makers, stands_against

_STEP_UP = "Give your password again"
_PEOPLE = 20


@dataclass(frozen=True)
class ChecklistLine:
    """One line of a checklist, and who ticked it."""

    text: str
    answer: ChecklistAnswer | None


@dataclass(frozen=True)
class ShownGate:
    """A gate with what it is asked, and its checklist if it has one."""

    result: GateResult
    gate: Gate
    lines: Sequence[ChecklistLine]

    @property
    def blocks(self) -> bool:
        """Whether the step cannot be taken with it."""
        return self.result.outcome in (GateOutcome.FAIL, GateOutcome.ERROR)

    @property
    def can_be_waived(self) -> bool:
        """Whether an approver could let it pass."""
        return self.blocks and not self.result.hard


@dataclass(frozen=True)
class RequestPage:
    """A request as one reader sees it."""

    request: PromotionRequest
    revision: RequestRevision
    requirement: Requirement
    gates: Sequence[ShownGate]
    decisions: Sequence[Decision]
    comments: Sequence[RequestComment]
    makers: Makers
    approvers: Sequence[User]
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
    def blocking(self) -> list[GateResult]:
        """The gates that stand in the way."""
        return blocking(shown.result for shown in self.gates)

    @property
    def passed(self) -> int:
        """How many gates have spoken."""
        return sum(shown.result.outcome != GateOutcome.WAITING for shown in self.gates)

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
    decisions = Decision.objects.filter(revision__request=request).select_related("person", "revision")
    return RequestPage(
        request=request,
        revision=revision,
        requirement=requirement,
        gates=_gates(request, revision, requirement),
        decisions=list(decisions.order_by("at", "pk")),
        comments=list(request.comments.select_related("author").order_by("at", "pk")),
        makers=makers,
        approvers=_approvers(request, requirement, makers),
        against=against,
        may_decide=may_decide,
        mine=request.requester_id == reader.user.pk,
    )


def _gates(request: PromotionRequest, revision: RequestRevision, requirement: Requirement) -> list[ShownGate]:
    answers = {(each.gate, each.item): each for each in request.checklist_answers.select_related("person")}
    return [
        ShownGate(
            result,
            requirement.gates[result.position],
            [
                ChecklistLine(item, answers.get((result.name, item)))
                for item in requirement.gates[result.position].config.get("items", [])
            ],
        )
        for result in revision.gates.all()
    ]


def _approvers(request: PromotionRequest, requirement: Requirement, makers: Makers) -> list[User]:
    """Who could decide, as far as roles and makers go; the first of them."""
    strangers = people_who_may(request, Action.DECIDE).exclude(pk=makers.requester)
    if requirement.independence == "strict":
        strangers = strangers.exclude(pk__in=list(makers.others))
    return list(strangers[:_PEOPLE])
