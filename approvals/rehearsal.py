"""What a policy would have meant: past steps and everything now in Production, judged by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from accounts.models import Project
from approvals.gate_types import GATE_TYPES
from approvals.gates import evaluate_beforehand
from approvals.models import Decision, Passage, PolicyVersion, TierInterval, Verdict
from approvals.policy import Policy, Requirement
from approvals.rules import Vote, missing_approvals
from approvals.standing import read
from registry.models import ModelVersion
from registry.rules import Stage

#: So many steps are judged, the newest first.
MOST: Final = 200


@dataclass(frozen=True)
class Blocked:
    """A step that the policy would not have let pass, and why. ``is_live`` says that its version is in use now."""

    version: ModelVersion
    to_stage: str
    is_live: bool
    reasons: list[str]


@dataclass(frozen=True)
class Rehearsal:
    """How many steps were judged, and those that would have been blocked."""

    judged: int
    blocked: list[Blocked]

    @property
    def live(self) -> int:
        """How many of the blocked ones are in use now."""
        return sum(each.is_live for each in self.blocked)

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.judged:
            return "No version of this project has entered Staging or Production yet: there is nothing to judge."
        if not self.blocked:
            return f"All {self.judged} steps of the past would have passed."
        return f"Would have blocked {len(self.blocked)} of {self.judged} steps, {self.live} of them live now."


def rehearse(project: Project, policy: PolicyVersion | Policy) -> Rehearsal:
    """Judge the newest steps of a project by a policy; slow gates and those of the clock are left out."""
    rules = read(policy) if isinstance(policy, PolicyVersion) else policy
    tiers = dict(TierInterval.objects.filter(model__project=project, until=None).values_list("model_id", "tier"))
    passages = Passage.objects.filter(version__project=project).select_related(
        "version__model", "version__run", "request"
    )
    newest = list(passages.order_by("-at", "-pk")[:MOST])
    votes = _votes(newest)
    blocked = []
    for passage in newest:
        version = passage.version
        requirement = rules.requirement(passage.to_stage, tiers.get(version.model_id, "medium"))
        reasons = list(_reasons(passage, requirement, votes.get(passage.request_id or 0, [])))
        if reasons:
            blocked.append(Blocked(version, passage.to_stage, version.stage == passage.to_stage, reasons))
    return Rehearsal(len(newest), blocked)


def _reasons(passage: Passage, requirement: Requirement, votes: list[Vote]) -> Iterator[str]:
    missing = missing_approvals(votes, requirement)
    if missing:
        yield f"{missing} approval{'s' if missing > 1 else ''} would have been missing"
    # Reading every byte again takes too long for a look ahead.
    quick = [gate for gate in requirement.gates if not GATE_TYPES[gate.type].slow and not GATE_TYPES[gate.type].timed]
    said = evaluate_beforehand(passage.version, Stage(passage.to_stage), requirement, only=quick)
    for gate, result in said:
        if result.blocks:
            yield f"{gate.name}: {result.sentence}"


def _votes(passages: list[Passage]) -> dict[int, list[Vote]]:
    requests = [passage.request_id for passage in passages if passage.request_id]
    decisions = Decision.objects.filter(revision__request__in=requests, verdict=Verdict.APPROVE, voided_at=None)
    votes: dict[int, list[Vote]] = {}
    for request, person, groups in decisions.values_list("revision__request", "person", "groups"):
        votes.setdefault(request, []).append(Vote(person, frozenset(groups)))
    return votes
