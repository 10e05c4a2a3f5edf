"""MLflow's levels of permission, and the roles of ours that they stand for."""

from accounts.principals import Principal
from accounts.roles import Action, Role
from accounts.scopes import Scoped
from audit.exceptions import InvalidInput

READ, USE, EDIT, MANAGE = "READ", "USE", "EDIT", "MANAGE"
NO_PERMISSIONS = "NO_PERMISSIONS"
#: What can be granted, from least to most.
LEVELS = (READ, USE, EDIT, MANAGE)

_ROLES = {READ: Role.VIEWER, USE: Role.VIEWER, EDIT: Role.CONTRIBUTOR, MANAGE: Role.MAINTAINER}
_LEVEL_OF_ROLE = {
    Role.VIEWER: READ,
    Role.CONTRIBUTOR: EDIT,
    Role.MAINTAINER: MANAGE,
    Role.PROJECT_ADMIN: MANAGE,
}
#: The roles that this protocol gives and takes; others are shown by our own pages only.
ROLES = frozenset(_LEVEL_OF_ROLE)
_ACTIONS = ((MANAGE, Action.MANAGE), (EDIT, Action.WRITE), (USE, Action.DOWNLOAD), (READ, Action.VIEW))


def parse_level(word: str) -> str:
    """Return a level that can be granted. Raises InvalidInput."""
    if word == "DENY":
        raise InvalidInput("There are no denials here: what nobody granted is denied. Revoke the grant instead.")
    if word not in LEVELS:
        raise InvalidInput(f"Invalid permission '{word[:40]}'. Valid permissions are: {', '.join(LEVELS)}.")
    return word


def role_for(level: str, *, whole_project: bool) -> Role:
    """The role that a level stands for; on a whole project to manage is to say who has access."""
    return Role.PROJECT_ADMIN if whole_project and level == MANAGE else _ROLES[level]


def level_of_role(role: Role) -> str:
    """The level that shows a role of `ROLES`."""
    return _LEVEL_OF_ROLE[role]


def level_of(principal: Principal, scope: Scoped) -> str:
    """The highest level at which somebody may act on something, by whatever roles."""
    return next((level for level, action in _ACTIONS if principal.may(action, scope)), NO_PERMISSIONS)
