"""What the environments board shows beside what scripts ask for: its filter, its rows in order, what runs now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import User
from accounts.principals import Principal
from accounts.roles import Action
from deployments.models import Alert, AlertState, Deployment, Environment, EnvironmentKind, Sighting
from deployments.queries import (
    AlertView,
    Asked,
    DeploymentView,
    Lane,
    SightingView,
    Span,
    alert_views,
    lanes,
    matching,
    views_of,
    whole_alerts,
    whole_deployments,
    wish_of,
)
from deployments.rules import NEXT_STATES, Wish, flaw_of
from registry.models import ModelVersion, RegisteredModel
from tracking.search.pages import Page, read_token, whole_number, write_token

DAY: Final = 86_400_000
#: A picture shows so many times in which something ran, the newest of them, at so many targets.
MOST_BARS: Final = 500
MOST_LANES: Final = 40
MOST_RUNNING: Final = 100
LISTED: Final = 15
MOST_SIGHTINGS: Final = 30
_MOST_CHOICES: Final = 200
_KINDS: Final = {kind.value: place for place, kind in enumerate(EnvironmentKind)}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filter of the board offers."""

    environments: list[Environment]
    models: list[RegisteredModel]
    people: list[User]


@dataclass(frozen=True, slots=True)
class Running:
    """What runs at a target now, since when, and when an agent saw it there last."""

    deployment: Deployment
    since: int
    last_seen: int | None


def choices_for(reader: Principal) -> Choices:
    """The environments in use, and the models and people that deployments tell of; three queries."""
    environments = Environment.objects.visible_to(reader).in_use().select_related("project")
    seen = Deployment.objects.visible_to(reader).order_by()
    models = RegisteredModel.objects.filter(pk__in=seen.values("model")).select_related("project").defer("description")
    people = User.objects.filter(pk__in=seen.values("actor"))
    return Choices(
        sorted(environments[:_MOST_CHOICES], key=_place_of),
        list(models.order_by("project__slug", "name")[:_MOST_CHOICES]),
        list(people.order_by("username")[:_MOST_CHOICES]),
    )


def _place_of(environment: Environment) -> tuple[int, str, str]:
    return _KINDS[environment.kind], environment.project.slug, environment.name


def rows_between(
    reader: Principal, asked: Asked, begins: int, ends: int, idle: Iterable[Environment] = ()
) -> tuple[list[Lane], bool]:
    """What ran where, what serves customers first, and whether there was more; one query.

    The ``idle`` environments have a row without a target even when nothing ran there.
    """
    found = lanes(reader, asked, begins, ends)
    busy = {lane.environment.pk for lane in found}
    found += [Lane(environment, "", ()) for environment in idle if environment.pk not in busy]
    found.sort(key=lambda lane: (*_place_of(lane.environment), lane.target))
    shown = found[:MOST_LANES]
    since = sorted((span.since for lane in shown for span in lane.spans), reverse=True)
    if len(since) <= MOST_BARS:
        return shown, len(found) > len(shown)
    oldest = since[MOST_BARS - 1]
    return [Lane(lane.environment, lane.target, _from(lane.spans, oldest)) for lane in shown], True


def _from(spans: Sequence[Span], oldest: int) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.since >= oldest)


def running_now(reader: Principal, asked: Asked, environment: int | None = None) -> list[Running]:
    """What runs now of what is asked for, by environment and target; one query."""
    active = matching(reader, asked).active()
    if environment is not None:
        active = active.filter(environment=environment)
    active = active.annotate(
        last_seen=Max("sightings__last_seen"), ran_since=Max("intervals__since", filter=Q(intervals__until=None))
    )
    found: Iterable[Any] = active.order_by("environment__project__slug", "environment__name", "target")[:MOST_RUNNING]
    return [Running(row, row.ran_since or row.created_at, row.last_seen) for row in found]


def drawn_from(rows: Iterable[Lane], begins: int, ends: int) -> int:
    """Where a picture begins: at ``begins``, or shortly before the first that ran."""
    first = min((span.since for row in rows for span in row.spans), default=begins)
    return max(begins, first - (ends - first) // 50)


def beginning_of(day: date) -> int:
    """The first millisecond of a day (UTC)."""
    return int(datetime.combine(day, time(0), tzinfo=UTC).timestamp() * 1000)


def ran_on(reader: Principal, asked: Asked, day: date) -> list[Lane]:
    """What ran on a day (UTC) by environment and target, in order of time; one query."""
    begins = beginning_of(day)
    return rows_between(reader, asked, begins, begins + DAY)[0]


def history_of(reader: Principal, environment: Environment, token: str = "") -> Page[DeploymentView]:
    """Who deployed what in one environment, the newest first; three queries. Raises InvalidInput."""
    found = whole_deployments().visible_to(reader).filter(environment=environment).order_by("-pk")
    if content := read_token(token):
        found = found.filter(pk__lt=whole_number(content, "before"))
    rows = list(found[: LISTED + 1])
    following = write_token({"before": rows[LISTED - 1].pk}) if len(rows) > LISTED else ""
    return Page(views_of(rows[:LISTED]), following)


def may_deploy(reader: Principal, version: ModelVersion, environment: Environment) -> bool:
    """Whether to offer an environment: outside its model's project one also has to be allowed to read its files."""
    if version.project_id == environment.project_id:
        return reader.may(Action.DEPLOY, version)
    return reader.may(Action.DEPLOY, environment) and reader.may(Action.DOWNLOAD, version)


@dataclass(frozen=True, slots=True)
class Place:
    """An environment, and why a version may not run there now; ``flaw`` is empty when it may."""

    environment: Environment
    flaw: str
    asks_image: bool


def places_for(reader: Principal, version: ModelVersion) -> list[Place]:
    """The environments to which somebody may deploy a version, those first where it may run."""
    environments = Environment.objects.visible_to(reader).in_use().select_related("project")
    offered = [each for each in environments[:_MOST_CHOICES] if may_deploy(reader, version, each)]
    if not offered:
        return []
    wish, moment = wish_of(version, offered[0], image_digest="unknown yet"), timezone.now()
    places = [_place(each, flaw_of(_in(wish, each), moment)) for each in sorted(offered, key=_place_of)]
    return sorted(places, key=lambda place: (bool(place.flaw), place.environment.project_id != version.project_id))


def _in(wish: Wish, environment: Environment) -> Wish:
    return replace(
        wish,
        environment=f"{environment.project.slug}/{environment.name}",
        required_stage=environment.required_stage,
        archived=environment.archived_at is not None,
        needs_ratified=environment.needs_ratified,
        needs_image=environment.needs_image,
        window=environment.change_window,
    )


def _place(environment: Environment, flaw: tuple[str, str] | None) -> Place:
    return Place(environment, flaw[1] if flaw else "", environment.needs_image)


# --- One deployment, one alert ----------------------------------------------------------------------------------------


def sightings_where(reader: Principal, **where: Any) -> list[SightingView]:
    """What agents saw, the last seen first, of the sightings that fit; two queries."""
    seen = Sighting.objects.visible_to(reader).filter(**where).select_related("agent")
    rows = list(seen.order_by("-last_seen", "-pk")[:MOST_SIGHTINGS])
    known = ModelVersion.objects.visible_to(reader).select_related("model__project")
    versions = known.in_bulk({row.version_id for row in rows if row.version_id})
    return [SightingView(row, versions.get(row.version_id or 0)) for row in rows]


def alerts_of(reader: Principal, deployment: Deployment) -> list[AlertView]:
    """What agents saw instead of a deployment, as far as nobody has resolved it; two queries."""
    alerts = whole_alerts(reader).unresolved().filter(deployment=deployment).order_by("-pk")
    return alert_views(reader, list(alerts[:5]))


def states_to_report(deployment: Deployment) -> list[str]:
    """What may be reported of a deployment next, the most usual first."""
    able = NEXT_STATES.get(deployment.state, frozenset())
    return [state for state in ("deploying", "active", "stopped", "failed") if state in able]


def alerts_to_handle(reader: Principal, most: int) -> list[AlertView]:
    """Alerts that nobody looks into yet, where ``reader`` deploys; none and no query for whoever deploys nowhere."""
    projects = reader.project_ids_with(Action.DEPLOY)
    if not projects:
        return []
    alerts = whole_alerts(reader).filter(state=AlertState.OPEN, project__in=projects).order_by("-pk")
    return alert_views(reader, list(alerts[:most]))


def count_alerts_to_handle(reader: Principal) -> int:
    """How many wait; one query, and none for whoever deploys nowhere."""
    projects = reader.project_ids_with(Action.DEPLOY)
    if not projects:
        return 0
    return Alert.objects.visible_to(reader).filter(state=AlertState.OPEN, project__in=projects).count()
