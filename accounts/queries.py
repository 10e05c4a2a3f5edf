"""Reads of accounts that pages and the API share: finding what a request names, who holds what, who may what."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.authorization import Explanation, explain, roles_with, way_of
from accounts.grants import grant_tables
from accounts.matrix import place_of, rows_of
from accounts.models import Project, RoleBinding, Team, User
from accounts.names import names_of
from accounts.principals import Principal
from accounts.roles import ROLE_LABELS, Action, Role
from accounts.scopes import PLATFORM, Scoped, ScopeType
from audit.exceptions import InvalidInput, NotFound, PermissionDenied

#: How a request names the whole server where it could name a project, a model or an experiment.
SERVER = "server"
_HOLDERS = 60


def find_user(principal: Principal, name: str) -> User:
    """The account with this uid or user name. Raises `NotFound`."""
    named = Q(uid=name) | Q(username__iexact=name)
    user = User.objects.visible_to(principal).select_related("project").filter(named).first()
    if user is None:
        raise NotFound(f"There is no user “{name}”.")
    return user


def find_team(principal: Principal, pk: int) -> Team:
    """The team with this number. Raises `NotFound`."""
    team = Team.objects.active().visible_to(principal).select_related("project").filter(pk=pk).first()
    if team is None:
        raise NotFound("There is no team with this number, or you may not see it.")
    return team


def find_project(principal: Principal, slug: str) -> Project:
    """The project with this short name. Raises `NotFound`."""
    project = Project.objects.visible_to(principal).filter(slug=slug).first()
    if project is None:
        raise NotFound(f"There is no project “{slug}”, or you may not see it.")
    return project


def find_scope(principal: Principal, reference: str) -> Any:
    """The object behind ``project/<short name>``, ``model/<number>`` or ``experiment/<number>``; None for ``server``.

    Raises `InvalidInput` for what is no reference, `NotFound` for what is not there or not for them to see.
    """
    if reference == SERVER:
        return None
    kind, _, name = reference.partition("/")
    if kind == "project" and name:
        return find_project(principal, name)
    tables = grant_tables().get(cast("ScopeType", kind))
    if tables is None or not name.isdigit():
        kinds = ", ".join(f"{known}/<number>" for known in grant_tables() if known != "project")
        raise InvalidInput(f"“{reference}” names nothing. Write project/<short name>, {kinds or '…'} or {SERVER}.")
    visible: Any = tables.scope._default_manager
    found = visible.visible_to(principal).filter(pk=int(name)).first()
    if found is None:
        raise NotFound(f"There is no {kind} with this number, or you may not see it.")
    return found


def reference_to(binding: RoleBinding) -> str:
    """How the API names the scope of a binding (its ``project`` must be loaded); the inverse of `find_scope`."""
    if binding.scope_type == "project" and binding.project is not None:
        return f"project/{binding.project.slug}"
    return SERVER if binding.scope_type == "global" else f"{binding.scope_type}/{binding.scope_id}"


@dataclass(frozen=True)
class HeldRole:
    """A role as shown to people: the binding, and what its scope is called."""

    binding: RoleBinding
    scope: str

    @property
    def label(self) -> str:
        """The role in words."""
        return ROLE_LABELS[Role(self.binding.role)]


def held_roles(bindings: QuerySet[RoleBinding]) -> list[HeldRole]:
    """The bindings with everything that a page says about them: two queries, and one per further kind of scope."""
    rows = list(bindings.select_related("user", "team", "granted_by", "project"))
    names = names_of((row.scope_type, str(row.scope_id)) for row in rows if row.scope_type in ("model", "experiment"))
    return [HeldRole(row, _scope_label(row, names)) for row in rows]


def _scope_label(row: RoleBinding, names: dict[tuple[str, str], str]) -> str:
    if row.scope_type == "global":
        return "everywhere"
    if row.scope_type == "project" and row.project is not None:
        return f"project {row.project.slug}"
    return f"{row.scope_type} {names.get((row.scope_type, str(row.scope_id)), row.scope_id)}"


def my_projects(principal: Principal) -> list[tuple[Project, list[str]]]:
    """The projects somebody may see, each with the roles they hold on all of it."""
    held = principal.grants.projects
    return [
        (project, sorted(ROLE_LABELS[role] for role in held[project.pk].roles) if project.pk in held else [])
        for project in Project.objects.visible_to(principal)
    ]


def roles_in(principal: Principal, project: Project) -> list[str]:
    """The roles somebody holds on all of a project; no query."""
    held = principal.grants.projects.get(project.pk)
    return sorted(ROLE_LABELS[role] for role in held.roles) if held else []


def explain_access(
    asker: Principal, who: User, action: Action, scope: Scoped | None, at: datetime | None = None
) -> Explanation:
    """Say why ``who`` may (or not) do ``action``, or why they could at a moment in the past.

    About others one may ask who may grant or audit there. Raises `PermissionDenied`, and `InvalidInput` for a moment
    to come.
    """
    obj: Scoped = PLATFORM if scope is None else scope
    if who != asker.user and not may_ask_about_others(asker, obj):
        raise PermissionDenied(
            "You may ask what you may do yourself. To ask about others takes the role project admin or auditor."
        )
    if at is None:
        return explain(Principal(who, auth="session"), action, obj)
    return _explain_past(who, action, obj, at)


def holders_in(project: Project) -> list[tuple[str, list[User | Team]]]:
    """Who holds a role on the whole project, by role, the roles in their usual order; of very many the first."""
    rows = RoleBinding.objects.active().filter(scope_type="project", project=project).select_related("user", "team")
    holders: dict[str, list[User | Team]] = defaultdict(list)
    for row in rows.order_by("pk")[:_HOLDERS]:
        holders[row.role].append(row.holder)
    return [(ROLE_LABELS[role], holders[role]) for role in Role if role in holders]


def may_ask_about_others(asker: Principal, obj: Scoped) -> bool:
    """Whether somebody may know what others may do to an object, and could do."""
    everywhere = asker.may_administer or asker.sees_everything
    return everywhere or asker.may(Action.GRANT, obj) or asker.may(Action.AUDIT, obj)


def _explain_past(who: User, action: Action, obj: Scoped, at: datetime) -> Explanation:
    if at > timezone.now():
        raise InvalidInput("This moment is still to come. Ask about one in the past.")
    if action is Action.ACCOUNT:
        raise InvalidInput("Everybody could change their own account at any time. Ask about another action.")
    place = place_of(obj, at)
    (row,) = rows_of([who], place, at)
    cell = row.cell(action)
    when, did = f"{at:%Y-%m-%d %H:%M} UTC", action.replace("_", " ")
    if cell.allowed:
        ways = "; ".join(way_of(held.binding) for held in cell.ways)
        sentence = f"At {when} {who} could {did}: {ways}."
    elif not place.now.existed:
        sentence = f"At {when} there was no such thing yet."
    elif row.is_out:
        sentence = f"At {when} {who} was deactivated."
    else:
        sentence = f"At {when} {who} could not {did}: it took the role {roles_with(action)} here."
    return Explanation(cell.allowed, sentence, [held.binding for held in cell.ways] if cell.allowed else [])
