"""Reads what somebody holds, from guardian's tables and the global bindings, in one query.

The statement is put together from names of our own tables only; every value is a parameter.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q
from django.utils import timezone

from accounts.grants import grant_tables
from accounts.models import RoleBinding, TeamMembership
from accounts.querysets import current
from accounts.roles import Role
from accounts.scopes import ScopeType


@dataclass(frozen=True)
class ProjectGrant:
    """The roles somebody holds on one project."""

    roles: frozenset[Role]
    viewers_may_download: bool


@dataclass(frozen=True)
class Grants:
    """What somebody holds: roles everywhere, roles by project, and on which kinds of single objects at all."""

    everywhere: frozenset[Role] = frozenset()
    projects: dict[int, ProjectGrant] = field(default_factory=dict)
    object_scopes: frozenset[str] = frozenset()


def load_grants(user_id: int) -> Grants:
    """What a user holds now, directly and through teams: one query, however many objects there are."""
    sql, arms = _query()
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [user_id, now] * arms)
        rows = cursor.fetchall()
    everywhere: set[Role] = set()
    projects: dict[int, set[Role]] = defaultdict(set)
    downloads: dict[int, bool] = {}
    object_scopes: set[str] = set()
    for scope_type, scope_id, role, viewers_may_download in rows:
        if scope_type == "global":
            everywhere.add(Role(role))
        elif scope_type == "project":
            projects[scope_id].add(Role(role))
            downloads[scope_id] = bool(viewers_may_download)
        else:
            object_scopes.add(scope_type)
    held = {pk: ProjectGrant(frozenset(roles), downloads[pk]) for pk, roles in projects.items()}
    return Grants(frozenset(everywhere), held, frozenset(object_scopes))


def roles_on_object(user_id: int, scope_type: ScopeType, scope_id: int) -> frozenset[Role]:
    """The roles a user holds on one registered model or experiment itself; one query."""
    tables = grant_tables()[scope_type]
    mine = tables.user_grant.objects.filter(current(), user_id=user_id, content_object_id=scope_id)
    teams = tables.team_grant.objects.filter(current(), group__memberships__user_id=user_id, content_object_id=scope_id)
    codes = mine.values_list("permission__codename").union(teams.values_list("permission__codename"))
    return frozenset(Role(code) for (code,) in codes)


def object_grants_exist(scope_type: ScopeType, user_id: int, scope: str) -> Q:
    """A condition on a list: the user holds some role on the very object that column ``scope`` names."""
    tables = grant_tables()[scope_type]
    mine = tables.user_grant.objects.filter(current(), user_id=user_id, content_object_id=OuterRef(scope))
    teams = tables.team_grant.objects.filter(
        current(), group__memberships__user_id=user_id, content_object_id=OuterRef(scope)
    )
    return Q(Exists(mine)) | Q(Exists(teams))


@cache
def _query() -> tuple[str, int]:
    """The statement of `load_grants`, and how often it takes (user, now)."""
    binding, member = _table(RoleBinding), _table(TeamMembership)
    project = grant_tables()["project"]
    user_grant, team_grant, scope = _table(project.user_grant), _table(project.team_grant), _table(project.scope)
    roles = f"JOIN auth_permission p ON p.id = g.permission_id JOIN {scope} o ON o.id = g.content_object_id"
    columns = "'project', g.content_object_id, p.codename, o.viewers_may_download"
    current_grant = "(g.expires_at IS NULL OR g.expires_at > %s)"
    held_everywhere = "g.scope_type = 'global' AND g.ended_at IS NULL"
    everywhere = f"SELECT 'global', 0, g.role, FALSE FROM {binding} g"
    through_team = f"JOIN {member} m ON m.group_id = g.group_id"
    as_member = f"JOIN {member} m ON m.group_id = g.team_id"
    arms = [
        f"SELECT {columns} FROM {user_grant} g {roles} WHERE g.user_id = %s AND {current_grant}",
        f"SELECT {columns} FROM {team_grant} g {roles} {through_team} WHERE m.user_id = %s AND {current_grant}",
        f"{everywhere} WHERE g.user_id = %s AND {current_grant} AND {held_everywhere}",
        f"{everywhere} {as_member} WHERE m.user_id = %s AND {current_grant} AND {held_everywhere}",
    ]
    for scope_type, tables in grant_tables().items():
        if scope_type != "project":
            some = f"SELECT '{scope_type}', 0, '', FALSE WHERE EXISTS"
            mine, teams = f"FROM {_table(tables.user_grant)} g", f"FROM {_table(tables.team_grant)} g {through_team}"
            arms.append(f"{some} (SELECT 1 {mine} WHERE g.user_id = %s AND {current_grant})")
            arms.append(f"{some} (SELECT 1 {teams} WHERE m.user_id = %s AND {current_grant})")
    return " UNION ALL ".join(arms), len(arms)


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
