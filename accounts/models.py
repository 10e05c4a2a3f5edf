"""People, teams, projects, tokens and the roles that bind them."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, Group, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.browsers import browser_in_words
from accounts.grants import TeamGrant, UserGrant
from accounts.querysets import (
    BrowserSessionQuerySet,
    ProjectQuerySet,
    RoleBindingQuerySet,
    TeamQuerySet,
    TokenQuerySet,
    UserManager,
)
from accounts.roles import ROLE_LABELS
from accounts.scopes import AccessPath
from audit.models import Audited

#: How long before its end a token should be renewed.
ENDS_SOON = timedelta(days=14)


def new_user_uid() -> str:
    """A pseudonym that the audit log may keep for ever."""
    return f"usr_{secrets.token_hex(12)}"


def new_token_uid() -> str:
    """The public name of a token."""
    return f"tok_{secrets.token_hex(8)}"


def new_session_uid() -> str:
    """The public name of a session; its key is a secret."""
    return f"ses_{secrets.token_hex(8)}"


class Project(Audited):
    """A group of experiments and models with its own members; MLflow calls it a workspace."""

    audit_type = "project"

    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=2000)
    viewers_may_download = models.BooleanField(default=False)
    #: Whether who may not see into it still learns that something of theirs came through it.
    lineage_passes = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        permissions = [(str(role), f"Holds the role {label}") for role, label in ROLE_LABELS.items()]

    def __str__(self) -> str:
        return self.slug

    @property
    def audit_label(self) -> str:
        return self.slug

    @property
    def audit_project_id(self) -> int | None:
        return self.pk

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.pk)


class Team(Audited, Group):
    """People who hold roles together, kept by the admins of its project, or by platform admins when it has none."""

    audit_type = "team"

    slug = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=2000)
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="teams")
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TeamQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint("project", Lower("slug"), name="accounts_one_team_per_slug"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def audit_label(self) -> str:
        return self.slug

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.project_id)


class UserKind(models.TextChoices):
    """Who is behind an account."""

    HUMAN = "human"
    SERVICE = "service"


class User(Audited, AbstractBaseUser, PermissionsMixin):
    """A person or a service account; what they may do comes from role bindings alone, never from ``is_superuser``."""

    audit_type = "user"

    uid = models.CharField(max_length=40, unique=True, default=new_user_uid, editable=False)
    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    kind = models.CharField(max_length=10, choices=UserKind, default=UserKind.HUMAN)
    #: The project whose admins keep this service account; empty for people.
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="service_accounts")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_login = None  # signing in is an audit event
    groups = models.ManyToManyField(  # type: ignore[assignment]
        Group, through="TeamMembership", related_name="user_set", related_query_name="user"
    )

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(Lower("username"), name="accounts_username_without_case"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def audit_id(self) -> str:
        return self.uid

    @property
    def audit_project_id(self) -> int | None:
        return self.project_id

    @property
    def is_human(self) -> bool:
        """Whether a person can sign in with this account."""
        return self.kind == UserKind.HUMAN

    @property
    def is_staff(self) -> bool:
        """No: the admin site asks for roles (``accounts.admin_site``)."""
        return False

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.project_id, owner_id=self.pk)


class TeamMembership(models.Model):
    """One person in one team."""

    governed = True

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    group = models.ForeignKey(Group, models.PROTECT, related_name="memberships")
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="accounts_member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"


class TeamStay(models.Model):
    """The time that somebody is or was in a team; it stays when the membership has ended."""

    governed = True

    user = models.ForeignKey(User, models.PROTECT, related_name="team_stays")
    team = models.ForeignKey(Team, models.PROTECT, related_name="stays")
    since = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"], condition=Q(until__isnull=True), name="accounts_one_open_stay"
            ),
        ]
        indexes = [models.Index(fields=["team", "since"], name="accounts_stay_by_team")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id} since {self.since}"


class BrowserSession(models.Model):
    """A browser in which somebody is signed in: what people are shown of a row of Django's sessions."""

    governed = False  # goes with the cookie; signing in, signing out and ending sessions are audit events

    uid = models.CharField(max_length=40, unique=True, default=new_session_uid, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=64, blank=True)
    signed_in_at = models.DateTimeField(default=timezone.now)
    #: To a few minutes.
    seen_at = models.DateTimeField(default=timezone.now)

    objects = BrowserSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at", "-pk"]

    def __str__(self) -> str:
        return self.browser

    @property
    def browser(self) -> str:
        """The browser in words."""
        return browser_in_words(self.user_agent)


class Token(Audited):
    """A secret that signs API calls as its owner. Only the SHA-256 of the secret is kept."""

    audit_type = "token"

    uid = models.CharField(max_length=40, unique=True, default=new_token_uid, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False)
    #: Actions the token may use; an empty list: everything its owner may.
    scopes = models.JSONField(default=list, blank=True)
    #: The one project the token may be used in; empty: all of its owner's.
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="tokens")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_id(self) -> str:
        return self.uid

    @property
    def is_usable(self) -> bool:
        """Whether it still signs calls."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def ends_soon(self) -> bool:
        """Whether it is time to issue another one in its place."""
        return self.is_usable and self.expires_at <= timezone.now() + ENDS_SOON

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.owner.project_id, owner_id=self.owner_id)


class TokenUse(models.Model):
    """When a token was last used, to the minute."""

    governed = False  # bookkeeping, written while reading

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="use")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.token_id} at {self.at}"


class BindingSource(models.TextChoices):
    """Where a binding comes from."""

    MANUAL = "manual"
    IDP = "idp"


class RoleBinding(Audited):
    """A role given to a person or a team in one scope: the readable record of a grant, kept after it ends."""

    audit_type = "role_binding"

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="role_bindings")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="role_bindings")
    role = models.CharField(max_length=20, choices=[(str(role), label) for role, label in ROLE_LABELS.items()])
    scope_type = models.CharField(max_length=12)
    scope_id = models.BigIntegerField(null=True)
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="role_bindings")
    source = models.CharField(max_length=8, choices=BindingSource, default=BindingSource.MANUAL)
    reason = models.CharField(max_length=500, blank=True)
    #: Empty when the system itself gave the role (the first administrator).
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = RoleBindingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="accounts_binding_has_one_holder",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "scope_type", "scope_id"],
                condition=Q(ended_at__isnull=True, team__isnull=True),
                nulls_distinct=False,
                name="accounts_user_binding_once",
            ),
            models.UniqueConstraint(
                fields=["team", "role", "scope_type", "scope_id"],
                condition=Q(ended_at__isnull=True, user__isnull=True),
                nulls_distinct=False,
                name="accounts_team_binding_once",
            ),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="accounts_binding_by_project")]

    def __str__(self) -> str:
        return f"{self.role} on {self.scope_type} {self.scope_id or ''}".strip()

    @property
    def holder(self) -> "User | Team":
        """The person or the team that holds the role."""
        holder = self.user or self.team
        assert holder is not None
        return holder

    def access_path(self) -> AccessPath:
        return AccessPath(project_id=self.project_id)


class ProjectUserGrant(UserGrant):
    """A role of one person on a project."""

    governed = True
    content_object = models.ForeignKey(Project, models.PROTECT, related_name="user_grants")

    class Meta(UserGrant.Meta):
        abstract = False


class ProjectTeamGrant(TeamGrant):
    """A role of a team on a project."""

    governed = True
    content_object = models.ForeignKey(Project, models.PROTECT, related_name="team_grants")

    class Meta(TeamGrant.Meta):
        abstract = False


class SetUpCode(Audited):
    """The one-time code with which the first administrator is made; only its SHA-256 is kept."""

    audit_type = "access"

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"set-up code {self.pk}"


class SignInFailure(models.Model):
    """A sign-in that failed lately; counted to slow down guessing."""

    governed = False  # a counter; failures themselves are audit events

    account = models.CharField(max_length=64)
    network = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["account", "network", "at"], name="accounts_failures")]

    def __str__(self) -> str:
        return f"failure at {self.at}"
