"""What agents see running, compared with what was let run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q

from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require
from deployments.exceptions import InvalidDeployment
from deployments.models import Alert, AlertKind, Deployment, DeploymentState, Environment, Sighting
from deployments.operations.held import hold_environment
from deployments.rules import (
    GRACE,
    MOST_SIGHTINGS,
    Expected,
    Seen,
    check_content_digest,
    check_digest,
    check_target,
    judge,
    seen_key,
)
from registry.models import ModelVersion, now

#: A target, what was seen there, and its image.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Observation:
    """What an agent saw at a target: the digest of its files, or the version where they have none; and its image."""

    target: str
    content_digest: str = ""
    version: ModelVersion | None = None
    image_digest: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a call: how many places were as they should be, and the alerts that are not resolved."""

    approved: int
    alerts: tuple[Alert, ...]
    opened: int


@operation
def record_sightings(actor: Principal, environment: Environment, observations: Sequence[Observation]) -> Judged:
    """Note what runs in an environment. What nobody let run there becomes an alert; seen again, only its time moves.

    Raises PermissionDenied, InvalidDeployment or EnvironmentNotFound.
    """
    require(Action.DEPLOY, environment)
    if not 1 <= len(observations) <= MOST_SIGHTINGS:
        raise InvalidDeployment(f"Send 1 to {MOST_SIGHTINGS} sightings at once, not {len(observations)}.")
    wanted = {_key(each): each for each in map(_checked, observations)}
    scene = _scene(hold_environment(environment), wanted)
    raised = [alert for key, each in wanted.items() if (alert := _look(actor, scene, key, each))]
    Sighting.objects.filter(pk__in=scene.seen_again).update(last_seen=scene.moment, count=F("count") + 1)
    return Judged(len(wanted) - len(raised), tuple(raised), len(scene.opened))


@dataclass(frozen=True, slots=True)
class _Scene:
    """An environment at one moment: what may be seen in it, what was seen in it before, and what is wrong already."""

    environment: Environment
    moment: int
    expected: dict[str, list[Expected]]
    versions: dict[str, list[ModelVersion]]
    known: dict[Key, Sighting]
    alerts: dict[tuple[str, Key], Alert]
    seen_again: list[int] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)


def _scene(environment: Environment, wanted: Mapping[Key, Observation]) -> _Scene:
    """Everything that judging takes, in four queries however much was seen."""
    moment = now()
    targets = {target for target, _, _ in wanted}
    sightings = Sighting.objects.filter(environment=environment, target__in=targets)
    alerts = Alert.objects.unresolved().filter(environment=environment, target__in=targets)
    return _Scene(
        environment,
        moment,
        _expected(environment, moment),
        _versions_with({each.content_digest for each in wanted.values() if each.content_digest}),
        {(each.target, each.seen, each.image_digest): each for each in sightings},
        {(each.kind, (each.target, each.seen, each.image_digest)): each for each in alerts},
    )


def _look(actor: Principal, scene: _Scene, key: Key, each: Observation) -> Alert | None:
    """Judge one sighting and note it; the alert when something is wrong."""
    named = [each.version] if each.version else scene.versions.get(each.content_digest, [])
    seen = Seen(each.content_digest, frozenset(version.pk for version in named), each.image_digest)
    deployment, kind = judge(seen, scene.expected.get(each.target, []))
    # Of several versions with the same files, one of this project is named first.
    version = min(named, key=lambda one: (one.project_id != scene.environment.project_id, one.pk), default=None)
    alert = None
    if kind:
        alert = scene.alerts.get((kind, key)) or _open(scene, key, kind, version, deployment)
    before = scene.known.get(key)
    matched = deployment.pk if deployment and not kind else None
    if before and (before.deployment_id, before.alert_id) == (matched, alert.pk if alert else None):
        scene.seen_again.append(before.pk)
    elif before:
        before.deployment_id, before.alert, before.last_seen = matched, alert, scene.moment
        before.count, before.agent = before.count + 1, actor.user
        before.save(update_fields=["deployment", "alert", "last_seen", "count", "agent"])
    else:
        target, seen_there, image = key
        Sighting.objects.create(
            environment=scene.environment,
            target=target,
            seen=seen_there,
            version=version,
            image_digest=image,
            first_seen=scene.moment,
            last_seen=scene.moment,
            deployment_id=matched,
            alert=alert,
            agent=actor.user,
        )
    return alert


def _open(scene: _Scene, key: Key, kind: str, version: ModelVersion | None, expected: Expected | None) -> Alert:
    target, seen, image = key
    alert = Alert.objects.create(
        project_id=scene.environment.project_id,
        environment=scene.environment,
        target=target,
        kind=kind,
        seen=seen,
        image_digest=image,
        version=version,
        deployment_id=expected.pk if expected else None,
        created_at=scene.moment,
        updated_at=scene.moment,
    )
    after = {"kind": AlertKind(kind).label.lower(), "target": target, "seen": seen, "image": image}
    record(EventType.DEPLOYMENT_ALERT_OPENED, alert, after=after | {"expected": alert.deployment_id})
    scene.opened.append(alert.pk)
    return alert


def _checked(each: Observation) -> Observation:
    digest, image = check_content_digest(each.content_digest), check_digest("An image digest", each.image_digest)
    if not digest and each.version is None:
        raise InvalidDeployment(f"Say what runs at {each.target[:80]!r}: a content_digest, or a model and version.")
    # A digest says more than a name; it is what counts when both are sent.
    return Observation(check_target(each.target), digest, None if digest else each.version, image)


def _key(each: Observation) -> Key:
    version_id = each.version.pk if each.version else None
    return each.target, seen_key(each.content_digest, version_id), each.image_digest


def _expected(environment: Environment, moment: int) -> dict[str, list[Expected]]:
    """What may be seen by target: what runs or is being rolled out, and for a while what has just made room."""
    running = Q(state__in=[DeploymentState.ACTIVE, DeploymentState.DEPLOYING])
    making_room = Q(closed_at__gt=moment - GRACE, state__in=_MADE_ROOM)
    found: dict[str, list[Expected]] = defaultdict(list)
    rows = Deployment.objects.filter(running | making_room, environment=environment).order_by("-pk")
    for pk, target, version_id, digest, image in rows.values_list(
        "pk", "target", "version_id", "content_digest", "image_digest"
    ):
        found[target].append(Expected(pk, version_id, digest, image))
    return found


_MADE_ROOM = (DeploymentState.SUPERSEDED, DeploymentState.ROLLED_BACK, DeploymentState.STOPPED)


def _versions_with(digests: Iterable[str]) -> dict[str, list[ModelVersion]]:
    """The versions of every project by content digest."""
    found: dict[str, list[ModelVersion]] = defaultdict(list)
    frozen = ModelVersion.objects.filter(content_digest__in=digests, frozen_at__isnull=False)
    for version in frozen.select_related("model"):
        found[version.content_digest].append(version)
    return found
