"""What the start page shows of somebody's work and projects: a fixed number of queries, whatever there is."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.names import names_of
from accounts.principals import Principal
from accounts.visibility import visible_q
from audit.event_types import EventType
from audit.models import AuditEvent
from audit.queries import EventView, named_in, view_events
from registry.models import Lifecycle, RegisteredModel, StageInterval
from registry.rules import Stage
from tracking.models import Experiment, Lifecycle as TrackingLifecycle, Run, RunStatus

#: Somebody's work is told from so many of their newest events, which an index finds.
_EVENTS = 500
_RUNS_LOOKED_AT = 100
_RUNS, _WAITING_RUNS, _MODELS, _EXPERIMENTS, _CHANGES, _IN_PRODUCTION = 6, 3, 6, 5, 12, 12
_FAILED_WITHIN = timedelta(days=3)

#: What others in a project want to hear of; runs and files come and go by the thousand.
_NEWS = (
    EventType.EXPERIMENT_CREATED,
    EventType.EXPERIMENT_DELETED,
    EventType.MODEL_VERSION_CREATED,
    EventType.MODEL_VERSION_DELETED,
    EventType.MODEL_VERSION_RESTORED,
    EventType.MODEL_VERSION_TRANSITIONED,
    EventType.PROJECT_CREATED,
    EventType.PROJECT_UPDATED,
    EventType.REGISTERED_MODEL_ALIAS_SET,
    EventType.REGISTERED_MODEL_CREATED,
    EventType.REGISTERED_MODEL_DELETED,
    EventType.REGISTERED_MODEL_RENAMED,
    EventType.ROLE_GRANTED,
    EventType.ROLE_REVOKED,
    EventType.TEAM_MEMBER_ADDED,
)
#: Of each type of news so many of the newest are looked at.
_LOOKED_AT = 200
#: So many of the newest stays in a stage are looked at, whoever may see them.
_STAYS = 2_000


@dataclass(frozen=True)
class Work:
    """What somebody works on. ``began`` tells whether they ever logged a run, as far as their newest events say."""

    began: bool
    runs: list[Run] = field(default_factory=list)
    running: list[Run] = field(default_factory=list)
    failed: list[Run] = field(default_factory=list)
    experiments: list[Experiment] = field(default_factory=list)
    models: list[RegisteredModel] = field(default_factory=list)


@dataclass(frozen=True)
class InProduction:
    """A version in Production: since when (milliseconds), and who brought it there."""

    project: str
    model: str
    number: int
    since: int
    actor: str


def work_of(principal: Principal) -> Work:
    """The newest runs, experiments and models of somebody; three queries."""
    mine = AuditEvent.objects.filter(actor_uid=principal.uid).order_by("-pk")
    touched = list(mine.values_list("action", "object_type", "object_id")[:_EVENTS])
    made = [uid for action, _, uid in touched if action == EventType.RUN_CREATED]
    runs = _runs(principal, made)
    return Work(
        began=bool(made) or len(touched) == _EVENTS,
        runs=runs[:_RUNS],
        running=[run for run in runs if run.status == RunStatus.RUNNING][:_WAITING_RUNS],
        failed=[run for run in runs if _failed_lately(run)][:_WAITING_RUNS],
        experiments=_experiments(runs),
        models=_models(principal, {uid for _, kind, uid in touched if kind == "registered_model"}),
    )


def news_for(principal: Principal) -> list[EventView]:
    """What changed lately, as far as they may read the log or see the models; three queries.

    Whoever sees a model sees which versions it got and how they moved; the reasons are for readers of the log. The
    newest of each type are looked up one type after another, because runs lie in between by the thousand.
    """
    first, *others = [_newest(news) for news in _NEWS]
    reach = principal.log_reach()
    readable = reach.condition() if reach.everything else reach.condition() | Q(uid__in=_seen_moves(principal))
    events = AuditEvent.objects.filter(readable, pk__in=first.union(*others, all=True)).order_by("-pk")
    found = list(events[:_CHANGES])
    return view_events(principal, found, names_of(named_in(found)))


def _seen_moves(principal: Principal) -> list[UUID]:
    """The events by which versions of visible models entered a stage lately."""
    older = StageInterval.objects.order_by("-pk").values("pk")[_STAYS : _STAYS + 1]
    newest = StageInterval.objects.filter(_of_visible_models(principal), pk__gt=Coalesce(Subquery(older), 0))
    return list(newest.order_by("-pk").values_list("event_uid", flat=True)[:_LOOKED_AT])


def _newest(event_type: EventType) -> QuerySet[Any, Any]:
    newest = AuditEvent.objects.filter(action=event_type).order_by("-pk").values("pk")[:_LOOKED_AT]
    return AuditEvent.objects.filter(pk__in=newest).order_by().values("pk")


def in_production(principal: Principal) -> list[InProduction]:
    """The models in Production, the latest change first; one query."""
    stays = StageInterval.objects.filter(_of_visible_models(principal), until=None, stage=Stage.PRODUCTION)
    rows = stays.select_related("model__project", "version", "actor").order_by("-since", "-pk")
    return [
        InProduction(stay.model.project.slug, stay.model.name, stay.version.number, stay.since, str(stay.actor))
        for stay in rows[:_IN_PRODUCTION]
    ]


def _of_visible_models(principal: Principal) -> Q:
    seen = visible_q(
        principal,
        project="model__project_id",
        scope_type="model",
        scope="model_id",
        inherits="model__inherit_access",
    )
    return seen & Q(model__lifecycle=Lifecycle.ACTIVE)


def _runs(principal: Principal, uids: list[str]) -> list[Run]:
    newest = list(dict.fromkeys(uids))[:_RUNS_LOOKED_AT]
    active = Run.objects.visible_to(principal).filter(
        uid__in=newest, lifecycle_stage=TrackingLifecycle.ACTIVE, experiment__lifecycle_stage=TrackingLifecycle.ACTIVE
    )
    return list(active.select_related("experiment__project").order_by("-pk"))


def _failed_lately(run: Run) -> bool:
    return run.status == RunStatus.FAILED and run.start_time > (timezone.now() - _FAILED_WITHIN).timestamp() * 1000


def _experiments(runs: list[Run]) -> list[Experiment]:
    """The experiments of the runs, the one that was added to last first."""
    return list(islice({run.experiment_id: run.experiment for run in runs}.values(), _EXPERIMENTS))


def _models(principal: Principal, touched: set[str]) -> list[RegisteredModel]:
    numbers = [int(uid) for uid in touched if uid.isdigit()]
    mine = RegisteredModel.objects.active().visible_to(principal).filter(Q(owner=principal.user) | Q(pk__in=numbers))
    return list(mine.select_related("project").order_by("-updated_at")[:_MODELS])
