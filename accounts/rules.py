"""What names, passwords, lifetimes and grants must look like: pure checks."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.roles import GLOBAL_ROLES, OBJECT_ROLES, Action, Role
from accounts.scopes import ScopeType
from audit.exceptions import InvalidInput

_USERNAME = re.compile(r"[\w.@+-]{1,150}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=365)


def check_username(username: str) -> str:
    """Return the name, or raise `InvalidInput`."""
    if not _USERNAME.fullmatch(username):
        raise InvalidInput("A user name has 1 to 150 letters, digits or the signs . @ + - _.")
    return username


def check_slug(slug: str, what: str) -> str:
    """Return the short name of a project or team, or raise `InvalidInput`."""
    if not _SLUG.fullmatch(slug):
        raise InvalidInput(
            f"The short name of a {what} has 1 to 63 lower-case letters, digits or hyphens, and no hyphen at its ends."
        )
    return slug


def check_password(password: str, user: Any) -> str:
    """Return the password if it keeps the rules of ``AUTH_PASSWORD_VALIDATORS``, or raise `InvalidInput`."""
    if len(password) > 1024:
        raise InvalidInput("A password has at most 1024 characters.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    return password


def check_scopes(scopes: list[str]) -> list[str]:
    """Return the token scopes sorted and without repetition, or raise `InvalidInput`."""
    known = {str(action) for action in Action}
    if unknown := sorted(set(scopes) - known):
        raise InvalidInput(f"There is no scope “{unknown[0]}”. Scopes are: {', '.join(sorted(known))}.")
    return sorted(set(scopes))


def check_lifetime(expires_at: datetime | None) -> datetime:
    """Return when a token ends: in 90 days unless said otherwise, within 365 days. Raises `InvalidInput`."""
    now = timezone.now()
    if expires_at is None:
        return now + DEFAULT_LIFETIME
    if not now < expires_at <= now + LONGEST_LIFETIME + timedelta(minutes=1):
        raise InvalidInput("A token must expire in the future, within 365 days.")
    return expires_at


def check_role_fits(role: Role, scope_type: ScopeType) -> None:
    """Raise `InvalidInput` for a role that cannot be held on such a scope."""
    if scope_type == "global" and role not in GLOBAL_ROLES:
        raise InvalidInput(f"The role {role} is held in a project, not everywhere.")
    if scope_type == "project" and role is Role.PLATFORM_ADMIN:
        raise InvalidInput("A platform admin administers the server, not a project.")
    if scope_type in ("model", "experiment") and role not in OBJECT_ROLES:
        raise InvalidInput(f"The role {role} is held on a whole project, not on a single {scope_type}.")


def parse_role(role: str) -> Role:
    """Return the role of that name, or raise `InvalidInput`."""
    try:
        return Role(role)
    except ValueError:
        raise InvalidInput(f"There is no role “{role}”. Roles are: {', '.join(Role)}.") from None
