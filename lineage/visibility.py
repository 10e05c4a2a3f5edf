"""What a principal may see of the graph: a level for every scope, from their roles and one query per kind of scope.

Apps above register the kinds of scopes that have grants of their own. They answer with exceptions only: which objects
may be seen although their project may not, and which may not be seen although their project may.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.db.models import BooleanField, QuerySet, Value

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import UNCUT_ROLES, Action
from accounts.scopes import ScopeType
from accounts.visibility import visible_q


class Level(IntEnum):
    """How much of a node is seen. A walk stops at NONE, passes through OPAQUE without a word, and tells of READ."""

    NONE = 0
    OPAQUE = 1
    READ = 2


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The objects of one kind whose visibility is not that of their project."""

    seen: frozenset[int] = frozenset()
    unseen: frozenset[int] = frozenset()


#: Finds the exceptions for a principal, in one query.
Finder = Callable[[Principal], Exceptions]
_finders: dict[str, Finder] = {}


def register(kind: str, finder: Finder) -> None:
    """Say who finds the exceptions among scopes of a kind."""
    _finders[kind] = finder


def exceptions_among(
    objects: QuerySet[Any], principal: Principal, scope_type: ScopeType, *, inherits: str | None = None
) -> Exceptions:
    """The exceptions among rows with a ``project_id``; ``inherits`` is the column that may cut the project's grants.

    One query, and none for those who hold nothing on single objects when nothing can be cut.
    """
    if principal.sees_everything:
        return Exceptions()
    projects = principal.project_ids_with(Action.VIEW)
    seen = visible_q(principal, scope_type=scope_type, inherits=inherits)
    arms = []
    if scope_type in principal.grants.object_scopes:
        arms.append(_marked(objects.filter(seen).exclude(project_id__in=projects), True))
    if inherits is not None:
        uncut = {pk for pk in projects if principal.grants.projects[pk].roles & UNCUT_ROLES}
        cut = objects.filter(**{inherits: False}, project_id__in=projects - uncut)
        arms.append(_marked(cut.exclude(seen), False))
    if not arms:
        return Exceptions()
    rows = list(arms[0].union(*arms[1:], all=True) if len(arms) > 1 else arms[0])
    return Exceptions(
        frozenset(pk for pk, is_seen in rows if is_seen), frozenset(pk for pk, is_seen in rows if not is_seen)
    )


def exceptions_for(principal: Principal, kind: str) -> Exceptions:
    """The exceptions among scopes of a kind; none where nobody registered. One query."""
    return _finders[kind](principal) if kind in _finders else Exceptions()


def closed_projects() -> Collection[int]:
    """The projects through which nobody else's lineage passes; one query."""
    return set(Project.objects.filter(lineage_passes=False).values_list("pk", flat=True))


def _marked(objects: QuerySet[Any], is_seen: bool) -> Any:
    return objects.order_by().annotate(is_seen=Value(is_seen, output_field=BooleanField())).values_list("pk", "is_seen")
