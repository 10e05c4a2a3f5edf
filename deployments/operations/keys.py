"""The keys by which permits are signed."""

from accounts.principals import Principal, System
from accounts.roles import Action
from accounts.scopes import PLATFORM
from audit.event_types import EventType
from audit.operation import operation, record, require
from deployments.keys import new_pair
from deployments.models import SigningKey
from registry.models import now


@operation
def make_first_key(actor: System) -> SigningKey:
    """Make the key by which permits are signed, unless there is one."""
    require(Action.ADMINISTER, PLATFORM)
    held = SigningKey.objects.filter(retired_at=None).first()
    if held is not None:
        return held
    key = _made()
    record(EventType.PERMIT_KEY_MADE, key, after={"kid": key.kid})
    return key


@operation
def rotate_key(actor: Principal | System, *, reason: str = "", lost: bool = False) -> SigningKey:
    """Sign permits by a new key from now on. The old private key is forgotten.

    Its public one is published for as long as its permits may hold, or, when it is ``lost`` to others, no more at all.
    Raises PermissionDenied.
    """
    require(Action.ADMINISTER, PLATFORM)
    old = SigningKey.objects.select_for_update().filter(retired_at=None).first()
    if old is not None:
        old.retired_at = old.updated_at = old.next_moment()
        old.sealed_private_key, old.is_lost = "", lost
        old.save(update_fields=["retired_at", "sealed_private_key", "is_lost", "updated_at"])
    key = _made()
    after = {"kid": key.kid, "instead_of": old.kid if old else "", "lost": lost}
    record(EventType.PERMIT_KEY_MADE, key, after=after, reason=reason)
    return key


def _made() -> SigningKey:
    pair, moment = new_pair(), now()
    return SigningKey.objects.create(
        kid=pair.kid,
        public_key=pair.public_key,
        sealed_private_key=pair.sealed_private_key,
        created_at=moment,
        updated_at=moment,
    )
