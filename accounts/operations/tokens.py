"""Issuing and revoking tokens."""

import hashlib
import secrets
from datetime import datetime

from django.utils import timezone

from accounts.models import Project, Token, User
from accounts.principals import Principal, System
from accounts.roles import Action
from accounts.rules import check_lifetime, check_scopes
from audit.event_types import EventType
from audit.exceptions import InvalidInput, InvalidState
from audit.operation import operation, record, require

_PREFIX = {"human": "sk_pat_", "service": "sk_svc_"}


@operation
def issue_token(
    actor: Principal,
    *,
    name: str,
    project: Project | None = None,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Issue a token for oneself; return its row and the secret, which is shown this once and not kept.

    It lasts 90 days unless ``expires_at`` says otherwise, at most 365. Needs a session or a password: a token cannot
    make tokens. Raises `InvalidInput`.
    """
    require(Action.ACCOUNT, actor.user)
    return _issue(actor.user, name, project, scopes, expires_at)


@operation
def issue_token_for(
    actor: Principal | System,
    owner: User,
    *,
    name: str,
    project: Project | None = None,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Issue a token for a service account of one's project, or (on the console) for anybody."""
    require(Action.GRANT, owner)
    if isinstance(actor, Principal) and owner.is_human:
        raise InvalidInput("People issue their own tokens. This is for service accounts.")
    return _issue(owner, name, project, scopes, expires_at)


@operation
def revoke_token(actor: Principal, token: Token, *, reason: str = "") -> Token:
    """Make a token useless from the next request on: one's own, a service account's, or for platform admins any."""
    if token.owner_id == actor.user.pk:
        require(Action.ACCOUNT, token)
    elif token.owner.project is not None:
        require(Action.GRANT, token.owner.project)
    else:
        require(Action.ADMINISTER, token)
    token = token.locked()
    if token.revoked_at is not None:
        raise InvalidState("This token was revoked before.")
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record(EventType.TOKEN_REVOKED, token, reason=reason)
    return token


def digest_of(secret: str) -> str:
    """What is kept of a token's secret. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _issue(
    owner: User, name: str, project: Project | None, scopes: list[str] | None, expires_at: datetime | None
) -> tuple[Token, str]:
    if not 1 <= len(name.strip()) <= 120:
        raise InvalidInput("The name of a token has 1 to 120 characters.")
    if not owner.is_active:
        raise InvalidState(f"{owner} is deactivated.")
    secret = _PREFIX[owner.kind] + secrets.token_urlsafe(32)
    token = Token.objects.create(
        owner=owner,
        name=name.strip(),
        digest=digest_of(secret),
        hint=f"{secret[:11]}…",
        scopes=check_scopes(scopes or []),
        project=project,
        expires_at=check_lifetime(expires_at),
    )
    after = {
        "owner": owner.uid,
        "scopes": token.scopes,
        "project": project.slug if project else None,
        "expires_at": token.expires_at.isoformat(),
    }
    record(EventType.TOKEN_ISSUED, token, after=after)
    return token, secret
