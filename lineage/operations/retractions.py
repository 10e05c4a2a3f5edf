"""Saying that an edge is wrong, and that it was right after all: it stays, and walks skip it while it is retracted."""

from accounts.models import Project
from accounts.principals import Principal
from accounts.roles import Action
from audit.event_types import EventType
from audit.exceptions import InvalidState
from audit.operation import operation, record, require
from lineage.models import Edge, Mark
from lineage.moments import now
from lineage.operations.recalls import check_reason
from lineage.vocabulary import MarkKind


@operation
def retract_edge(actor: Principal, edge: Edge, *, reason: str) -> Mark:
    """Say that nothing went this way. Takes the right to manage the project of what it leads to."""
    require(Action.MANAGE, edge.dst)
    check_reason(reason, "why it is wrong")
    return _say(actor, edge, MarkKind.RETRACTED, EventType.PROJECT_EDGE_RETRACTED, reason)


@operation
def restore_edge(actor: Principal, edge: Edge, *, reason: str) -> Mark:
    """Say that a retracted edge was right after all."""
    require(Action.MANAGE, edge.dst)
    check_reason(reason, "why it is right")
    return _say(actor, edge, MarkKind.RESTORED, EventType.PROJECT_EDGE_RESTORED, reason)


def _say(actor: Principal, edge: Edge, kind: MarkKind, event_type: EventType, reason: str) -> Mark:
    project = Project.objects.locked(edge.dst.scope.project_id)
    last = Mark.objects.filter(edge=edge).order_by("-pk").values_list("kind", flat=True).first()
    retracted = last == MarkKind.RETRACTED
    if retracted is (kind == MarkKind.RETRACTED):
        raise InvalidState("This edge is retracted already." if retracted else "This edge is not retracted.")
    moment = now()
    mark = Mark.objects.create(
        edge=edge, kind=kind, at=moment, recorded_at=moment, actor=actor.user, reason=reason.strip()
    )
    record(event_type, project, after={"edge": edge.pk, "kind": edge.get_kind_display()}, reason=reason)
    return mark
