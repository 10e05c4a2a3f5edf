"""Reads of deployments that join several models: what page and API show alike, now or as it was at an earlier moment.

Whoever may not see a model is told of none of its deployments; an alert then keeps the version's name to itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils import timezone

from accounts.models import Project, User
from accounts.principals import Principal
from approvals.queries import is_unratified, newest_passage
from deployments.exceptions import DeploymentNotFound, EnvironmentNotFound
from deployments.models import (
    Alert,
    AlertKind,
    Deployment,
    DeploymentInterval,
    DeploymentState,
    Environment,
    Permit,
    Sighting,
)
from deployments.querysets import AlertQuerySet, DeploymentQuerySet
from deployments.rules import Wish
from registry.models import ModelVersion
from registry.querysets import ModelVersionQuerySet
from tracking.search.pages import Page, read_token, whole_number, write_token

PAGE_SIZE: Final = 50
#: So many times something ran are drawn at most.
MOST_SPANS: Final = 2_000


@dataclass(frozen=True, slots=True)
class StateView:
    """A time in which a deployment was in a state; ``actor`` is None for what the server did by itself."""

    state: str
    since: int
    until: int | None
    actor: User | None
    note: str
    event_uid: UUID


@dataclass(frozen=True, slots=True)
class PermitView:
    """A permit without its envelope."""

    uid: UUID
    kid: str
    issued_at: int
    expires_at: int
    digest: str


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """Who let what run where, when, and under which permit and promotion request.

    Read for an earlier moment, ``state``, ``states``, ``active_until`` and ``permit`` are as they were then.
    """

    row: Deployment
    state: str
    states: tuple[StateView, ...]
    active_since: int | None
    active_until: int | None
    permit: PermitView | None

    @property
    def pk(self) -> int:
        """Its number."""
        return self.row.pk

    @property
    def environment(self) -> Environment:
        """Where it runs."""
        return self.row.environment

    @property
    def version(self) -> ModelVersion:
        """What runs."""
        return self.row.version

    @property
    def is_running(self) -> bool:
        """Whether it is, or was at that moment, what runs at its target."""
        return self.state == DeploymentState.ACTIVE


@dataclass(frozen=True, slots=True)
class Asked:
    """Which deployments are meant; what is left empty does not count. Times are milliseconds.

    ``project`` is the environment's. ``begins`` and ``ends`` keep what was open at some moment between them, ``at``
    what ran at that moment.
    """

    project: str = ""
    environment: str = ""
    target: str = ""
    model: str = ""
    model_project: str = ""
    version: int | None = None
    person: str = ""
    state: str = ""
    begins: int | None = None
    ends: int | None = None
    at: int | None = None


# --- Deployments ------------------------------------------------------------------------------------------------------


def whole_deployments() -> DeploymentQuerySet:
    """Deployments with everything that is shown of them, in one query."""
    return Deployment.objects.select_related(
        "project", "environment__project", "version__model__project", "model", "actor", "request"
    )


def matching(principal: Principal, asked: Asked) -> DeploymentQuerySet:
    """The deployments that are meant, of those the principal may see."""
    wanted = {
        "environment__project__slug": asked.project,
        "environment__name": asked.environment,
        "target": asked.target,
        "model__name": asked.model,
        "model__project__slug": asked.model_project,
        "version__number": asked.version,
        "actor__username": asked.person,
    }
    given = {path: value for path, value in wanted.items() if value not in ("", None)}
    found = whole_deployments().visible_to(principal).filter(**given)
    if asked.state == "open":
        found = found.open()
    elif asked.state:
        found = found.filter(state=asked.state)
    if asked.at is not None:
        found = found.filter(pk__in=DeploymentInterval.objects.ran().at(asked.at).values("deployment"))
    return found.during(asked.begins, asked.ends)


def deployments_page(
    principal: Principal, asked: Asked, *, token: str = "", size: int = PAGE_SIZE
) -> Page[DeploymentView]:
    """A page of the deployments that are meant, the newest first; three queries. Raises InvalidInput."""
    found = matching(principal, asked).order_by("-pk")
    if content := read_token(token):
        found = found.filter(pk__lt=whole_number(content, "before"))
    rows = list(found[: size + 1])
    following = write_token({"before": rows[size - 1].pk}) if len(rows) > size else ""
    return Page(views_of(rows[:size], asked.at), following)


def find_deployment(principal: Principal, pk: int) -> Deployment:
    """A deployment, for an operation; one query. Raises DeploymentNotFound."""
    found = whole_deployments().visible_to(principal).filter(pk=pk).first()
    if found is None:
        raise DeploymentNotFound(f"There is no deployment {pk}, or you may not see it.")
    return found


def show_deployment(principal: Principal, pk: int, at: int | None = None) -> DeploymentView:
    """A deployment with its states and newest permit; three queries. Raises DeploymentNotFound."""
    found = find_deployment(principal, pk)
    if at is not None and at < found.created_at:
        raise DeploymentNotFound(f"The deployment {pk} was not yet asked for at that time.")
    return views_of([found], at)[0]


def newest_permit(deployment: Deployment) -> Permit:
    """The permit that was issued last; one query."""
    return Permit.objects.filter(deployment=deployment).select_related("key").latest("pk")


def views_of(rows: Sequence[Deployment], at: int | None = None) -> list[DeploymentView]:
    """Deployments with their states and permits, as they are or as they were; two queries, none without rows."""
    if not rows:
        return []
    states: dict[int, list[StateView]] = defaultdict(list)
    intervals = DeploymentInterval.objects.filter(deployment__in=[row.pk for row in rows]).select_related("actor")
    for each in intervals.order_by("since", "pk"):
        if at is None or each.since <= at:
            until = each.until if at is None or (each.until is not None and each.until <= at) else None
            states[each.deployment_id].append(
                StateView(each.state, each.since, until, each.actor, each.note, each.event_uid)
            )
    permits = _newest_permits(rows, at)
    return [_view(row, tuple(states[row.pk]), permits.get(row.pk)) for row in rows]


def _view(row: Deployment, states: tuple[StateView, ...], permit: PermitView | None) -> DeploymentView:
    ran = next((state for state in states if state.state == DeploymentState.ACTIVE), None)
    return DeploymentView(
        row=row,
        state=states[-1].state if states else row.state,
        states=states,
        active_since=ran.since if ran else None,
        active_until=ran.until if ran else None,
        permit=permit,
    )


def _newest_permits(rows: Sequence[Deployment], at: int | None) -> dict[int, PermitView]:
    permits = Permit.objects.filter(deployment__in=[row.pk for row in rows]).select_related("key").defer("envelope")
    if at is not None:
        permits = permits.filter(issued_at__lte=at)
    return {
        each.deployment_id: PermitView(each.uid, each.key.kid, each.issued_at, each.expires_at, each.digest)
        for each in permits.order_by("pk")
    }


# --- Environments -----------------------------------------------------------------------------------------------------


def find_environment(principal: Principal, project: str, name: str) -> Environment:
    """The environment of that name in use; one query. Raises EnvironmentNotFound."""
    found = Environment.objects.visible_to(principal).in_use().select_related("project")
    environment = found.filter(project__slug=project, name=name).first()
    if environment is None:
        raise EnvironmentNotFound(f"There is no environment {project}/{name}, or you may not see it.")
    return environment


@dataclass(frozen=True, slots=True)
class EnvironmentBoard:
    """An environment with what runs in it by target, what is on its way, and how many alerts are unresolved."""

    environment: Environment
    running: tuple[DeploymentView, ...]
    coming: tuple[DeploymentView, ...]
    alerts: int


def board(principal: Principal, *, project: str = "", at: int | None = None, most: int = 200) -> list[EnvironmentBoard]:
    """The environments with what runs, or ran, in each; at most six queries. Long ago nothing is on its way."""
    environments = Environment.objects.visible_to(principal).select_related("project")
    if project:
        environments = environments.filter(project__slug=project)
    if at is None:
        environments = environments.in_use()
    else:
        environments = environments.filter(Q(archived_at=None) | Q(archived_at__gt=at), created_at__lte=at)
    shown = list(environments.order_by("project__slug", "name")[:most])
    here = whole_deployments().visible_to(principal).filter(environment__in=shown).order_by("target", "-pk")
    if at is None:
        rows = list(here.open())
    else:
        rows = list(here.filter(pk__in=DeploymentInterval.objects.ran().at(at).values("deployment")))
    by_place: dict[int, list[DeploymentView]] = defaultdict(list)
    for view in views_of(rows, at):
        by_place[view.row.environment_id].append(view)
    alerts = _alert_counts(principal, shown) if at is None else {}
    return [
        EnvironmentBoard(
            each,
            tuple(view for view in by_place[each.pk] if view.is_running),
            tuple(view for view in by_place[each.pk] if not view.is_running),
            alerts.get(each.pk, 0),
        )
        for each in shown
    ]


def _alert_counts(principal: Principal, environments: Iterable[Environment]) -> dict[int, int]:
    alerts = Alert.objects.visible_to(principal).unresolved().filter(environment__in=environments)
    return dict(alerts.values_list("environment").annotate(count=Count("pk")).order_by())


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which something ran; ``until`` is None while it does. ``ended`` says how: its state afterwards."""

    deployment: int
    version: ModelVersion
    actor: User
    since: int
    until: int | None
    ended: str


@dataclass(frozen=True, slots=True)
class Lane:
    """What ran at one target of an environment, in order."""

    environment: Environment
    target: str
    spans: tuple[Span, ...]


def lanes(principal: Principal, asked: Asked, begins: int, ends: int) -> list[Lane]:
    """What ran where between two moments, by environment and target; one query. The newest `MOST_SPANS` are shown."""
    wanted = matching(principal, asked).filter(pk=OuterRef("deployment"))
    ran = DeploymentInterval.objects.ran().during(begins, ends).filter(Exists(wanted))
    columns = ("deployment__environment__project", "deployment__version__model__project", "deployment__actor")
    found: dict[tuple[int, str], list[DeploymentInterval]] = defaultdict(list)
    for interval in ran.select_related(*columns).order_by("-since", "-pk")[:MOST_SPANS]:
        found[interval.deployment.environment_id, interval.target].append(interval)
    drawn = [
        Lane(each[0].deployment.environment, target, tuple(_span(interval) for interval in reversed(each)))
        for (_, target), each in found.items()
    ]
    return sorted(drawn, key=lambda lane: (lane.environment.project.slug, lane.environment.name, lane.target))


def _span(interval: DeploymentInterval) -> Span:
    row = interval.deployment
    ended = row.state if interval.until is not None else ""
    return Span(row.pk, row.version, row.actor, interval.since, interval.until, ended)


# --- May it run there? ------------------------------------------------------------------------------------------------


def wish_of(
    version: ModelVersion, environment: Environment, *, image_digest: str = "", is_roll_back: bool = False
) -> Wish:
    """Everything that decides whether a version may run in an environment; one query."""
    passage = newest_passage(version)
    waits = passage.request if passage is not None and is_unratified(passage) else None
    return Wish(
        version=f"{version.model.name} v{version.number}",
        environment=f"{environment.project.slug}/{environment.name}",
        stage=version.stage,
        required_stage=environment.required_stage,
        is_prompt=version.is_prompt,
        quarantined=version.quarantined_at is not None,
        archived=environment.archived_at is not None,
        unratified=waits is not None,
        overdue=waits is not None and waits.ratify_by is not None and waits.ratify_by < timezone.now(),
        needs_ratified=environment.needs_ratified,
        image_digest=image_digest,
        needs_image=environment.needs_image,
        window=environment.change_window,
        is_roll_back=is_roll_back,
    )


# --- Alerts and sightings ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert, the version that was seen where the reader may know it, and a sentence."""

    row: Alert
    version: ModelVersion | None
    sentence: str


@dataclass(frozen=True, slots=True)
class SightingView:
    """What was seen, and the version where the reader may know it."""

    row: Sighting
    version: ModelVersion | None


def alerts_page(
    principal: Principal,
    *,
    project: str = "",
    environment: str = "",
    state: str = "",
    token: str = "",
    size: int = PAGE_SIZE,
) -> Page[AlertView]:
    """A page of alerts, the newest first; two queries. ``state`` may also be ``unresolved``."""
    found = whole_alerts(principal)
    if project:
        found = found.filter(environment__project__slug=project)
    if environment:
        found = found.filter(environment__name=environment)
    if state == "unresolved":
        found = found.unresolved()
    elif state:
        found = found.filter(state=state)
    if content := read_token(token):
        found = found.filter(pk__lt=whole_number(content, "before"))
    rows = list(found.order_by("-pk")[: size + 1])
    following = write_token({"before": rows[size - 1].pk}) if len(rows) > size else ""
    return Page(alert_views(principal, rows[:size]), following)


def find_alert(principal: Principal, pk: int) -> Alert:
    """An alert, for an operation; one query. Raises DeploymentNotFound."""
    found = whole_alerts(principal).filter(pk=pk).first()
    if found is None:
        raise DeploymentNotFound(f"There is no alert {pk}, or you may not see it.")
    return found


def whole_alerts(principal: Principal) -> AlertQuerySet:
    """The alerts that the principal may see, with what is shown of them; ``last_seen`` is when an agent saw it last."""
    found = Alert.objects.visible_to(principal).annotate(last_seen=Max("sightings__last_seen"))
    return found.select_related("environment__project", "acknowledged_by", "resolved_by")


def alert_views(principal: Principal, rows: Sequence[Alert]) -> list[AlertView]:
    """Alerts as they are told to somebody; one query."""
    known = _visible_versions(principal, [row.version_id for row in rows])
    return [
        AlertView(row, known.get(row.version_id or 0), sentence_of_alert(row, known.get(row.version_id or 0)))
        for row in rows
    ]


def sentence_of_alert(alert: Alert, version: ModelVersion | None) -> str:
    """What is wrong, for somebody who may know of ``version``; without it the name is left out."""
    what = f"{version.model.name} v{version.number}" if version else "a version that you may not see"
    place = f"{alert.target} in {alert.environment.name}"
    sentences = {
        AlertKind.UNKNOWN: f"Something that is no version here runs at {place}.",
        AlertKind.NOT_DEPLOYED: f"At {place} runs {what}, which nobody let run there.",
        AlertKind.OTHER_VERSION: f"At {place} runs {what}, where another version was let run.",
        AlertKind.OTHER_IMAGE: f"At {place} runs {what} in another container image than was let run.",
        AlertKind.QUARANTINED: f"At {place} runs {what}, which is quarantined.",
    }
    return sentences[AlertKind(alert.kind)]


def sightings_of(principal: Principal, environment: Environment, *, most: int = 200) -> list[SightingView]:
    """What agents saw in an environment, the last seen first; two queries."""
    seen = Sighting.objects.visible_to(principal).filter(environment=environment).select_related("agent")
    rows = list(seen.order_by("-last_seen", "-pk")[:most])
    known = _visible_versions(principal, [row.version_id for row in rows])
    return [SightingView(row, known.get(row.version_id or 0)) for row in rows]


def count_alerts(principal: Principal) -> int:
    """How many alerts nobody has looked at; one query, for the navigation."""
    return Alert.objects.visible_to(principal).filter(state="open").count()


def _visible_versions(principal: Principal, pks: Iterable[int | None]) -> dict[int, ModelVersion]:
    wanted = {pk for pk in pks if pk is not None}
    if not wanted:
        return {}
    versions = ModelVersion.objects.visible_to(principal).filter(pk__in=wanted)
    return _with_names(versions).in_bulk()


def versions_by_name(
    principal: Principal, names: Collection[tuple[str, str, int]]
) -> dict[tuple[str, str, int], ModelVersion]:
    """The versions of these project, model and number, of those the principal may see; at most one query."""
    if not names:
        return {}
    wanted = ModelVersion.objects.visible_to(principal).filter(
        model__project__slug__in={project for project, _, _ in names},
        model__name__in={model for _, model, _ in names},
        number__in={number for _, _, number in names},
        model__lifecycle="active",
    )
    found = {(each.model.project.slug, each.model.name, each.number): each for each in _with_names(wanted)}
    return {name: version for name, version in found.items() if name in names}


def _with_names(versions: ModelVersionQuerySet) -> ModelVersionQuerySet:
    return versions.select_related("model__project")


def projects_with_environments(principal: Principal) -> list[Project]:
    """The projects that have environments the principal may see, by name; one query."""
    places = Environment.objects.visible_to(principal).in_use().filter(project=OuterRef("pk"))
    return list(Project.objects.filter(Exists(places)).order_by("slug"))
