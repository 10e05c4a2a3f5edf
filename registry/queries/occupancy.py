"""Which version was in use when, for a picture and for a date that somebody asks about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db.models import Q

from accounts.models import User
from registry.models import ModelVersion, RegisteredModel, StageInterval
from registry.querysets import StageIntervalQuerySet
from registry.rules import Stage

#: How many stays of each stage a picture shows, the newest of them.
MOST_STAYS: Final = 150
#: The stages of a picture, from top to bottom.
LANES: Final = (Stage.PRODUCTION, Stage.STAGING)


@dataclass(frozen=True, slots=True)
class Stay:
    """A version's stay in a stage; ``until`` is None while it lasts."""

    number: int
    stage: Stage
    since: int
    until: int | None
    actor: User

    @property
    def label(self) -> str:
        """How the version is called in a picture."""
        return f"v{self.number}"


@dataclass(frozen=True, slots=True)
class OnDay:
    """Stays on a day (UTC), in order of time; more than one when something changed on that day."""

    day: date
    stays: list[Stay]

    @property
    def moment(self) -> int:
        """The middle of the day in milliseconds, for a mark in a picture."""
        return _milliseconds(datetime.combine(self.day, time(12), tzinfo=UTC))


def recent_stays(model: RegisteredModel) -> tuple[list[Stay], bool]:
    """The newest stays in Production and Staging, and whether there were more; two queries."""
    shown: list[Stay] = []
    more = False
    for stage in LANES:
        stays = _stays(StageInterval.objects.filter(model=model, stage=stage).order_by("-since", "-pk"), MOST_STAYS + 1)
        more = more or len(stays) > MOST_STAYS
        shown += stays[:MOST_STAYS]
    return shown, more


def in_production_on(model: RegisteredModel, day: date) -> OnDay:
    """What was in Production on a day; one query."""
    return _on(day, StageInterval.objects.filter(model=model, stage=Stage.PRODUCTION))


def stages_on(version: ModelVersion, day: date) -> OnDay:
    """In which stages a version was on a day; none before it was registered; one query."""
    return _on(day, StageInterval.objects.filter(version=version))


def _on(day: date, intervals: StageIntervalQuerySet) -> OnDay:
    begin = _milliseconds(datetime.combine(day, time(0), tzinfo=UTC))
    end = begin + timedelta(days=1) // timedelta(milliseconds=1)
    stays = intervals.filter(Q(until=None) | Q(until__gt=begin), since__lt=end)
    return OnDay(day, _stays(stays.order_by("-since", "-pk"), MOST_STAYS)[::-1])


def _stays(intervals: StageIntervalQuerySet, most: int) -> list[Stay]:
    found = intervals.select_related("version", "actor").defer("version__description")[:most]
    return [Stay(row.version.number, Stage(row.stage), row.since, row.until, row.actor) for row in found]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
