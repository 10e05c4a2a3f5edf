"""Who may do what to an object and why, now or at a moment in the past.

The present is read from the memberships and bindings that count, the past from the times at which they began and ended.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.circumstances import Circumstances, circumstances, shut_out
from accounts.models import RoleBinding, TeamMembership, TeamStay, User, UserKind
from accounts.roles import ACTIONS, OWN_ACTIONS, ROLE_LABELS, UNCUT_ROLES, Action, Role
from accounts.scopes import PLATFORM, AccessPath, Scoped

#: What a matrix has a column for; one's own account is nobody else's.
COLUMNS = tuple(action for action in Action if action not in (Action.ACCOUNT, Action.ADMINISTER))
SERVER_COLUMNS = (Action.VIEW, Action.LINEAGE, Action.AUDIT, Action.ADMINISTER)
_PEOPLE = 50


@dataclass(frozen=True)
class Held:
    """A role that somebody holds: by a binding of their own, or through a team that they are in ``since``."""

    binding: RoleBinding
    since: datetime | None = None

    @property
    def role(self) -> Role:
        """The role itself."""
        return Role(self.binding.role)

    @property
    def label(self) -> str:
        """The role in words."""
        return ROLE_LABELS[self.role]

    @property
    def place(self) -> str:
        """Where it is held, seen from the object asked about."""
        return "everywhere" if self.binding.scope_type == "global" else f"on this {self.binding.scope_type}"


@dataclass(frozen=True)
class Cell:
    """Whether somebody may do one thing; ``own`` when only to what they made themself."""

    action: Action
    allowed: bool
    own: bool
    ways: list[Held]


@dataclass(frozen=True)
class Row:
    """One person, and what they may."""

    user: User
    is_out: bool
    held: list[Held]
    place: "Place"

    @cached_property
    def cells(self) -> list[Cell]:
        """A cell for each column."""
        return [self.cell(action) for action in self.place.columns]

    @property
    def allowed(self) -> list[Cell]:
        """The cells that say yes."""
        return [cell for cell in self.cells if cell.allowed or cell.own]

    @property
    def roles(self) -> list[str]:
        """The roles that count, in words."""
        return sorted({held.label for held in self.held if self.place.counts(held)})

    def cell(self, action: Action) -> Cell:
        """What the person may with respect to one action."""
        if self.is_out or not self.place.now.existed:
            return Cell(action, allowed=False, own=False, ways=[])
        in_project = any(held.binding.scope_type == "project" for held in self.held)
        full = [held for held in self.held if self.place.gives(held, action, in_project=in_project)]
        own = [held for held in self.held if self.place.counts(held) and action in OWN_ACTIONS.get(held.role, ())]
        is_owner = self.place.path.owner_id == self.user.pk
        allowed = bool(full) or (bool(own) and is_owner)
        return Cell(action, allowed=allowed, own=bool(own) and not full, ways=full or own)


@dataclass(frozen=True)
class Place:
    """An object that people act on, as it was at the moment that is asked about."""

    path: AccessPath
    now: Circumstances
    columns: tuple[Action, ...]

    def counts(self, held: Held) -> bool:
        """Whether a role that is held counts for the object."""
        return held.binding.scope_type != "project" or self.now.inherits or held.role in UNCUT_ROLES

    def gives(self, held: Held, action: Action, *, in_project: bool) -> bool:
        """Whether a role gives the right to do something to the object, whoever made it."""
        if not self.counts(held):
            return False
        if held.role is Role.VIEWER and action is Action.DOWNLOAD:
            return self.now.viewers_may_download and in_project
        return action in ACTIONS[held.role]


@dataclass(frozen=True)
class Matrix:
    """A page of people with what they may do to one object."""

    place: Place
    page: Page[User]
    rows: list[Row]


def place_of(obj: Scoped, at: datetime | None) -> Place:
    """The object at the moment."""
    columns = SERVER_COLUMNS if obj is PLATFORM else COLUMNS
    return Place(obj.access_path(), circumstances(obj, at), columns)


def matrix(obj: Scoped, at: datetime | None = None, *, only: User | None = None, page: str | None = None) -> Matrix:
    """Who could do what to ``obj``: people with a role that counts, by name; a fixed number of queries."""
    place = place_of(obj, at)
    bindings = _bindings(place.path, at)
    members = _members(at)
    holders = Q(pk__in=bindings.filter(team=None).values("user"))
    holders |= Q(
        pk__in=members.filter(**{_team(at) + "__in": bindings.filter(user=None).values("team")}).values("user")
    )
    people = User.objects.filter(pk=only.pk) if only is not None else User.objects.filter(holders)
    shown = Paginator(people.select_related("project").order_by("username"), _PEOPLE).get_page(page)
    return Matrix(place, shown, rows_of(shown.object_list, place, at))


def people_who_may(obj: Scoped, action: Action) -> QuerySet[User]:
    """The active people with a role that lets them do ``action`` to ``obj`` now, by name; one query."""
    bindings = _giving(obj.access_path(), action)
    members = TeamMembership.objects.filter(group__in=bindings.filter(user=None).values("team"))
    holders = Q(pk__in=bindings.filter(team=None).values("user")) | Q(pk__in=members.values("user"))
    return User.objects.filter(holders, is_active=True, kind=UserKind.HUMAN).order_by("username")


def rights_to(obj: Scoped, action: Action, most: int) -> dict[User, list[Held]]:
    """The active people who may do ``action`` to ``obj`` now, by name, with the roles that let them; two queries.

    At most so many roles and memberships are looked at.
    """
    bindings = list(_giving(obj.access_path(), action).select_related("user", "team", "granted_by")[:most])
    held: dict[User, list[Held]] = defaultdict(list)
    by_team: dict[int, list[RoleBinding]] = defaultdict(list)
    for binding in bindings:
        if binding.user is not None:
            held[binding.user].append(Held(binding))
        elif binding.team_id is not None:
            by_team[binding.team_id].append(binding)
    members = TeamMembership.objects.filter(group__in=list(by_team)).select_related("user")[:most] if by_team else ()
    for membership in members:
        held[membership.user] += [Held(binding, membership.since) for binding in by_team[membership.group_id]]
    people = [user for user in held if user.is_active and user.kind == UserKind.HUMAN]
    return {user: held[user] for user in sorted(people, key=lambda user: user.username)}


def _giving(path: AccessPath, action: Action) -> QuerySet[RoleBinding]:
    """The bindings that let somebody do ``action`` now."""
    bindings = _bindings(path, None).filter(role__in=[role for role in Role if action in ACTIONS[role]])
    return bindings if path.inherits else bindings.exclude(~Q(role__in=UNCUT_ROLES), scope_type="project")


def rows_of(users: Iterable[User], place: Place, at: datetime | None) -> list[Row]:
    """A row for each of the people: three queries, and one more for the past."""
    people = list(users)
    held = _held_by(people, place.path, at)
    out = shut_out(people, at)
    return [Row(user, is_out=user.pk in out, held=held[user.pk], place=place) for user in people]


def lost(user: User, place: Place, action: Action) -> RoleBinding | None:
    """The last role that would have given the right, and had ended by the moment."""
    moment = place.now.at or timezone.now()
    roles = [role for role in Role if action in ACTIONS[role]]
    past = RoleBinding.objects.filter(_on(place.path), user=user, role__in=roles, granted_at__lte=moment)
    past = past.filter(Q(ended_at__lte=moment) | Q(expires_at__lte=moment))
    return past.select_related("ended_by", "project").order_by("-pk").first()


def _held_by(people: list[User], path: AccessPath, at: datetime | None) -> dict[int, list[Held]]:
    keys = [user.pk for user in people]
    stays = _members(at).filter(user__in=keys).values_list(_team(at), "user_id", "since")
    teams: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for team, user, since in stays:
        teams[team].append((user, since))
    found = _bindings(path, at).filter(Q(user__in=keys) | Q(team__in=list(teams)))
    held: dict[int, list[Held]] = defaultdict(list)
    for binding in found.select_related("user", "team", "granted_by", "project").order_by("pk"):
        if binding.team_id is None:
            held[binding.user_id or 0].append(Held(binding))
        else:
            for user, since in teams[binding.team_id]:
                held[user].append(Held(binding, since))
    return held


def _bindings(path: AccessPath, at: datetime | None) -> QuerySet[RoleBinding]:
    """The bindings in force at the moment that lie on the way to the object."""
    moment = at or timezone.now()
    begun = Q(granted_at__lte=moment)
    going_on = Q(ended_at__isnull=True) | Q(ended_at__gt=moment)
    unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=moment)
    return RoleBinding.objects.filter(_on(path), begun, going_on, unexpired)


def _on(path: AccessPath) -> Q:
    place = Q(scope_type="global")
    for scope_type, pk in (("project", path.project_id), ("model", path.model_id), ("experiment", path.experiment_id)):
        if pk is not None:
            place |= Q(scope_type=scope_type, scope_id=pk)
    return place


def _members(at: datetime | None) -> QuerySet[TeamMembership] | QuerySet[TeamStay]:
    if at is None:
        return TeamMembership.objects.all()
    return TeamStay.objects.filter(Q(until__isnull=True) | Q(until__gt=at), since__lte=at)


def _team(at: datetime | None) -> str:
    return "group_id" if at is None else "team_id"
