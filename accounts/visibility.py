"""Which rows of a list somebody may see: the condition behind every ``visible_to``."""

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.held import object_grants_exist
from accounts.roles import UNCUT_ROLES, Action
from accounts.scopes import ScopeType

if TYPE_CHECKING:
    from accounts.principals import Principal


def visible_q(
    principal: "Principal",
    *,
    project: str = "project_id",
    scope_type: ScopeType | None = None,
    scope: str = "pk",
    inherits: str | None = None,
) -> Q:
    """The condition under which ``principal`` may see a row.

    ``project`` is the path to the row's project; ``scope`` the path to the registered model or experiment whose own
    grants count (of kind ``scope_type``); ``inherits`` the path to its column that may cut off the project's grants.
    """
    limit = principal.within_token_limit(project)
    if principal.sees_everything:
        return limit
    projects = principal.project_ids_with(Action.VIEW)
    seen = Q(**{f"{project}__in": projects})
    if inherits is not None:
        uncut = {pk for pk in projects if principal.grants.projects[pk].roles & UNCUT_ROLES}
        seen &= Q(**{inherits: True}) | Q(**{f"{project}__in": uncut})
    if scope_type is not None and principal.may_look and scope_type in principal.grants.object_scopes:
        seen |= object_grants_exist(scope_type, principal.user.pk, scope)
    return seen & limit
