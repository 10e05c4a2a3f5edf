"""Giving and taking roles: guardian's rows and the readable binding, written together."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.grants import grant_tables, role_permission
from accounts.models import RoleBinding, Team, User
from accounts.principals import SCHEDULER, Principal, System
from accounts.roles import GLOBAL_ROLES, ROLE_LABELS, Action, Role
from accounts.rules import check_role_fits
from accounts.scopes import PLATFORM, Scoped, ScopeType
from audit.event_types import EventType
from audit.exceptions import AlreadyExists, InvalidInput, InvalidState, PermissionDenied
from audit.operation import operation, record, require

Holder = User | Team


@operation
def grant_role(
    actor: Principal | System,
    holder: Holder,
    role: Role,
    scope: Any = None,
    *,
    reason: str = "",
    expires_at: datetime | None = None,
) -> RoleBinding:
    """Give ``holder`` a role on ``scope``: a project, a registered model, an experiment, or None for the whole server.

    Nobody gives a role to themself or to a team they are in. Raises `PermissionDenied`, `InvalidInput` and
    `AlreadyExists`.
    """
    require(Action.ADMINISTER if scope is None else Action.GRANT, PLATFORM if scope is None else scope)
    if isinstance(actor, Principal):
        _refuse_oneself(actor, holder)
    return bind_role(actor, holder, role, scope, reason=reason, expires_at=expires_at)


@operation
def revoke_role(actor: Principal | System, binding: RoleBinding, *, reason: str = "") -> RoleBinding:
    """Take a role away, with effect on the next request. One may give up one's own role.

    Raises `InvalidState` when it has ended already, or when it is the last platform admin's.
    """
    _require_to_end(actor, binding)
    binding = RoleBinding.objects.select_related("user", "team").get(pk=binding.locked().pk)
    if binding.ended_at is not None:
        raise InvalidState("This role has ended already.")
    if binding.role == Role.PLATFORM_ADMIN and not _another_administrator(binding):
        raise InvalidState("This is the last platform admin. Give somebody else the role first.")
    end_binding(actor, binding, EventType.ROLE_REVOKED, reason)
    return binding


@operation
def replace_roles(
    actor: Principal | System, holder: Holder, role: Role, scope: Any, *, instead_of: Iterable[RoleBinding]
) -> RoleBinding | None:
    """Give ``holder`` a role and take others of theirs away with it: both, or neither.

    Returns None when they had the role already. Raises what `grant_role` and `revoke_role` raise.
    """
    require(Action.ADMINISTER if scope is None else Action.GRANT, PLATFORM if scope is None else scope)
    given = None
    with suppress(AlreadyExists):
        given = grant_role(actor, holder, role, scope)
    for binding in instead_of:
        revoke_role(actor, binding)
    return given


def end_expired_roles() -> int:
    """End every binding whose time has come; return how many. Expired ones do not count even before this runs."""
    expired = RoleBinding.objects.filter(ended_at__isnull=True, expires_at__lte=timezone.now()).order_by("pk")
    return sum(_end_expired_role(SCHEDULER, binding) for binding in expired)


@operation
def _end_expired_role(actor: System, binding: RoleBinding) -> int:
    require(Action.GRANT, PLATFORM)
    binding = binding.locked()
    if binding.ended_at is not None:
        return 0
    end_binding(actor, binding, EventType.ROLE_EXPIRED, "")
    return 1


def bind_role(
    actor: Principal | System,
    holder: Holder,
    role: Role,
    scope: Any,
    *,
    reason: str = "",
    expires_at: datetime | None = None,
) -> RoleBinding:
    """Write a grant and its binding, inside an operation that has asked for the right."""
    scope_type = scope_type_of(scope)
    check_role_fits(role, scope_type)
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput("The role would end before it begins.")
    binding = RoleBinding(
        user=holder if isinstance(holder, User) else None,
        team=holder if isinstance(holder, Team) else None,
        role=role,
        scope_type=scope_type,
        scope_id=scope.pk if scope is not None else None,
        project_id=scope.access_path().project_id if scope is not None else None,
        reason=reason[:500],
        granted_by_id=actor.user_id,
        expires_at=expires_at,
    )
    _refuse_double(binding)
    binding.save()
    if scope is not None:
        _write_grant(binding, scope)
    after = {
        "role": str(role),
        "scope": scope_type,
        "scope_id": binding.scope_id,
        "expires_at": expires_at.isoformat() if expires_at else None,
        "holder": binding.holder.audit_id,
        "holder_type": binding.holder.audit_type,
    }
    record(EventType.ROLE_GRANTED, binding, after=after, reason=reason)
    return binding


def end_binding(actor: Principal | System, binding: RoleBinding, event_type: EventType, reason: str) -> None:
    """End a binding and remove its grant, inside an operation that has asked for the right."""
    _remove_grant(binding)
    binding.ended_at = timezone.now()
    binding.ended_by_id = actor.user_id
    binding.save(update_fields=["ended_at", "ended_by"])
    before = {
        "role": binding.role,
        "scope": binding.scope_type,
        "scope_id": binding.scope_id,
        "holder": binding.holder.audit_id,
        "holder_type": binding.holder.audit_type,
    }
    record(event_type, binding, before=before, reason=reason)


def scope_type_of(scope: Scoped | None) -> ScopeType:
    """What kind of scope an object is. Raises `InvalidInput` for one that carries no grants."""
    if scope is None:
        return "global"
    for scope_type, tables in grant_tables().items():
        if isinstance(scope, tables.scope):
            return scope_type
    raise InvalidInput(f"No role can be held on {scope}.")


def _refuse_oneself(actor: Principal, holder: Holder) -> None:
    is_me = isinstance(holder, User) and holder.pk == actor.user.pk
    is_mine = isinstance(holder, Team) and holder.memberships.filter(user=actor.user).exists()
    if is_me or is_mine:
        raise PermissionDenied("Nobody gives a role to themself or to their own team. Ask another project admin.")


def _refuse_double(binding: RoleBinding) -> None:
    same = RoleBinding.objects.filter(
        user=binding.user,
        team=binding.team,
        role=binding.role,
        scope_type=binding.scope_type,
        scope_id=binding.scope_id,
        ended_at__isnull=True,
    )
    if same.exists():
        raise AlreadyExists(f"{binding.holder} has the role {ROLE_LABELS[Role(binding.role)]} here already.")


def _require_to_end(actor: Principal | System, binding: RoleBinding) -> None:
    if isinstance(actor, Principal) and binding.user_id == actor.user.pk:
        require(Action.ACCOUNT, actor.user)
    elif binding.role in GLOBAL_ROLES and binding.scope_type == "global":
        require(Action.ADMINISTER, PLATFORM)
    else:
        require(Action.GRANT, binding)


def _another_administrator(binding: RoleBinding) -> bool:
    return User.objects.platform_admins().exclude(pk=binding.user_id or 0).exists()


def _write_grant(binding: RoleBinding, scope: Any) -> None:
    tables = grant_tables()[scope_type_of(scope)]
    permission = role_permission(tables.scope, Role(binding.role))
    grant: dict[str, Any] = {"content_object": scope, "permission": permission, "expires_at": binding.expires_at}
    if binding.user is not None:
        tables.user_grant.objects.create(user=binding.user, **grant)
    else:
        tables.team_grant.objects.create(group=binding.team, **grant)


def _remove_grant(binding: RoleBinding) -> None:
    if binding.scope_type == "global":
        return
    tables = grant_tables()[binding.scope_type]  # type: ignore[index]
    grant = {"content_object_id": binding.scope_id, "permission__codename": binding.role}
    if binding.user_id is not None:
        tables.user_grant.objects.filter(user_id=binding.user_id, **grant).delete()
    else:
        tables.team_grant.objects.filter(group_id=binding.team_id, **grant).delete()
