"""Whoever acts, with what they may do: the first argument of every operation."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts.held import Grants, load_grants, roles_on_object
from accounts.models import RoleBinding, Token, User
from accounts.roles import ACTIONS, OWN_ACTIONS, SESSION_ONLY, UNCUT_ROLES, Action, Role
from accounts.scopes import AccessPath, Scoped, ScopeType
from audit.queries import Reach


class Principal:
    """A person or service account at work, for one request or task.

    Its grants are read once, when first asked for, so a principal must not outlive the request.
    """

    def __init__(self, user: User, *, auth: str, token: Token | None = None) -> None:
        self.user = user
        self.auth = auth
        self.token = token

    def __repr__(self) -> str:
        return f"<Principal {self.uid} by {self.auth}>"

    @property
    def uid(self) -> str:
        return self.user.uid

    @property
    def kind(self) -> str:
        return self.user.kind

    @property
    def token_uid(self) -> str:
        return self.token.uid if self.token else ""

    @property
    def user_id(self) -> int | None:
        """The primary key for ``created_by`` columns; None for the system."""
        return self.user.pk

    @property
    def project_limit(self) -> int | None:
        """The one project that the token in use is limited to."""
        return self.token.project_id if self.token else None

    @cached_property
    def grants(self) -> Grants:
        """What they hold now; one query."""
        return load_grants(self.user.pk)

    @cached_property
    def _object_roles(self) -> dict[tuple[str, int], frozenset[Role]]:
        return {}

    @property
    def may_administer(self) -> bool:
        """Whether they manage users, projects and global roles."""
        return Role.PLATFORM_ADMIN in self.grants.everywhere and self._token_allows(Action.ADMINISTER, None)

    @property
    def may_look(self) -> bool:
        """Whether the token in use is one for reading at all; a session always is."""
        return self._token_allows(Action.VIEW, self.project_limit)

    @property
    def sees_everything(self) -> bool:
        """Whether a global role lets them read in every project."""
        return Role.AUDITOR in self.grants.everywhere and self.may_look

    def log_reach(self) -> Reach:
        """How much of the audit log they may read: everybody at least what they did themself."""
        if not self._token_allows(Action.AUDIT, self.project_limit):
            return Reach()
        return Reach(
            everything=self.sees_everything,
            server=self.may_administer,
            projects=frozenset(self.project_ids_with(Action.AUDIT)),
            own=self.uid,
            only_project=self.project_limit,
        )

    def may(self, action: str, obj: Scoped) -> bool:
        """Whether they may do ``action`` to ``obj``, by any of their roles, within the token in use."""
        path = obj.access_path()
        asked = Action(action)
        if not self._token_allows(asked, path.project_id):
            return False
        if asked is Action.AUDIT and obj == self.user:
            return True
        if asked is Action.ACCOUNT:
            return path.owner_id is not None and path.owner_id == self.user.pk
        return self._roles_allow(self.roles_on(path), asked, path)

    def roles_on(self, path: AccessPath) -> frozenset[Role]:
        """Every role of theirs that counts for an object at ``path``."""
        roles = set(self.grants.everywhere)
        if path.project_id is not None and (granted := self.grants.projects.get(path.project_id)):
            roles |= granted.roles if path.inherits else granted.roles & UNCUT_ROLES
        objects: tuple[tuple[ScopeType, int | None], ...] = (
            ("model", path.model_id),
            ("experiment", path.experiment_id),
        )
        for scope_type, scope_id in objects:
            if scope_id is not None and scope_type in self.grants.object_scopes:
                roles |= self._roles_on_object(scope_type, scope_id)
        return frozenset(roles)

    def project_ids_with(self, action: Action) -> set[int]:
        """The projects in which a role on the whole project allows ``action``."""
        return {
            project_id
            for project_id, granted in self.grants.projects.items()
            if self._token_allows(action, project_id)
            and self._roles_allow(granted.roles, action, AccessPath(project_id=project_id))
        }

    def object_grant_projects(self) -> set[int]:
        """The projects in which they hold a role on a single model or experiment."""
        if not self.grants.object_scopes or not self.may_look:
            return set()
        held = Q(user=self.user) | Q(team__memberships__user=self.user)
        bindings = RoleBinding.objects.active().filter(held, scope_type__in=self.grants.object_scopes)
        return set(bindings.filter(self.within_token_limit("project_id")).values_list("project_id", flat=True))

    def within_token_limit(self, project: str) -> Q:
        """Filter on the token's project; everything when there is no limit."""
        return Q(**{project: self.project_limit}) if self.project_limit is not None else Q()

    def _token_allows(self, action: Action, project_id: int | None) -> bool:
        if self.token is None:
            return True
        in_project = self.token.project_id is None or self.token.project_id == project_id
        in_scope = not self.token.scopes or str(action) in self.token.scopes
        return in_project and in_scope and action not in SESSION_ONLY

    def _roles_allow(self, roles: Iterable[Role], action: Action, path: AccessPath) -> bool:
        own = path.owner_id is not None and path.owner_id == self.user.pk
        for role in roles:
            if action in ACTIONS[role] or (own and action in OWN_ACTIONS.get(role, ())):
                return True
            if action is Action.DOWNLOAD and role is Role.VIEWER and self._viewers_may_download(path):
                return True
        return False

    def _viewers_may_download(self, path: AccessPath) -> bool:
        granted = self.grants.projects.get(path.project_id or 0)
        return granted is not None and granted.viewers_may_download

    def _roles_on_object(self, scope_type: ScopeType, scope_id: int) -> frozenset[Role]:
        key = (scope_type, scope_id)
        if key not in self._object_roles:
            self._object_roles[key] = roles_on_object(self.user.pk, scope_type, scope_id)
        return self._object_roles[key]


class System:
    """The server itself: a command typed by whoever runs it, or a scheduled task. May do only what it is given."""

    kind = "system"
    token_uid = ""
    user_id = None
    project_limit = None

    def __init__(self, name: str, auth: str, allowed: frozenset[Action]) -> None:
        self.uid = f"sys_{name}"
        self.auth = auth
        self.allowed = allowed

    def may(self, action: str, obj: Any) -> bool:
        """Whether this part of the system was made for ``action``."""
        return Action(action) in self.allowed


#: Whoever can type `manage.py` on the server: makes administrators and tokens.
CONSOLE = System("console", "command", frozenset({Action.ADMINISTER, Action.ACCOUNT, Action.GRANT}))
#: What Celery beat starts: ends expired roles, counts refused attempts, cleans up.
SCHEDULER = System("scheduler", "task", frozenset({Action.ADMINISTER, Action.GRANT, Action.AUDIT}))
#: Whoever tried to sign in and failed.
STRANGER = System("stranger", "none", frozenset({Action.ACCOUNT}))
