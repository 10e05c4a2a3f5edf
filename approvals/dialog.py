"""What the page shows on which somebody asks that a version may enter a stage, for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from accounts.principals import Principal
from approvals.beside import Beside, put_beside
from approvals.candidates import Candidates, candidates_of
from approvals.gate_views import GateView, Gatherer
from approvals.models import GateTrial, PromotionRequest, RequestState
from approvals.operations.trials import pin_of
from approvals.policy import Requirement
from approvals.queries import open_request_of
from approvals.recalled import with_recalls
from approvals.rights import makers_of_version
from approvals.standing import Standing, standing_of
from approvals.steps import Hindrance, hindrances_of
from registry.models import ModelVersion
from registry.queries.comparing import WITH_RUN
from registry.rules import Stage

#: How long people rely on what the gates said in a trial, and how long when some of them stood in the way.
_FRESH: Final = timedelta(minutes=10)
_FRESH_BLOCKED: Final = timedelta(seconds=30)


@dataclass(frozen=True)
class Trial:
    """What the gates say beforehand. ``is_current`` is false when nobody has tried them lately."""

    gates: Sequence[GateView]
    is_current: bool
    is_running: bool
    trial: GateTrial | None

    @property
    def spoken(self) -> int:
        """How many gates have spoken."""
        return sum(not gate.waits for gate in self.gates)

    @property
    def blocking(self) -> list[GateView]:
        """The gates that would stand in the way."""
        return [gate for gate in self.gates if gate.blocks]


@dataclass(frozen=True)
class Dialog:
    """All that somebody should see before they ask."""

    version: ModelVersion
    stage: Stage
    standing: Standing
    requirement: Requirement
    incumbent: ModelVersion | None
    waiting: PromotionRequest | None
    hindrances: Sequence[Hindrance]
    trial: Trial
    candidates: Candidates | None
    beside: Beside

    @property
    def is_possible(self) -> bool:
        """Whether asking leads anywhere."""
        return not self.hindrances

    @property
    def takes_reason(self) -> bool:
        """Whether something is left to do here: nothing was asked yet, or it is approved and waits for a call."""
        own = self.own_request
        return self.is_possible and (own is None or own.state == RequestState.APPROVED)

    @property
    def own_request(self) -> PromotionRequest | None:
        """The open request for this very step."""
        return self.waiting if self.waiting and self.waiting.version_id == self.version.pk else None


def read_dialog(reader: Principal, version: ModelVersion, stage: Stage) -> Dialog:
    """Everything that the page shows; a fixed number of queries, whatever the policy asks."""
    standing = standing_of(version.model)
    requirement = with_recalls(standing.requirement(stage), version)
    incumbent = incumbent_beside(version, stage)
    waiting = open_request_of(version.model, stage)
    makers = makers_of_version(version, waiting.requester_id if waiting else reader.user.pk)
    asked = requirement.approvals > 0
    return Dialog(
        version=version,
        stage=stage,
        standing=standing,
        requirement=requirement,
        incumbent=incumbent,
        waiting=waiting,
        hindrances=_hindrances(version, stage, requirement, waiting),
        trial=read_trial(reader, version, stage, standing, requirement, incumbent),
        candidates=candidates_of(version, makers, requirement, timezone.now()) if asked else None,
        beside=put_beside(reader, [incumbent, version] if incumbent else [version]),
    )


def read_trial(
    reader: Principal,
    version: ModelVersion,
    stage: Stage,
    standing: Standing,
    requirement: Requirement,
    incumbent: ModelVersion | None,
) -> Trial:
    """What the gates said when somebody tried them last; at most two queries."""
    gates = requirement.gates
    gatherer = Gatherer(reader, version, incumbent)
    kept = GateTrial.objects.filter(version=version, to_stage=stage).first() if gates else None
    known = kept is not None and kept.pin == pin_of(standing, version) and _counts(kept, timezone.now())
    if kept is None or not known:
        unasked = [GateView(gate.name, gate.type, gate.hard, "waiting") for gate in gates]
        return Trial(unasked, is_current=not gates, is_running=False, trial=None)
    views = [gatherer.of_trial(result) for result in kept.results]
    return Trial(views, is_current=True, is_running=kept.ended_at is None, trial=kept)


def _counts(trial: GateTrial, now: datetime) -> bool:
    """Whether what a trial found may still be so: somebody who comes back has often put right what stood in the way."""
    if trial.ended_at is None:
        return trial.begun_at > now - _FRESH
    blocked = any(result["outcome"] in ("fail", "error") for result in trial.results)
    return trial.ended_at > now - (_FRESH_BLOCKED if blocked else _FRESH)


def incumbent_beside(version: ModelVersion, stage: Stage) -> ModelVersion | None:
    """The version that would make room in Production, with what made it; one query."""
    if stage != Stage.PRODUCTION:
        return None
    others = ModelVersion.objects.active().filter(model=version.model_id, stage=stage).exclude(pk=version.pk)
    incumbent = others.select_related(*WITH_RUN, "logged_model__experiment").first()
    if incumbent is not None:
        incumbent.model = version.model
    return incumbent


def _hindrances(
    version: ModelVersion, stage: Stage, requirement: Requirement, waiting: PromotionRequest | None
) -> list[Hindrance]:
    found = list(hindrances_of(version, stage, requirement))
    if version.quarantined_at is not None:
        here = [version.model.project.slug, version.model.name, version.number]
        sentence = "It is quarantined: nobody may promote it until an approver has looked into it and let it go."
        found.append(Hindrance(sentence, "See the version", reverse("registry:version", args=here)))
    if waiting is not None and waiting.version_id != version.pk:
        sentence = f"Version {waiting.version.number} waits for the same stage: finish or cancel its request first."
        found.append(Hindrance(sentence, f"Open {waiting}", reverse("approvals:request", args=[waiting.pk])))
    return found
