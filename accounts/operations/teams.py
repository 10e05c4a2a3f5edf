"""Making and changing teams and who is in them."""

import secrets

from django.utils import timezone

from accounts.models import Project, RoleBinding, Team, TeamMembership, TeamStay, User
from accounts.operations.roles import end_binding
from accounts.principals import Principal
from accounts.roles import Action
from accounts.scopes import PLATFORM
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, PermissionDenied
from audit.operation import operation, record, require


@operation
def create_team(actor: Principal, slug: str, project: Project | None = None, *, description: str = "") -> Team:
    """Make a team of a project, or of the whole server when ``project`` is None."""
    _require_over(project)
    slug = _checked(slug)
    if Team.objects.active().filter(project=project, slug__iexact=slug).exists():
        raise AlreadyExists(f"There is a team “{slug}” already.")
    team = Team.objects.create(name=_group_name(), slug=slug, project=project, description=description)
    record(EventType.TEAM_CREATED, team, after={"slug": slug})
    return team


@operation
def update_team(actor: Principal, team: Team, *, slug: str | None = None, description: str | None = None) -> Team:
    """Rename or describe a team."""
    _require_over(team.project)
    team = _locked(team)
    wanted = {"slug": slug and _checked(slug), "description": description}
    changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(team, key)}
    if not changed:
        return team
    others = Team.objects.active().filter(project=team.project, slug__iexact=changed.get("slug", team.slug))
    if others.exclude(pk=team.pk).exists():
        raise AlreadyExists(f"There is a team “{slug}” already.")
    before = {"slug": team.slug}
    for key, value in changed.items():
        setattr(team, key, value)
    team.save(update_fields=list(changed))
    record(EventType.TEAM_UPDATED, team, before=before, after={"slug": team.slug, "fields": sorted(changed)})
    return team


@operation
def delete_team(actor: Principal, team: Team, *, reason: str = "") -> Team:
    """Dissolve a team: its roles end and its members leave at once; its history stays."""
    _require_over(team.project)
    team = _locked(team)
    for binding in RoleBinding.objects.filter(team=team, ended_at__isnull=True).order_by("pk"):
        end_binding(actor, binding, EventType.ROLE_REVOKED, "The team was dissolved.")
    TeamMembership.objects.filter(group_id=team.pk).delete()
    TeamStay.objects.filter(team=team, until__isnull=True).update(until=timezone.now())
    before = {"slug": team.slug}
    team.deleted_at = timezone.now()
    team.slug = f"{team.slug}~{team.pk}"
    team.save(update_fields=["deleted_at", "slug"])
    record(EventType.TEAM_DELETED, team, before=before, reason=reason)
    return team


@operation
def add_member(actor: Principal, team: Team, user: User) -> TeamMembership:
    """Put somebody into a team; not oneself, for a team's roles become one's own."""
    _require_over(team.project)
    if user.pk == actor.user.pk:
        raise PermissionDenied("Nobody puts themself into a team. Ask another admin.")
    team = _locked(team)
    if TeamMembership.objects.filter(group_id=team.pk, user=user).exists():
        raise AlreadyExists(f"{user} is in the team {team.slug} already.")
    membership = TeamMembership.objects.create(group_id=team.pk, user=user)
    TeamStay.objects.create(team=team, user=user, since=membership.since)
    record(EventType.TEAM_MEMBER_ADDED, team, after={"member": user.uid})
    return membership


@operation
def remove_member(actor: Principal, team: Team, user: User) -> None:
    """Take somebody out of a team; everybody may leave by themself."""
    if user.pk == actor.user.pk:
        require(Action.ACCOUNT, user)
    else:
        _require_over(team.project)
    team = _locked(team)
    membership = TeamMembership.objects.filter(group_id=team.pk, user=user).first()
    if membership is None:
        raise InvalidState(f"{user} is not in the team {team.slug}.")
    membership.delete()
    TeamStay.objects.filter(team=team, user=user, until__isnull=True).update(until=timezone.now())
    record(EventType.TEAM_MEMBER_REMOVED, team, before={"member": user.uid})


def _require_over(project: Project | None) -> None:
    if project is None:
        require(Action.ADMINISTER, PLATFORM)
    else:
        require(Action.GRANT, project)


def _locked(team: Team) -> Team:
    team = team.locked()
    if team.deleted_at is not None:
        raise InvalidState("This team was dissolved.")
    return team


def _checked(slug: str) -> str:
    slug = slug.strip()
    if not 1 <= len(slug) <= 100 or "~" in slug:
        raise InvalidInput("The name of a team has 1 to 100 characters and no “~”.")
    return slug


def _group_name() -> str:
    # Names of Django's groups are unique on the whole server, ours within a project.
    return f"team-{secrets.token_hex(12)}"
