"""Who is told of an event inside the transaction that records it.

A listener writes rows (an outbox, a lineage edge) and nothing else: what leaves the house leaves after the commit.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.models import Audited, AuditEvent

Listener = Callable[["AuditEvent", "Audited"], None]

_listeners: list[Listener] = []


def subscribe(listener: Listener) -> None:
    """Call ``listener(event, object)`` for every recorded event. For ``AppConfig.ready()``."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(event: "AuditEvent", obj: "Audited") -> None:
    """Tell every listener of an event that has just been written."""
    for listener in _listeners:
        listener(event, obj)
