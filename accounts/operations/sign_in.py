"""Records who signed in, who tried, and who left."""

from accounts.models import User
from accounts.principals import Principal, System
from accounts.roles import Action
from audit.event_types import EventType
from audit.operation import operation, record, require


@operation
def record_sign_in(actor: Principal) -> None:
    """Somebody signed in with their password."""
    require(Action.ACCOUNT, actor.user)
    record(EventType.USER_SIGNED_IN, actor.user.locked())


@operation
def record_sign_out(actor: Principal) -> None:
    """Somebody ended their session."""
    require(Action.ACCOUNT, actor.user)
    record(EventType.USER_SIGNED_OUT, actor.user.locked())


@operation
def record_failed_sign_in(actor: System, user: User, *, locked_out: bool) -> None:
    """A stranger tried to sign in as ``user`` and failed; ``locked_out`` when it was once too often."""
    require(Action.ACCOUNT, user)
    event_type = EventType.USER_LOCKED_OUT if locked_out else EventType.USER_SIGN_IN_FAILED
    record(event_type, user.locked())
