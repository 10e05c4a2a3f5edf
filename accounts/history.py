"""What happened to an object, for the page of that object."""

from accounts.names import names_of
from accounts.principals import Principal
from audit.models import Audited
from audit.queries import EventView, named_in, touching, view_events, visible_events


def object_history(
    principal: Principal, *objects: Audited | tuple[str, str], limit: int = 20, before: int | None = None
) -> list[EventView]:
    """The newest events that changed one of the objects and that ``principal`` may read; two queries.

    An object may be given as the log's (type, id), such as ``("artifact_space", run.uid)``. ``before`` is the primary
    key of the last event of the page before this one.
    """
    named = [obj if isinstance(obj, tuple) else (obj.audit_type, obj.audit_id) for obj in objects]
    events = visible_events(principal).filter(touching(named)).select_related("private")
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events[:limit])
    return view_events(principal, found, names_of(named_in(found)))
