"""Making people and service accounts, their passwords, and the first administrator."""

import hashlib
import secrets

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Project, SetUpCode, User, UserKind
from accounts.operations.projects import DEFAULT_PROJECT
from accounts.operations.roles import bind_role
from accounts.operations.sessions import close_sessions
from accounts.passwords import verify_password
from accounts.principals import CONSOLE, Principal, System
from accounts.roles import Action, Role
from accounts.rules import check_password, check_username
from accounts.scopes import PLATFORM
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, NotFound
from audit.operation import operation, record, require

_FIRST_ROLES = (Role.PROJECT_ADMIN, Role.MAINTAINER, Role.DEPLOYER)


@operation
def create_user(
    actor: Principal | System, username: str, *, password: str, display_name: str = "", email: str = ""
) -> User:
    """Make a person's account; they have no role until granted one. Raises `InvalidInput` and `AlreadyExists`."""
    require(Action.ADMINISTER, PLATFORM)
    return _add_user(username, password=password, display_name=display_name, email=email)


@operation
def create_service_account(actor: Principal, username: str, project: Project, *, display_name: str = "") -> User:
    """Make an account for a machine, kept by the project's admins; it signs calls with tokens and has no password."""
    require(Action.GRANT, project)
    return _add_user(username, password=None, display_name=display_name, kind=UserKind.SERVICE, project=project)


@operation
def update_user(actor: Principal, user: User, *, display_name: str | None = None, email: str | None = None) -> User:
    """Change how a person is called or reached; oneself, or for platform admins anybody."""
    _require_over(actor, user)
    user = User.objects.locked(user.pk)
    wanted = {"display_name": display_name, "email": email}
    changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(user, key)}
    for key, value in changed.items():
        setattr(user, key, value)
    if changed:
        user.full_clean(exclude=["password"])
        user.save(update_fields=list(changed))
        record(EventType.USER_UPDATED, user, after={"fields": sorted(changed)})
    return user


@operation
def change_password(actor: Principal, *, old: str, new: str, here: str = "") -> User:
    """Change one's own password, knowing the old one; ends one's sessions in all other browsers.

    ``here`` is the key of the session that may go on.
    """
    require(Action.ACCOUNT, actor.user)
    user = User.objects.locked(actor.user.pk)
    if not verify_password(user, old):
        raise InvalidInput("That is not your present password.")
    return _store_password(user, new, here)


@operation
def set_password(actor: Principal | System, user: User, password: str) -> User:
    """Give somebody a new password and end their sessions: platform admins, for people who lost theirs."""
    require(Action.ADMINISTER, PLATFORM)
    user = User.objects.locked(user.pk)
    if not user.is_human:
        raise InvalidState("A service account has no password. Issue a token for it.")
    return _store_password(user, password)


@operation
def deactivate_user(actor: Principal, user: User, *, reason: str = "") -> User:
    """Shut somebody out at once: their sessions, tokens and password stop working. What they made stays."""
    _require_over_account(user)
    user = User.objects.locked(user.pk)
    if not user.is_active:
        return user
    is_admin = User.objects.platform_admins().filter(pk=user.pk).exists()
    if is_admin and not User.objects.platform_admins().exclude(pk=user.pk).exists():
        raise InvalidState("This is the last platform admin. Give somebody else the role first.")
    return _set_active(user, active=False, reason=reason)


@operation
def activate_user(actor: Principal, user: User, *, reason: str = "") -> User:
    """Let somebody in again."""
    _require_over_account(user)
    user = User.objects.locked(user.pk)
    return user if user.is_active else _set_active(user, active=True, reason=reason)


@operation
def create_administrator(actor: System, username: str, *, password: str) -> User:
    """Make a platform admin from the console.

    The first one is also project admin, maintainer and deployer of the default project, by ordinary grants.
    """
    require(Action.ADMINISTER, PLATFORM)
    is_first = not User.objects.platform_admins().exists()
    user = _add_user(username, password=password)
    bind_role(actor, user, Role.PLATFORM_ADMIN, None, reason="Made on the console.")
    if is_first:
        project = Project.objects.get(slug=DEFAULT_PROJECT)
        for role in _FIRST_ROLES:
            bind_role(actor, user, role, project, reason="First administrator of this server.")
    return user


@operation
def issue_set_up_code(actor: System) -> str:
    """Return a fresh one-time code for making the first administrator; earlier codes stop working."""
    require(Action.ADMINISTER, PLATFORM)
    if User.objects.platform_admins().exists():
        raise InvalidState("This server has an administrator already. Sign in.")
    for old in SetUpCode.objects.filter(used_at__isnull=True):
        _use_up(old)
    code = secrets.token_urlsafe(24)
    row = SetUpCode.objects.create(digest=_digest(code))
    record(EventType.ACCESS_SET_UP, row, after={"state": "issued"})
    return code


@operation
def create_first_administrator(actor: System, code: str, username: str, *, password: str) -> User:
    """Make the first administrator with the one-time code. Raises `NotFound` for a code that is wrong or used."""
    require(Action.ADMINISTER, PLATFORM)
    row = SetUpCode.objects.select_for_update().filter(digest=_digest(code), used_at__isnull=True).first()
    if row is None or User.objects.platform_admins().exists():
        raise NotFound("This link has been used or is out of date. Restart the server to get a new one.")
    user = create_administrator(CONSOLE, username, password=password)
    _use_up(row)
    return user


def set_up_code_is_valid(code: str) -> bool:
    """Whether `create_first_administrator` would take this code."""
    return SetUpCode.objects.filter(digest=_digest(code), used_at__isnull=True).exists()


def _add_user(
    username: str,
    *,
    password: str | None,
    display_name: str = "",
    email: str = "",
    kind: UserKind = UserKind.HUMAN,
    project: Project | None = None,
) -> User:
    check_username(username)
    if User.objects.filter(username__iexact=username).exists():
        raise AlreadyExists(f"There is a user “{username}” already.")
    user = User(username=username, display_name=display_name[:150], email=email, kind=kind, project=project)
    user.password = make_password(None if password is None else check_password(password, user))
    user.save()
    record(EventType.USER_CREATED, user, after={"kind": str(kind)})
    return user


def _store_password(user: User, password: str, here: str = "") -> User:
    user.password = make_password(check_password(password, user))
    user.save(update_fields=["password"])
    close_sessions(user.browser_sessions.exclude(session_key=here))
    record(EventType.USER_PASSWORD_CHANGED, user)
    return user


def _set_active(user: User, *, active: bool, reason: str) -> User:
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        close_sessions(user.browser_sessions.all())
    record(EventType.USER_ACTIVATED if active else EventType.USER_DEACTIVATED, user, reason=reason)
    return user


def _use_up(code: SetUpCode) -> None:
    code.used_at = timezone.now()
    code.save(update_fields=["used_at"])
    record(EventType.ACCESS_SET_UP, code, after={"state": "used up"})


def _require_over(actor: Principal, user: User) -> None:
    if user.pk == actor.user.pk:
        require(Action.ACCOUNT, user)
    else:
        _require_over_account(user)


def _require_over_account(user: User) -> None:
    if user.project is not None:
        require(Action.GRANT, user.project)
    else:
        require(Action.ADMINISTER, PLATFORM)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
