"""Users and the grants of single users: the endpoints below ``users/`` of MLflow's authentication app."""

from typing import Any

from accounts import operations
from accounts.models import RoleBinding, User
from accounts.principals import Principal
from accounts.roles import Action, Role
from audit.exceptions import NotFound
from mlflow_api import levels
from mlflow_api.grants import Place, bindings_at, find_place, set_level
from mlflow_api.schema import Flag, Text, takes
from mlflow_api.transport import Answer, Body
from mlflow_api.workspaces import project_of

_USERNAME = Text(required=True)
_RESOURCE = {"resource_type": Text(required=True), "resource_id": Text(required=True)}


@takes(username=_USERNAME, password=Text(required=True))
def create(actor: Principal, body: Body) -> Answer:
    user = operations.create_user(actor, body["username"], password=body["password"])
    return {"user": _shown(user, is_admin=False)}


@takes(username=_USERNAME)
def get(actor: Principal, body: Body) -> Answer:
    return _answer(find_user(actor, body["username"]))


def get_current(actor: Principal, body: Body) -> Answer:
    return _answer(actor.user)


def search(actor: Principal, body: Body) -> Answer:
    admins = set(User.objects.platform_admins().values_list("pk", flat=True))
    users = User.objects.visible_to(actor).filter(is_active=True).order_by("username")
    return {"users": [_shown(user, is_admin=user.pk in admins) for user in users]}


@takes(username=_USERNAME, password=Text(required=True))
def update_password(actor: Principal, body: Body) -> Answer:
    operations.set_password(actor, find_user(actor, body["username"]), body["password"])
    return {}


@takes(username=_USERNAME, is_admin=Flag(required=True))
def update_admin(actor: Principal, body: Body) -> Answer:
    user = find_user(actor, body["username"])
    held = RoleBinding.objects.active().filter(user=user, role=Role.PLATFORM_ADMIN)
    if not body["is_admin"]:
        for binding in held:
            operations.revoke_role(actor, binding)
    elif not held.exists():
        operations.grant_role(actor, user, Role.PLATFORM_ADMIN)
    return {}


@takes(username=_USERNAME)
def delete(actor: Principal, body: Body) -> Answer:
    """Shut the user out; what they made keeps their name."""
    operations.deactivate_user(actor, find_user(actor, body["username"]))
    return {}


@takes(username=_USERNAME, **_RESOURCE, permission=Text(required=True))
def grant_permission(actor: Principal, body: Body) -> Answer:
    level = levels.parse_level(body["permission"])
    set_level(actor, find_user(actor, body["username"]), _place(actor, body), level)
    return {}


@takes(username=_USERNAME, **_RESOURCE)
def revoke_permission(actor: Principal, body: Body) -> Answer:
    bindings = list(bindings_at(find_user(actor, body["username"]), _place(actor, body).scope))
    if not bindings:
        raise NotFound(f"{body['username'][:150]} was granted nothing there.")
    for binding in bindings:
        operations.revoke_role(actor, binding)
    return {}


@takes(username=_USERNAME, **_RESOURCE)
def get_permission(actor: Principal, body: Body) -> Answer:
    """Answer what the user may do there by all their roles; ``allowed`` says whether it is more than looking."""
    user, scope = find_user(actor, body["username"]), _place(actor, body).scope
    if user != actor.user and not actor.may(Action.VIEW, scope):
        raise NotFound("There is nothing like that, or you may not see it.")
    level = levels.level_of(Principal(user, auth="session"), scope)
    return {"allowed": level in (levels.USE, levels.EDIT, levels.MANAGE), "permission": level}


def find_user(actor: Principal, username: str) -> User:
    """The active user of that name. Raises NotFound."""
    user: User | None = User.objects.visible_to(actor).filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise NotFound(f"User with username={username[:150]} not found")
    return user


def _place(actor: Principal, body: Body) -> Place:
    return find_place(actor, project_of(actor, body), body["resource_type"], body["resource_id"])


def _answer(user: User) -> Answer:
    return {"user": _shown(user, is_admin=User.objects.platform_admins().filter(pk=user.pk).exists())}


def _shown(user: User, *, is_admin: bool) -> dict[str, Any]:
    return {"id": user.pk, "username": user.username, "is_admin": is_admin}
