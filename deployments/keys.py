"""Ed25519 keys: making a pair, signing, and showing the public half."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from audit.sealing import Unreadable, seal, unseal
from deployments.exceptions import CannotSign
from deployments.models import SigningKey

_PURPOSE: Final = "permit keys"


@dataclass(frozen=True, slots=True)
class Pair:
    """A new pair of keys, the private one sealed."""

    kid: str
    public_key: str
    sealed_private_key: str


def new_pair() -> Pair:
    """Make a pair of keys."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    secret = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Pair(hashlib.sha256(der).hexdigest()[:32], pem, seal(secret, _PURPOSE))


def sign(key: SigningKey, message: bytes) -> bytes:
    """The key's signature. Raises CannotSign when it cannot be opened."""
    try:
        secret = unseal(key.sealed_private_key, _PURPOSE)
    except Unreadable as error:
        raise CannotSign(
            "The key of permits was sealed with another SECRET_KEY: let an administrator run `manage.py "
            "rotate_permit_key`."
        ) from error
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).sign(message)


def jwk_of(key: SigningKey) -> dict[str, str]:
    """The public key as JSON (RFC 8037)."""
    public = load_pem_public_key(key.public_key.encode())
    if not isinstance(public, Ed25519PublicKey):
        raise UnsupportedAlgorithm(f"{key} is not of the kind that signs permits.")
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": x}
