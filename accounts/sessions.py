"""Sessions of people who signed in on the pages: Django's, over our own check of the password.

Each has a row that its owner is shown; when it was last seen is written every few minutes only.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import BrowserSession, User
from accounts.operations import record_failed_sign_in, record_sign_in, record_sign_out
from accounts.passwords import check_not_throttled, count_failure, forget_failures, verify_password
from accounts.principals import STRANGER, Principal
from audit.exceptions import Unauthenticated

_SEEN_EVERY = 300
_REMEMBERED = 10_000
_PASSWORD_AT = "password_at"  # noqa: S105  # a key, not a secret
_last_seen: dict[str, float] = {}


class SessionBackend:
    """Finds the person of a session for Django; who may do what is none of its business."""

    def get_user(self, user_id: int) -> User | None:
        """The active person of that number."""
        return User.objects.filter(pk=user_id, is_active=True).first()

    def authenticate(self, request: HttpRequest | None, **credentials: str) -> None:
        """Nobody: passwords are checked by `sign_in`."""


def sign_in(request: HttpRequest, username: str, password: str) -> Principal:
    """Check the password and open a session. Raises `Unauthenticated` or `Throttled`; both are recorded."""
    user = check_credentials(username, password, request.META.get("REMOTE_ADDR", ""))
    forget_failures(username, request.META.get("REMOTE_ADDR", ""))
    principal = Principal(user, auth="session")
    record_sign_in(principal)
    open_session(request, user)
    return principal


def open_session(request: HttpRequest, user: User) -> None:
    """Sign the browser in as somebody whose password was just checked or made."""
    former = request.session.session_key
    login(request, user, backend="accounts.sessions.SessionBackend")
    if request.session.session_key is None:
        request.session.save()
    BrowserSession.objects.filter(session_key__in=[former, request.session.session_key]).delete()
    _last_seen.pop(request.session.session_key or "", None)
    _note_password(request)
    note_seen(request, user)


def give_password_again(request: HttpRequest, principal: Principal, password: str) -> None:
    """Check the password of whoever is signed in, before something grave. Raises `Unauthenticated` or `Throttled`."""
    check_credentials(principal.user.username, password, request.META.get("REMOTE_ADDR", ""))
    forget_failures(principal.user.username, request.META.get("REMOTE_ADDR", ""))
    _note_password(request)


def password_given_at(request: HttpRequest) -> datetime | None:
    """When the person of this session last gave their password; None for tokens and older sessions."""
    seconds = request.session.get(_PASSWORD_AT)
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def _note_password(request: HttpRequest) -> None:
    request.session[_PASSWORD_AT] = int(time.time())


def sign_out(request: HttpRequest, principal: Principal) -> None:
    """Close the session."""
    record_sign_out(principal)
    BrowserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)


def keep_after_new_password(request: HttpRequest, user: User) -> None:
    """Keep this browser signed in although its owner has a new password; it gets a new cookie."""
    former = request.session.session_key
    update_session_auth_hash(request, user)
    BrowserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)


def note_seen(request: HttpRequest, user: User) -> None:
    """Write down that this session is in use, unless this process did so lately."""
    key, now = request.session.session_key or "", time.monotonic()
    if not key or now - _last_seen.get(key, -_SEEN_EVERY) < _SEEN_EVERY:
        return
    if len(_last_seen) >= _REMEMBERED:
        _last_seen.clear()
    _last_seen[key] = now
    if not BrowserSession.objects.filter(session_key=key).update(seen_at=timezone.now()):
        BrowserSession.objects.get_or_create(session_key=key, defaults=_facts(request, user))


def _facts(request: HttpRequest, user: User) -> dict[str, Any]:
    return {
        "user": user,
        "user_agent": request.META.get("HTTP_USER_AGENT", "")[:300],
        "address": request.META.get("REMOTE_ADDR", "")[:64],
    }


def check_credentials(
    username: str, password: str, address: str, *, verify: Callable[[User | None, str], bool] = verify_password
) -> User:
    """Return the active person with this name and password; count and record a failure.

    Raises `Unauthenticated` with the same sentence whether the name or the password is wrong, or `Throttled`.
    """
    check_not_throttled(username, address)
    user = User.objects.filter(username__iexact=username[:150], is_active=True).first()
    if not verify(user, password) or user is None:
        locked_out = count_failure(username, address)
        if user is not None:
            record_failed_sign_in(STRANGER, user, locked_out=locked_out)
        raise Unauthenticated("The user name or the password is wrong.")
    return user
