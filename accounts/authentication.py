"""Finds out who asks: a token, a password, or a session; and says which views may be asked without.

Every view carries one of the marks `public` or `signed_in`; `AccessMiddleware` refuses a view without a mark, so that a
new route is closed until somebody decides. What the person may do is asked by the operations and querysets.
"""

import base64
import binascii
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import Token, TokenUse
from accounts.operations.tokens import digest_of
from accounts.passwords import verify_password_cached
from accounts.principals import Principal
from accounts.sessions import check_credentials, note_seen
from accounts.token_search import find_token
from audit.exceptions import PermissionDenied, Refusal, Unauthenticated, Unavailable

View = TypeVar("View", bound=Callable[..., Any])
Answer = Callable[[HttpRequest], HttpResponse]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_USE_RECORDED_EVERY = 60
#: Where JSON is spoken: the native API and MLflow's protocol, some of whose paths stand outside of its prefixes.
_API_PREFIXES = ("/api/", "/sagemaker", "/ajax-api/", "/version", "/get-artifact", "/model-versions/get-artifact")
#: Clients of AWS sign their calls. We keep no secrets that could check a signature, so it says nothing here: what
#: counts is the token that they send along as that of their session.
_AWS_SCHEME = "aws4-hmac-sha256"
_AWS_PREFIX = "/sagemaker"
_last_recorded: dict[str, float] = {}


def public(view: View) -> View:
    """Mark a view that answers anybody; ``request.principal`` is None there."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Mark a view that answers only principals; others get 401, or the sign-in page in a browser."""
    view.access = "signed_in"  # type: ignore[attr-defined]
    return view


def access_of(view: Any) -> str | None:
    """The mark of a view function or class-based view; None for one without."""
    for candidate in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if mark := getattr(candidate, "access", None):
            return str(mark)
    return None


def authenticate(request: HttpRequest) -> Principal | None:
    """The principal behind a request, or None when it names nobody.

    Takes ``Authorization: Bearer TOKEN``, ``Basic`` with a token or a password as password, or the session cookie; from
    clients of AWS below ``/sagemaker/`` a token as ``X-Amz-Security-Token``.
    Raises `Unauthenticated` for wrong or malformed credentials, `Throttled` after too many, and `PermissionDenied`
    for a session's unsafe request without its CSRF token.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header:
        return _by_header(request, header)
    user = request.user
    if not user.is_authenticated:
        return None
    if request.method not in _SAFE_METHODS and (reason := _csrf_failure(request)):
        raise PermissionDenied(f"The request did not come from a page of this server ({reason}). Reload and try again.")
    note_seen(request, user)
    return Principal(user, auth="session")


def _by_header(request: HttpRequest, header: str) -> Principal:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer" and value:
        return _by_token(value.strip())
    if scheme.lower() == _AWS_SCHEME and request.path.startswith(_AWS_PREFIX):
        return _by_token(request.headers.get("X-Amz-Security-Token", "").strip())
    if scheme.lower() == "basic":
        username, password = _basic(value)
        if password.startswith("sk_"):
            return _by_token(password, username)
        address = request.META.get("REMOTE_ADDR", "")
        user = check_credentials(username, password, address, verify=verify_password_cached)
        return Principal(user, auth="basic")
    raise Unauthenticated("Send a token as “Authorization: Bearer …”, or a name and password as “Basic”.")


def _basic(value: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name = colon = password = ""
    if not colon or not password or "\0" in name:
        raise Unauthenticated("The basic authentication header cannot be read.")
    return name, password


def _by_token(secret: str, username: str = "") -> Principal:
    token = find_token(digest_of(secret))
    if token is None or not token.owner.is_active:
        raise Unauthenticated("This token is not known here.")
    if token.revoked_at is not None:
        raise Unauthenticated("This token was revoked. Make a new one on your profile page.")
    if token.expires_at <= timezone.now():
        raise Unauthenticated(
            f"This token expired on {token.expires_at:%Y-%m-%d}. Make a new one on your profile page."
        )
    if username and username.lower() != token.owner.username.lower():
        raise Unauthenticated("This token belongs to somebody else.")
    _record_use(token)
    return Principal(token.owner, auth="token", token=token)


def _record_use(token: Token) -> None:
    now = time.monotonic()
    if now - _last_recorded.get(token.uid, -_USE_RECORDED_EVERY) >= _USE_RECORDED_EVERY:
        _last_recorded[token.uid] = now
        TokenUse.objects.update_or_create(token=token, defaults={"at": timezone.now()})


def _csrf_failure(request: HttpRequest) -> str | None:
    class Check(CsrfViewMiddleware):
        def _reject(self, request: HttpRequest, reason: str) -> str:
            return reason

    check = Check(lambda request: HttpResponse())
    check.process_request(request)
    return check.process_view(request, None, (), {})  # type: ignore[arg-type,return-value]


class AccessMiddleware:
    """Puts ``request.principal`` on every request and closes views to those who may not ask.

    A refusal is answered by ``settings.REFUSAL_HANDLER``, which knows how each door says no.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: Any, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Find out who asks before the view runs."""
        mark = access_of(view)
        request.principal = None
        if mark == "public":
            # What anybody may see must not fail for a stale token, and costs nothing.
            return None
        try:
            return _closed(request, mark)
        except Refusal as refusal:
            return _answer(request, refusal)
        except (OperationalError, InterfaceError):
            return _answer(request, Unavailable("The database does not answer; nothing was changed. Try again."))


def _answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    answer: HttpResponse = import_string(settings.REFUSAL_HANDLER)(request, refusal)
    return answer


def _closed(request: Any, mark: str | None) -> HttpResponse | None:
    if mark is None:
        raise PermissionDenied("This route says nothing about who may use it, so nobody may.")
    request.principal = authenticate(request)
    if request.principal is not None:
        return None
    if _wants_page(request):
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}")
    raise Unauthenticated("Sign in, or send a token.")


def _wants_page(request: HttpRequest) -> bool:
    return (
        request.method in _SAFE_METHODS and "text/html" in request.META.get("HTTP_ACCEPT", "") and not is_api(request)
    )


def is_api(request: HttpRequest) -> bool:
    """Whether the request came to a JSON door rather than to a page."""
    return request.path.startswith(_API_PREFIXES)
