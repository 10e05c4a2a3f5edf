"""What a policy would have meant: past steps and everything now in Production, judged by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import OuterRef, Subquery

from accounts.models import Project
from accounts.principals import Principal
from approvals.gate_types import GATE_TYPES
from approvals.gates import evaluate_beforehand
from approvals.masking import ABOUT_RUNS, HIDDEN, Mask
from approvals.models import Decision, Passage, PolicyVersion, TierInterval, Verdict
from approvals.policy import Policy, Requirement
from approvals.rules import Vote, missing_approvals
from approvals.standing import read
from approvals.subject import incumbent_of
from registry.models import ModelVersion
from registry.rules import Stage

#: So many steps are judged, the newest first, and so many versions in Production besides.
MOST: Final = 200
MOST_LIVE: Final = 1_000
_RELATED: Final = ("model", "run__experiment", "logged_model__experiment")


@dataclass(frozen=True)
class Step:
    """A version that entered a stage, by the request if there was one. ``is_live`` says that it is there now."""

    version: ModelVersion
    to_stage: str
    request: int | None
    is_live: bool


@dataclass(frozen=True)
class Blocked:
    """A step that the policy would not have let pass, and why. ``is_live`` says that its version is in use now."""

    version: ModelVersion
    to_stage: str
    is_live: bool
    reasons: list[str]


@dataclass(frozen=True)
class Rehearsal:
    """How many steps were judged, and those that would have been blocked; ``seen`` are those the reader may see."""

    judged: int
    blocked: list[Blocked]
    seen: list[Blocked]

    @property
    def live(self) -> int:
        """How many of the blocked ones are in use now."""
        return sum(each.is_live for each in self.blocked)

    @property
    def unseen(self) -> int:
        """How many of the blocked ones are not the reader's to see."""
        return len(self.blocked) - len(self.seen)

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.judged:
            return "No version of this project has entered Staging or Production yet: there is nothing to judge."
        if not self.blocked:
            return f"All {self.judged} steps of the past would have passed."
        return f"Would block {len(self.blocked)} of {self.judged} steps, {self.live} of them live now."


def rehearse(reader: Principal, project: Project, policy: PolicyVersion | Policy) -> Rehearsal:
    """Judge the newest steps of a project, and whatever is in Production now, by a policy.

    Slow gates and those of the clock are left out. What the reader may not see is counted, but not told.
    """
    rules = read(policy) if isinstance(policy, PolicyVersion) else policy
    tiers = dict(TierInterval.objects.filter(model__project=project, until=None).values_list("model_id", "tier"))
    steps = _steps(project)
    votes = _votes(steps)
    blocked = []
    for step in steps:
        requirement = rules.requirement(step.to_stage, tiers.get(step.version.model_id, "medium"))
        reasons = list(_reasons(reader, step, requirement, votes.get(step.request or 0, [])))
        if reasons:
            blocked.append(Blocked(step.version, step.to_stage, step.is_live, reasons))
    keys = [each.version.pk for each in blocked]
    visible = set(ModelVersion.objects.visible_to(reader).filter(pk__in=keys).values_list("pk", flat=True))
    return Rehearsal(len(steps), blocked, [each for each in blocked if each.version.pk in visible])


def _steps(project: Project) -> list[Step]:
    """The newest steps, and everything in Production whose step is not among them or was never noted; two queries."""
    related = [f"version__{each}" for each in _RELATED]
    passages = Passage.objects.filter(version__project=project).select_related(*related).order_by("-at", "-pk")
    steps, live = [], set[int]()
    for passage in passages[:MOST]:
        is_live = passage.version.stage == passage.to_stage and passage.version_id not in live
        live |= {passage.version_id} if is_live else set()
        steps.append(Step(passage.version, passage.to_stage, passage.request_id, is_live))
    entered = Passage.objects.filter(version=OuterRef("pk"), to_stage=Stage.PRODUCTION).order_by("-at", "-pk")
    others = ModelVersion.objects.active().filter(project=project, stage=Stage.PRODUCTION).exclude(pk__in=live)
    others = others.annotate(entered_by=Subquery(entered.values("request")[:1])).select_related(*_RELATED)
    production = str(Stage.PRODUCTION)
    return steps + [
        Step(each, production, vars(each)["entered_by"], is_live=True) for each in others.order_by("-pk")[:MOST_LIVE]
    ]


def _reasons(reader: Principal, step: Step, requirement: Requirement, votes: list[Vote]) -> Iterator[str]:
    missing = missing_approvals(votes, requirement)
    if missing:
        yield f"{missing} approval{'s' if missing > 1 else ''} would have been missing"
    # Reading every byte again takes too long for a look ahead.
    quick = [gate for gate in requirement.gates if not GATE_TYPES[gate.type].slow and not GATE_TYPES[gate.type].timed]
    for gate, result in evaluate_beforehand(step.version, Stage(step.to_stage), requirement, only=quick):
        if result.blocks:
            incumbent = incumbent_of(step.version, step.to_stage) if gate.type in ABOUT_RUNS else None
            hides = Mask(reader, step.version, incumbent).hides(gate.type)
            yield f"{gate.name}: {HIDDEN if hides else result.sentence}"


def _votes(steps: list[Step]) -> dict[int, list[Vote]]:
    requests = [step.request for step in steps if step.request]
    decisions = Decision.objects.filter(revision__request__in=requests, verdict=Verdict.APPROVE, voided_at=None)
    votes: dict[int, list[Vote]] = {}
    for request, person, groups in decisions.values_list("revision__request", "person", "groups"):
        votes.setdefault(request, []).append(Vote(person, frozenset(groups)))
    return votes
