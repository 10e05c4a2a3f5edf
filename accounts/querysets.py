"""Filters on people, teams, projects and tokens, with names."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import BaseUserManager
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.roles import Action, Role
from audit.models import AuditedQuerySet

if TYPE_CHECKING:
    from accounts.models import BrowserSession, Project, RoleBinding, Team, Token, User  # noqa: F401 (named in quotes)
    from accounts.principals import Principal


def current(prefix: str = "") -> Q:
    """Rows whose ``expires_at`` is empty or to come."""
    return Q(**{f"{prefix}expires_at__isnull": True}) | Q(**{f"{prefix}expires_at__gt": timezone.now()})


class ProjectQuerySet(AuditedQuerySet["Project"]):
    """Filters on projects."""

    def visible_to(self, principal: "Principal") -> "ProjectQuerySet":
        """Keep the projects in which the principal may see something, or which they administer."""
        if principal.may_administer or principal.sees_everything:
            return self.filter(principal.within_token_limit("pk"))
        return self.filter(pk__in=principal.project_ids_with(Action.VIEW) | principal.object_grant_projects())


class TeamQuerySet(AuditedQuerySet["Team"]):
    """Filters on teams."""

    def active(self) -> "TeamQuerySet":
        """Keep teams that were not deleted."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, principal: "Principal") -> "TeamQuerySet":
        """Keep one's own teams, those of one's projects, and for platform admins all."""
        if principal.may_administer or principal.sees_everything:
            return self.filter(principal.within_token_limit("project_id"))
        if not principal.may_look:
            return self.none()
        mine = Q(memberships__user=principal.user) | Q(project__in=principal.project_ids_with(Action.VIEW))
        return self.filter(mine).distinct()


class TokenQuerySet(AuditedQuerySet["Token"]):
    """Filters on tokens."""

    def usable(self) -> "TokenQuerySet":
        """Keep tokens that still sign calls."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())

    def ending_before(self, moment: datetime) -> "TokenQuerySet":
        """Keep tokens that sign calls now but not for long."""
        return self.usable().filter(expires_at__lte=moment)

    def visible_to(self, principal: "Principal") -> "TokenQuerySet":
        """Keep one's own, and those of the service accounts one keeps; platform admins see all (never the secret)."""
        if principal.may_administer:
            return self
        mine = Q(owner=principal.user) if principal.may_look else Q()
        return self.filter(mine | Q(owner__project__in=principal.project_ids_with(Action.GRANT)))


class BrowserSessionQuerySet(QuerySet["BrowserSession"]):
    """Filters on sessions of browsers."""

    def alive(self) -> "BrowserSessionQuerySet":
        """Keep those whose cookie still signs requests."""
        return self.filter(Exists(_living_sessions()))

    def dead(self) -> "BrowserSessionQuerySet":
        """Keep those whose cookie signs nothing any more."""
        return self.exclude(Exists(_living_sessions()))


def _living_sessions() -> QuerySet[Session]:
    return Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())


class RoleBindingQuerySet(AuditedQuerySet["RoleBinding"]):
    """Filters on role bindings."""

    def active(self) -> "RoleBindingQuerySet":
        """Keep bindings that were neither revoked nor have expired."""
        return self.filter(current(), ended_at__isnull=True)

    def held_by(self, user: "User") -> "RoleBindingQuerySet":
        """Keep somebody's own and those of the teams they are in."""
        return self.filter(Q(user=user) | Q(team__in=user.memberships.values("group")))

    def visible_to(self, principal: "Principal") -> "RoleBindingQuerySet":
        """Keep one's own and those of one's projects; global ones are for platform admins and auditors."""
        if principal.may_administer or principal.sees_everything:
            return self.filter(principal.within_token_limit("project_id"))
        if not principal.may_look:
            return self.none()
        mine = Q(user=principal.user) | Q(project__in=principal.project_ids_with(Action.VIEW))
        return self.filter(mine)


class UserQuerySet(AuditedQuerySet["User"]):
    """Filters on people and service accounts."""

    def visible_to(self, principal: "Principal") -> "UserQuerySet":
        """Keep people (everybody signed in may find a colleague) and the service accounts of one's projects.

        A token that is not for reading finds its owner only.
        """
        if principal.may_administer or principal.sees_everything:
            return self
        if not principal.may_look:
            return self.filter(pk=principal.user.pk)
        projects = principal.project_ids_with(Action.VIEW)
        return self.filter(Q(kind="human") | Q(project__in=projects) | Q(pk=principal.user_id))

    def platform_admins(self) -> "UserQuerySet":
        """Keep active people who administer the server."""
        bindings = self._bindings().active().filter(role=Role.PLATFORM_ADMIN, scope_type="global")
        return self.filter(is_active=True, role_bindings__in=bindings)

    @staticmethod
    def _bindings() -> RoleBindingQuerySet:
        from accounts.models import RoleBinding

        return RoleBinding.objects.all()


class _NamedUsers(BaseUserManager["User"]):
    """Finds accounts by name; has no ``create_superuser``, for there are no superusers."""

    def get_by_natural_key(self, username: str | None) -> Any:
        """Find an account without regard to case."""
        return self.get(username__iexact=username)


UserManager = _NamedUsers.from_queryset(UserQuerySet)
