"""The one door: every write of governed data is an operation.

An operation is a function whose first argument is the actor and whose body does five beats: may they (`require`),
hold the row, is it allowed now, change, record (`record`). All of it is one transaction; what others must hear is
said after the commit (`after_commit`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import transaction

from audit import guard, log
from audit.actors import Actor
from audit.event_types import EventType
from audit.exceptions import Refusal
from audit.listeners import tell
from audit.models import Audited, AuditEvent

A = TypeVar("A", bound=Actor)
P = ParamSpec("P")
R = TypeVar("R")

#: Raises a refusal unless the actor may do ``action`` to the object. Installed by ``accounts``.
Authorizer = Callable[[Any, str, Any], None]


class OperationMisused(RuntimeError):
    """An operation left out one of its beats; everything it did was rolled back."""


class _Door:
    """What one running operation has done so far."""

    __slots__ = ("action", "actor", "governed", "name", "recorded", "required", "target", "written")

    def __init__(self, actor: Actor, name: str, *, governed: bool) -> None:
        self.actor = actor
        self.name = name
        self.governed = governed
        self.required = self.recorded = False
        self.written: set[str] = set()
        self.action = ""
        self.target: Any = None

    def permit(self, tables: frozenset[str]) -> None:
        """Let the guard pass governed writes, if this is an operation and it has asked for the right first."""
        if not self.governed:
            raise guard.UngovernedWrite(f"{self.name} is a bulk write and may not write {', '.join(sorted(tables))}.")
        if not self.required:
            raise OperationMisused(f"{self.name} wrote {', '.join(sorted(tables))} before it asked `require`.")
        self.written |= tables

    def leave(self) -> None:
        if not self.required:
            raise OperationMisused(f"{self.name} never asked `require`.")
        if self.written and not self.recorded:
            raise OperationMisused(f"{self.name} wrote {', '.join(sorted(self.written))} without `record`.")


_door: ContextVar[_Door | None] = ContextVar("operation", default=None)
_authorizers: list[Authorizer] = []


def operation(function: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
    """Make ``function(actor, …)`` the way to change governed data.

    It runs in one durable transaction, or joins that of the operation that called it. It must call `require` before
    it writes, and `record` if it wrote governed rows; else everything is rolled back and `OperationMisused` raised.
    A refusal is rolled back and then recorded by itself.
    """
    return _through_a_door(function, governed=True)


def bulk_write(function: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
    """Make ``function(actor, …)`` a way to write many rows that are not governed, such as metrics.

    Like `operation`, it is one transaction and must call `require`; it records nothing and the guard
    refuses it every governed table.
    """
    return _through_a_door(function, governed=False)


def require(action: str, obj: Any) -> None:
    """Refuse unless the actor of this operation may do ``action`` to ``obj``.

    Raises ``PermissionDenied``, or ``Hidden`` (answered as "not found") when they may not even see it.
    """
    door = _current()
    door.action, door.target = str(action), obj
    if not _authorizers:
        raise OperationMisused("No authorizer is installed.")
    for authorizer in _authorizers:
        authorizer(door.actor, action, obj)
    door.required = True


def acting() -> Actor:
    """Whose operation is running: for what is said to them when it is refused."""
    return _current().actor


def record(
    event_type: EventType,
    obj: Audited,
    *,
    before: log.State = None,
    after: log.State = None,
    reason: str = "",
    also: Sequence[tuple[Audited, log.State, log.State]] = (),
) -> AuditEvent:
    """Record what this operation did to ``obj``.

    ``before`` and ``after`` hold what changed (no floats, no secrets, no free text). ``reason`` is free text and is
    kept apart, where it can be erased. ``also`` names further objects that changed with it, each with its own before
    and after. Raises ``Conflict`` when the object has moved on since it was read.
    """
    door = _current()
    event = log.append(door.actor, event_type, obj, before=before, after=after, reason=reason, also=also)
    door.recorded = True
    tell(event, obj)
    return event


def after_commit(function: Callable[..., object], *ids: Any) -> None:
    """Call ``function(*ids)`` once the change is there for everybody; never if it is rolled back.

    A failure of the call is logged and does not reach the caller: what it does must also be found by a scheduled task.
    """
    _current()
    transaction.on_commit(partial(function, *ids), robust=True)


def check_within_operation() -> None:
    """Raises OperationMisused unless an operation or bulk write is running that has asked `require`.

    For what apps below add to the operations of those above.
    """
    if not _current().required:
        raise OperationMisused("Facts are added after `require`.")


def flush_refused_attempts() -> int:
    """Record the counts of attempts that were refused repeatedly within a minute now over; return how many events."""
    with transaction.atomic(), guard.permitted(lambda tables: None):
        return log.flush_refused()


def install_authorizer(authorizer: Authorizer) -> None:
    """Say who decides in `require`. For ``accounts`` alone."""
    _authorizers[:] = [authorizer]


def _through_a_door(function: Callable[Concatenate[A, P], R], *, governed: bool) -> Callable[Concatenate[A, P], R]:
    @wraps(function)
    def run(actor: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
        outermost = _door.get() is None
        door = _Door(actor, function.__name__, governed=governed)
        try:
            with transaction.atomic(durable=outermost), _inside(door):
                result = function(actor, *args, **kwargs)
                door.leave()
                return result
        except Refusal as refusal:
            refusal.attempt = refusal.attempt or door
            if outermost and refusal.outcome:
                _record_refused(refusal.attempt, refusal)
            raise

    run.door = "operation" if governed else "bulk_write"  # type: ignore[attr-defined]  # read by the operations table
    return run


@contextmanager
def _inside(door: _Door) -> Iterator[None]:
    token = _door.set(door)
    try:
        with guard.permitted(door.permit):
            yield
    finally:
        _door.reset(token)


def _record_refused(door: _Door, refusal: Refusal) -> None:
    target = door.target if isinstance(door.target, Audited) else None
    with transaction.atomic(), guard.permitted(lambda tables: None):
        log.append_refused(door.actor, door.name, refusal, target, door.action)


def _current() -> _Door:
    door = _door.get()
    if door is None:
        raise OperationMisused("Only an operation may do this.")
    return door
