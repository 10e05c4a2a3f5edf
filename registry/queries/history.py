"""What was in which stage, and which alias stood for what, at any moment in the past."""

from dataclasses import dataclass

from accounts.principals import Principal
from accounts.roles import Action
from audit.exceptions import NotFound
from registry.models import AliasInterval, ModelVersion, RegisteredModel, StageInterval
from registry.querysets import StageIntervalQuerySet
from registry.rules import Stage, alias_key


@dataclass(frozen=True, slots=True)
class Stay:
    """A version's stay in a stage. ``until`` is None while it lasts; ``event_uid`` is the audit event that began it."""

    number: int
    stage: Stage
    since: int
    until: int | None
    actor: str
    event_uid: str


def stays_at(actor: Principal, model: RegisteredModel, stage: Stage, at: int) -> list[Stay]:
    """Which versions were in ``stage`` at a moment (milliseconds), by number. Raises NotFound."""
    _check_visible(actor, model)
    return _stays(StageInterval.objects.at(at).filter(model=model, stage=stage).order_by("version__number"))


def stage_at(actor: Principal, version: ModelVersion, at: int) -> Stage | None:
    """The stage a version was in at a moment; None before it was registered. Raises NotFound."""
    _check_visible(actor, version)
    stage = StageInterval.objects.at(at).filter(version=version).values_list("stage", flat=True).first()
    return Stage(stage) if stage else None


def stage_history(actor: Principal, version: ModelVersion) -> list[Stay]:
    """Every stay of a version, from the first. Raises NotFound."""
    _check_visible(actor, version)
    return _stays(StageInterval.objects.filter(version=version).order_by("since", "pk"))


def live_history(actor: Principal, model: RegisteredModel) -> list[Stay]:
    """Every stay of the model's versions in Staging and Production, from the first. Raises NotFound."""
    _check_visible(actor, model)
    live = [Stage.STAGING, Stage.PRODUCTION]
    return _stays(StageInterval.objects.filter(model=model, stage__in=live).order_by("since", "pk"))


def version_of_alias_at(actor: Principal, model: RegisteredModel, alias: str, at: int) -> int | None:
    """The number of the version that an alias stood for at a moment. Raises NotFound."""
    _check_visible(actor, model)
    stood = AliasInterval.objects.at(at).filter(model=model, key=alias_key(alias))
    number: int | None = stood.values_list("version__number", flat=True).first()
    return number


def _check_visible(actor: Principal, obj: RegisteredModel | ModelVersion) -> None:
    if not actor.may(Action.VIEW, obj):
        raise NotFound(f"There is no {obj.audit_type.replace('_', ' ')} like that, or you may not see it.")


def _stays(intervals: StageIntervalQuerySet) -> list[Stay]:
    rows = intervals.values_list("version__number", "stage", "since", "until", "actor__username", "event_uid")
    return [
        Stay(number, Stage(stage), since, until, actor, str(event_uid))
        for number, stage, since, until, actor, event_uid in rows
    ]
