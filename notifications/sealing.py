"""Keeps webhook secrets unreadable in the database and its backups: encrypted with a key made from SECRET_KEY."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """A secret was sealed with another SECRET_KEY."""


def seal(secret: str) -> str:
    """Encrypt a secret for storing; nothing stays nothing."""
    return _box().encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str) -> str:
    """Decrypt what `seal` made. Raises Unreadable."""
    try:
        return _box().decrypt(sealed).decode() if sealed else ""
    except InvalidToken as error:
        raise Unreadable from error


def _box() -> MultiFernet:
    # Keys that were rotated out still open what they sealed, as in the rest of Django.
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@cache
def _fernet(secret_key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"stagekeeper webhook secrets").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
