"""Ending the sessions of browsers; a session that was ended signs no further request."""

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import BrowserSession, User
from accounts.principals import Principal
from accounts.roles import Action
from accounts.scopes import PLATFORM
from audit.event_types import EventType
from audit.exceptions import InvalidState
from audit.operation import operation, record, require


@operation
def end_session(actor: Principal, session: BrowserSession) -> None:
    """Sign oneself out of one browser, wherever that is. Raises `InvalidState` when that session has ended."""
    require(Action.ACCOUNT, session.user)
    user = User.objects.locked(session.user_id)
    if not close_sessions(user.browser_sessions.filter(pk=session.pk)):
        raise InvalidState("This session has ended already.")
    record(EventType.USER_SESSIONS_ENDED, user, after={"sessions": 1})


@operation
def end_other_sessions(actor: Principal, *, here: str) -> int:
    """Sign oneself out of every browser but the one whose session key is ``here``; return of how many."""
    require(Action.ACCOUNT, actor.user)
    user = User.objects.locked(actor.user.pk)
    ended = close_sessions(user.browser_sessions.exclude(session_key=here))
    if ended:
        record(EventType.USER_SESSIONS_ENDED, user, after={"sessions": ended})
    return ended


@operation
def end_all_sessions(actor: Principal, user: User, *, reason: str = "") -> int:
    """Sign somebody out of every browser (platform admins); return of how many. Their tokens go on."""
    require(Action.ADMINISTER, PLATFORM)
    user = User.objects.locked(user.pk)
    ended = close_sessions(user.browser_sessions.all())
    if ended:
        record(EventType.USER_SESSIONS_ENDED, user, after={"sessions": ended}, reason=reason)
    return ended


def close_sessions(sessions: QuerySet[BrowserSession]) -> int:
    """Make the cookies of these sessions useless, inside an operation; return how many still signed requests."""
    keys = list(sessions.values_list("session_key", flat=True))
    ended, _ = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).delete()
    sessions.model._default_manager.filter(session_key__in=keys).delete()
    return ended


def clear_dead_sessions() -> None:
    """Forget the sessions that have ended by themselves."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()
    BrowserSession.objects.dead().delete()
