"""Roles of MLflow's authentication app: the endpoints below ``roles/``.

A role is one of our teams; a permission of it is a role that the team holds somewhere in its project.
"""

from typing import Any

from accounts import operations
from accounts.models import RoleBinding, Team
from accounts.principals import Principal
from audit.exceptions import NotFound
from mlflow_api import grants, levels
from mlflow_api.schema import NumberText, Text, Whole, takes
from mlflow_api.transport import Answer, Body
from mlflow_api.users import find_user
from mlflow_api.workspaces import find_workspace

_ID_IN_QUERY = NumberText(required=True)
_ID = Whole(required=True)
_USERNAME = Text(required=True)


@takes(workspace=Text(required=True), name=Text(required=True), description=Text())
def create(actor: Principal, body: Body) -> Answer:
    project = find_workspace(actor, body["workspace"])
    return _answer(operations.create_team(actor, body["name"], project, description=body.get("description", "")))


@takes(role_id=_ID_IN_QUERY)
def get(actor: Principal, body: Body) -> Answer:
    return _answer(_find(actor, body["role_id"]))


@takes(workspace=Text())
def search(actor: Principal, body: Body) -> Answer:
    """List the roles of one workspace, or of all that the caller sees."""
    teams = _visible(actor)
    if "workspace" in body:
        teams = teams.filter(project=find_workspace(actor, body["workspace"]))
    return {"roles": [_shown(team) for team in teams]}


@takes(username=_USERNAME)
def search_of_user(actor: Principal, body: Body) -> Answer:
    teams = _visible(actor).filter(memberships__user=find_user(actor, body["username"]))
    return {"roles": [_shown(team) for team in teams]}


@takes(role_id=_ID, name=Text(), description=Text())
def update(actor: Principal, body: Body) -> Answer:
    team = _find(actor, body["role_id"])
    return _answer(operations.update_team(actor, team, slug=body.get("name"), description=body.get("description")))


@takes(role_id=_ID)
def delete(actor: Principal, body: Body) -> Answer:
    operations.delete_team(actor, _find(actor, body["role_id"]))
    return {}


@takes(username=_USERNAME, role_id=_ID)
def assign(actor: Principal, body: Body) -> Answer:
    team, user = _find(actor, body["role_id"]), find_user(actor, body["username"])
    return {"assignment": _assignment(team, operations.add_member(actor, team, user).pk, user.pk)}


@takes(username=_USERNAME, role_id=_ID)
def unassign(actor: Principal, body: Body) -> Answer:
    operations.remove_member(actor, _find(actor, body["role_id"]), find_user(actor, body["username"]))
    return {}


@takes(role_id=_ID_IN_QUERY)
def search_users(actor: Principal, body: Body) -> Answer:
    team = _find(actor, body["role_id"])
    members = team.memberships.order_by("pk").values_list("pk", "user_id")
    return {"assignments": [_assignment(team, pk, user_id) for pk, user_id in members]}


@takes(
    role_id=_ID, resource_type=Text(required=True), resource_pattern=Text(required=True), permission=Text(required=True)
)
def add_permission(actor: Principal, body: Body) -> Answer:
    team = _find(actor, body["role_id"])
    assert team.project is not None
    place = grants.find_place(actor, team.project, body["resource_type"], body["resource_pattern"])
    role = place.role_for(levels.parse_level(body["permission"]))
    return {"role_permission": grants.shown(operations.grant_role(actor, team, role, place.scope))}


@takes(role_id=_ID_IN_QUERY)
def search_permissions(actor: Principal, body: Body) -> Answer:
    return {"role_permissions": _permissions(_find(actor, body["role_id"]))}


@takes(role_permission_id=_ID, permission=Text(required=True))
def update_permission(actor: Principal, body: Body) -> Answer:
    """Give the team another role in the same place. It has a new id, for the old one is history."""
    old = _find_permission(actor, body["role_permission_id"])
    assert old.team is not None
    place = grants.place_of(old)
    grants.set_level(actor, old.team, place, levels.parse_level(body["permission"]))
    return {"role_permission": grants.shown(grants.bindings_at(old.team, place.scope).latest("pk"))}


@takes(role_permission_id=_ID)
def remove_permission(actor: Principal, body: Body) -> Answer:
    operations.revoke_role(actor, _find_permission(actor, body["role_permission_id"]))
    return {}


def _visible(actor: Principal) -> Any:
    return Team.objects.active().visible_to(actor).filter(project__isnull=False).select_related("project")


def _find(actor: Principal, pk: int) -> Team:
    team: Team | None = _visible(actor).filter(pk=pk).first()
    if team is None:
        raise NotFound(f"Role with id={pk} not found")
    return team


def _find_permission(actor: Principal, pk: int) -> RoleBinding:
    bindings = RoleBinding.objects.active().visible_to(actor).filter(team__isnull=False, role__in=levels.ROLES)
    binding = bindings.select_related("team").filter(pk=pk).first()
    if binding is None:
        raise NotFound(f"Role permission with id={pk} not found")
    return binding


def _permissions(team: Team) -> list[Answer]:
    return [grants.shown(binding) for binding in grants.shown_bindings(team)]


def _answer(team: Team) -> Answer:
    return {"role": _shown(team)}


def _shown(team: Team) -> dict[str, Any]:
    assert team.project is not None
    return {
        "id": team.pk,
        "name": team.slug,
        "workspace": team.project.slug,
        "description": team.description,
        "permissions": _permissions(team),
    }


def _assignment(team: Team, pk: int, user_id: int) -> dict[str, int]:
    return {"id": pk, "user_id": user_id, "role_id": team.pk}
