"""Keeps secrets unreadable in the database and its backups: encrypted with keys made from SECRET_KEY.

Every purpose has a key of its own, so that what was sealed for one is not taken for another.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """A secret was sealed with another SECRET_KEY, or for another purpose."""


def seal(secret: str, purpose: str) -> str:
    """Encrypt a secret for storing; nothing stays nothing."""
    return _box(purpose).encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str, purpose: str) -> str:
    """Decrypt what `seal` made for this purpose. Raises Unreadable."""
    try:
        return _box(purpose).decrypt(sealed).decode() if sealed else ""
    except InvalidToken as error:
        raise Unreadable from error


def _box(purpose: str) -> MultiFernet:
    # Keys that were rotated out still open what they sealed, as in the rest of Django.
    return MultiFernet([_fernet(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


@cache
def _fernet(secret_key: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=f"stagekeeper {purpose}".encode()).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
