"""Tells DRF who asks: the principal that `AccessMiddleware` found."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User
from accounts.principals import Principal


class PrincipalAuthentication(BaseAuthentication):
    """``request.auth`` is the principal. Tokens, passwords, sessions and CSRF were checked before the view."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        """The principal of the request, or None on a public view."""
        principal: Principal | None = getattr(request._request, "principal", None)
        return (principal.user, principal) if principal else None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Basic realm="stagekeeper"'
