"""Sessions of people who signed in on the pages: Django's, over our own check of the password."""

from collections.abc import Callable

from django.contrib.auth import login, logout
from django.http import HttpRequest

from accounts.models import User
from accounts.operations import record_failed_sign_in, record_sign_in, record_sign_out
from accounts.passwords import check_not_throttled, count_failure, forget_failures, verify_password
from accounts.principals import STRANGER, Principal
from audit.exceptions import Unauthenticated


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
    login(request, user, backend="accounts.sessions.SessionBackend")


def sign_out(request: HttpRequest, principal: Principal) -> None:
    """Close the session."""
    record_sign_out(principal)
    logout(request)


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
