"""Role grants as guardian stores them: one row per holder, role and object, with a foreign key to the object.

The code of the guardian permission is the name of the role. Apps above declare a pair of grant tables for a model
that can carry grants and register them here; ``accounts.operations.grant_role`` writes them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.roles import Role
from accounts.scopes import ScopeType


class UserGrant(UserObjectPermissionBase):
    """A role of one person on one object; give it a ``content_object`` foreign key."""

    expires_at = models.DateTimeField(null=True)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True


class TeamGrant(GroupObjectPermissionBase):
    """A role of a team on one object; give it a ``content_object`` foreign key."""

    expires_at = models.DateTimeField(null=True)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True


@dataclass(frozen=True)
class GrantTables:
    """The models of one kind of scope."""

    scope: type[models.Model]
    user_grant: Any
    team_grant: Any
    #: The operation that lets the project's roles count on an object or not; None where they always do.
    set_inheritance: Callable[..., Any] | None = None
    #: The address of an object's own page.
    page: Callable[[Any], str] | None = None


_tables: dict[ScopeType, GrantTables] = {}


def register_scope(
    scope_type: ScopeType,
    scope: type[models.Model],
    user_grant: type[UserGrant],
    team_grant: type[TeamGrant],
    *,
    set_inheritance: Callable[..., Any] | None = None,
    page: Callable[[Any], str] | None = None,
) -> None:
    """Let roles be granted on ``scope``. For ``AppConfig.ready()``."""
    _tables[scope_type] = GrantTables(scope, user_grant, team_grant, set_inheritance, page)


def grant_tables() -> Mapping[ScopeType, GrantTables]:
    """Every kind of scope that can carry grants."""
    return _tables


def role_permission(scope: type[models.Model], role: Role) -> Permission:
    """The guardian permission that stands for ``role`` on objects of ``scope``."""
    meta = scope._meta
    return Permission.objects.get(
        content_type__app_label=meta.app_label, content_type__model=meta.model_name, codename=str(role)
    )


def role_permissions() -> list[tuple[str, Any]]:
    """The ``Meta.permissions`` of a model that can carry grants."""
    return [(str(role), f"Holds the role {role.replace('_', ' ')}") for role in Role]
