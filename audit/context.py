"""The request that is being served, for the events it causes."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Where a change came from. ``idempotency_key`` is empty when the client sent none."""

    request_id: str
    route: str
    address: str
    user_agent: str
    idempotency_key: str = ""


_context: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current_request() -> RequestContext | None:
    """The request being served in this thread, or None in a command or task."""
    return _context.get()


def enter_request(context: RequestContext | None) -> None:
    """Set what `current_request` answers from here on in this thread."""
    _context.set(context)
