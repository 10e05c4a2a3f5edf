"""Emergencies: whoever handles one sees everything that is concerned, once, and everybody hears of it."""

from collections.abc import Collection
from typing import Final

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import InvalidInput
from audit.operation import after_commit, operation, record, require
from lineage.models import Node

SHORTEST_REASON: Final = 30


@operation
def break_lineage_glass(actor: Principal, start: Node, projects: Collection[int], *, reason: str) -> None:
    """Note that the actor is about to see all that was made of ``start``, also in ``projects`` they may not look into.

    Takes a signed-in incident responder of the project where the node was first seen, and a reason of 30 characters.
    """
    require(Action.BREAK_GLASS, start)
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInput(f"Say in at least {SHORTEST_REASON} characters what the emergency is.")
    told = sorted({start.scope.project_id, *projects})
    for pk in told:
        # One event each: the people of one project do not read of the others.
        record(
            EventType.PROJECT_LINEAGE_GLASS_BROKEN, Project.objects.locked(pk), after={"node": start.pk}, reason=reason
        )
    after_commit(_alarm, start.pk, actor.user.pk, tuple(told))


def _alarm(node_pk: int, user_pk: int, projects: tuple[int, ...]) -> None:
    from lineage.notices import tell_glass_broken

    tell_glass_broken(node_pk, user_pk, projects)
