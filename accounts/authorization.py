"""Decides whether somebody may, and explains why."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import RoleBinding
from accounts.principals import Principal, System
from accounts.querysets import current
from accounts.roles import ACTIONS, OWN_ACTIONS, ROLE_LABELS, SESSION_ONLY, Action, Role
from accounts.scopes import AccessPath, Scoped
from audit.exceptions import Hidden, PermissionDenied

_VERBS = {
    Action.VIEW: "see",
    Action.DOWNLOAD: "download from",
    Action.WRITE: "write to",
    Action.REQUEST: "promote versions of",
    Action.DECIDE: "decide on promotions of",
    Action.GOVERN: "change the promotion policy of",
    Action.BREAK_GLASS: "use break-glass on",
    Action.DEPLOY: "deploy, or report about,",
    Action.ROLL_BACK: "roll back",
    Action.RETIRE: "lower the stage of versions of",
    Action.TRASH: "delete or restore",
    Action.MANAGE: "manage",
    Action.GRANT: "change who has access to",
    Action.AUDIT: "read the audit log of",
    Action.ADMINISTER: "administer",
    Action.ACCOUNT: "change the account of",
}


def authorize(actor: Principal | System, action: str, obj: Scoped) -> None:
    """Return if ``actor`` may; the answer to every ``require``.

    Raises `PermissionDenied` with a sentence that says which role is missing, or `Hidden` when they may not see the
    object either.
    """
    if actor.may(action, obj):
        return
    asked = Action(action)
    path = obj.access_path()
    hidden = isinstance(actor, Principal) and path.project_id is not None and not actor.may(Action.VIEW, obj)
    if hidden and asked not in (Action.ADMINISTER, Action.ACCOUNT):
        raise Hidden(f"There is no {_kind(obj)} like that, or you may not see it.")
    raise PermissionDenied(_sentence(actor, asked, obj))


def _kind(obj: Scoped) -> str:
    return str(getattr(obj, "audit_type", "object")).replace("_", " ")


def _sentence(actor: Principal | System, action: Action, obj: Scoped) -> str:
    verb = _VERBS.get(action, f"do “{action.replace('_', ' ')}” on")
    what = f"You may not {verb} {_kind(obj)} “{obj}”." if hasattr(obj, "audit_type") else f"You may not {verb} {obj}."
    if isinstance(actor, Principal) and actor.token is not None:
        if action in SESSION_ONLY:
            return f"{what} A token cannot do this: sign in with your password."
        if actor.token.scopes and str(action) not in actor.token.scopes:
            return f"{what} Your token lacks the scope “{action}”."
    return f"{what} It takes the role {roles_with(action)}: ask a project admin."


def roles_with(action: Action) -> str:
    """The roles that allow the action, in words."""
    roles = [ROLE_LABELS[role] for role in Role if action in ACTIONS[role]]
    return " or ".join(roles) or "of its owner"


@dataclass(frozen=True)
class Explanation:
    """Why somebody may or may not do something: the bindings that give the right, and a sentence."""

    allowed: bool
    sentence: str
    bindings: list[RoleBinding]


def explain(principal: Principal, action: Action, obj: Scoped) -> Explanation:
    """Say why ``principal`` may (or not) do ``action`` to ``obj``: every binding that counts, or what is missing."""
    path = obj.access_path()
    allowed = principal.user.is_active and principal.may(action, obj)
    bindings = [binding for binding in _bindings_on(principal, path) if _gives(binding, action, path, principal)]
    if allowed and bindings:
        ways = "; ".join(way_of(binding) for binding in bindings)
        return Explanation(True, f"{principal.user} may {action.replace('_', ' ')}: {ways}.", bindings)
    if allowed:
        return Explanation(True, f"{principal.user} may {action.replace('_', ' ')}: it is their own account.", [])
    if not principal.user.is_active:
        return Explanation(False, f"{principal.user} is deactivated.", [])
    missing = f"{principal.user} may not {action.replace('_', ' ')}: it takes the role {roles_with(action)} here."
    return Explanation(False, missing, [])


def _bindings_on(principal: Principal, path: AccessPath) -> list[RoleBinding]:
    held = Q(user=principal.user) | Q(team__memberships__user=principal.user)
    place = Q(scope_type="global") | Q(scope_type="project", scope_id=path.project_id)
    place |= Q(scope_type="model", scope_id=path.model_id) | Q(scope_type="experiment", scope_id=path.experiment_id)
    rows = RoleBinding.objects.filter(held, place, current(), ended_at__isnull=True)
    return list(rows.select_related("user", "team", "granted_by", "project").order_by("pk").distinct())


def _gives(binding: RoleBinding, action: Action, path: AccessPath, principal: Principal) -> bool:
    role = Role(binding.role)
    if binding.scope_type == "project" and role not in principal.roles_on(path):
        return False  # the object does not inherit it
    own = path.owner_id is not None and path.owner_id == principal.user.pk
    if role is Role.VIEWER and action is Action.DOWNLOAD:
        granted = principal.grants.projects.get(path.project_id or 0)
        return granted is not None and granted.viewers_may_download
    return action in ACTIONS[role] or (own and action in OWN_ACTIONS.get(role, ()))


def way_of(binding: RoleBinding) -> str:
    """A role with everything that makes it count, as a piece of a sentence."""
    through = f" through team {binding.team.slug}" if binding.team else ""
    place = "everywhere" if binding.scope_type == "global" else f"on this {binding.scope_type}"
    by = f"granted by {binding.granted_by or 'the system'} on {binding.granted_at:%Y-%m-%d}"
    until = f", until {binding.expires_at:%Y-%m-%d}" if binding.expires_at else ""
    return f"{ROLE_LABELS[Role(binding.role)]} {place}{through} ({by}{until})"
