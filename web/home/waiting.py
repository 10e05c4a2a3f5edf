"""What waits for somebody: an app says what of its own does, and the start page shows it all together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleBinding, Token
from accounts.principals import Principal
from accounts.roles import ROLE_LABELS, Role
from approvals.inbox import waiting_for as requests_waiting_for
from approvals.links import request_path
from deployments.board import alerts_to_handle
from lineage.models import AccessQuestion
from registry.models import Lifecycle, ModelVersion
from registry.rules import Stage
from tracking.models import Run
from web.home.queries import Work
from web.links import run_url, version_url

#: What ends within this time is announced.
_SOON = timedelta(days=14)
#: Of each source at most so many are shown.
_MOST = 5


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: said without a subject, such as “fraud v7 has been in Staging for 3 days”.

    ``at`` is when it began or will end; what ends is ``urgent``.
    """

    sentence: str
    url: str
    icon: str
    at: datetime | None = None
    urgent: bool = False


Source = Callable[[Principal], Iterable[Waiting]]

_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Let ``source`` say what waits for somebody; it takes a fixed number of queries. For ``AppConfig.ready()``."""
    if source not in _sources:
        _sources.append(source)


def waiting_for(principal: Principal) -> list[Waiting]:
    """Everything that waits for ``principal``, source by source."""
    return [item for source in _sources for item in source(principal)]


def by_urgency(waiting: Iterable[Waiting]) -> list[Waiting]:
    """The urgent first, then the oldest."""
    return sorted(waiting, key=lambda item: (not item.urgent, item.at or timezone.now()))


def runs_waiting(work: Work) -> list[Waiting]:
    """Their runs that failed lately, and those that go on."""
    failed = [_of_run(run, f"The run {run.name} failed: look why", "alert-triangle") for run in work.failed]
    return failed + [_of_run(run, f"The run {run.name} is going on", "player-play") for run in work.running]


def _of_run(run: Run, sentence: str, icon: str) -> Waiting:
    return Waiting(sentence, run_url(run.uid), icon, datetime.fromtimestamp(run.start_time / 1000, UTC))


def versions_in_staging(principal: Principal) -> list[Waiting]:
    """Versions in Staging that they registered, or of a model they own: somebody has to decide what becomes of them."""
    mine = Q(creator=principal.user) | Q(model__owner=principal.user)
    rows = ModelVersion.objects.live().visible_to(principal).filter(mine, stage=Stage.STAGING, is_prompt=False)
    rows = rows.filter(model__lifecycle=Lifecycle.ACTIVE).select_related("model", "project").order_by("stage_since")
    return [
        Waiting(
            sentence=f"{version.model.name} v{version.number} is in Staging: promote it, or send it back",
            url=version_url(version.project.slug, version.model.name, version.number),
            icon="versions",
            at=datetime.fromtimestamp(version.stage_since / 1000, UTC),
        )
        for version in rows[:_MOST]
    ]


def tokens_ending(principal: Principal) -> list[Waiting]:
    """Their tokens that expire soon: what signs with them will stop working."""
    rows = Token.objects.usable().filter(owner=principal.user, expires_at__lt=timezone.now() + _SOON)
    return [
        Waiting(
            sentence=f"The token “{token.name}” expires: make a new one before scripts fail",
            url=reverse("accounts:profile"),
            icon="key",
            at=token.expires_at,
            urgent=True,
        )
        for token in rows.order_by("expires_at")[:_MOST]
    ]


def roles_ending(principal: Principal) -> list[Waiting]:
    """Their roles that end soon."""
    held = Q(user=principal.user) | Q(team__memberships__user=principal.user)
    rows = RoleBinding.objects.active().filter(held, expires_at__lt=timezone.now() + _SOON)
    return [
        Waiting(
            sentence=f"Your role {ROLE_LABELS[Role(binding.role)]} {_place(binding)} ends: ask for it again if needed",
            url=reverse("accounts:project", args=[binding.project.slug])
            if binding.project
            else reverse("accounts:profile"),
            icon="user-minus",
            at=binding.expires_at,
            urgent=True,
        )
        for binding in rows.select_related("project").order_by("expires_at")[:_MOST]
    ]


def _place(binding: RoleBinding) -> str:
    if binding.project is None:
        return "on this server"
    part = "" if binding.scope_type == "project" else f"a {binding.scope_type} of "
    return f"on {part}{binding.project.slug}"


def questions_to_answer(principal: Principal) -> list[Waiting]:
    """Questions of people who want to see lineage that is hidden from them, where the principal gives roles."""
    rows = AccessQuestion.objects.answerable_by(principal).open().select_related("request__asker", "project")
    return [
        Waiting(
            sentence=f"{question.request.asker} asks to see hidden lineage in {question.project.slug}",
            url=reverse("lineage:access-question", args=[question.pk]),
            icon="eye",
            at=datetime.fromtimestamp(question.request.at / 1000, UTC),
        )
        for question in rows.order_by("pk")[:_MOST]
    ]


def requests_to_decide(principal: Principal) -> list[Waiting]:
    """Requests on which they may decide and have not, and emergencies to ratify."""
    return [
        Waiting(
            sentence=f"{request.requester} asks to promote {request.audit_label}",
            url=request_path(request),
            icon="git-pull-request",
            at=request.expires_at,
            urgent=True,
        )
        for request in requests_waiting_for(principal)[:_MOST]
    ]


def alerts_to_look_into(principal: Principal) -> list[Waiting]:
    """What runs although nobody let it run, and nobody looks into yet, in environments that they deploy to."""
    return [
        Waiting(
            sentence=alert.sentence.rstrip("."),
            url=reverse("deployments:alert", args=[alert.row.pk]),
            icon="radar",
            at=datetime.fromtimestamp(alert.row.created_at / 1000, UTC),
            urgent=True,
        )
        for alert in alerts_to_handle(principal, _MOST)
    ]
