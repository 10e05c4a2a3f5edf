"""Checks passwords at the same price for known and unknown names, and slows down guessing.

Failures are counted in the database, per account and network, so that all processes count together.
"""

import hashlib
import hmac
from datetime import timedelta
from functools import cache as cache_function

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.models import SignInFailure, User
from audit.exceptions import Throttled

ALLOWED_FAILURES = 10
WINDOW = timedelta(minutes=5)
#: How long a password that was right is taken as right again without hashing (API calls with a password), in seconds.
REMEMBERED = 60


def verify_password(user: User | None, password: str) -> bool:
    """Whether the password is right. Without a user it hashes all the same and says no."""
    if user is None or not user.has_usable_password():
        check_password(password, _nobodys_hash())
        return False
    return check_password(password, user.password)


def verify_password_cached(user: User | None, password: str) -> bool:
    """Like `verify_password`, but a right answer is remembered for `REMEMBERED` seconds, bound to the stored hash."""
    if user is None:
        return verify_password(None, password)
    known = hmac.new(settings.SECRET_KEY.encode(), f"{user.password}\0{password}".encode("utf-8", "replace"), "sha256")
    key = f"password:{user.pk}:{known.hexdigest()}"
    if _remembered(key):
        return True
    right = verify_password(user, password)
    if right:
        _remember(key)
    return right


def check_not_throttled(username: str, address: str) -> None:
    """Raise `Throttled` after `ALLOWED_FAILURES` failures for this account from this network within `WINDOW`."""
    oldest = _recent(username, address).order_by("-at").values_list("at", flat=True)[ALLOWED_FAILURES - 1 :].first()
    if oldest is not None:
        wait = int((oldest + WINDOW - timezone.now()).total_seconds()) + 1
        raise Throttled(f"Too many failed attempts. Try again in {max(wait, 1)} seconds.", retry_after=max(wait, 1))


def count_failure(username: str, address: str) -> bool:
    """Count a failed attempt; return whether it was the last one allowed for now."""
    SignInFailure.objects.filter(at__lt=timezone.now() - WINDOW).delete()
    account, network = _keys(username, address)
    SignInFailure.objects.create(account=account, network=network)
    return _recent(username, address).count() == ALLOWED_FAILURES


def forget_failures(username: str, address: str) -> None:
    """Start counting anew after a success."""
    _recent(username, address).delete()


@cache_function
def _nobodys_hash() -> str:
    return make_password("nobody has this password")


def _recent(username: str, address: str) -> QuerySet[SignInFailure]:
    account, network = _keys(username, address)
    return SignInFailure.objects.filter(account=account, network=network, at__gte=timezone.now() - WINDOW)


def _keys(username: str, address: str) -> tuple[str, str]:
    """The account as a hash (names that do not exist may be mistyped passwords) and the network of the address."""
    account = hashlib.sha256(username.lower().encode("utf-8", "replace")).hexdigest()
    network = ":".join(address.split(":")[:4]) if ":" in address else address.rsplit(".", 1)[0]
    return account, network[:64]


def _remembered(key: str) -> bool:
    try:
        return cache.get(key) is not None
    except (OSError, RedisError):
        return False  # without Redis every call pays for its hash


def _remember(key: str) -> None:
    try:
        cache.set(key, 1, REMEMBERED)
    except (OSError, RedisError):
        return
