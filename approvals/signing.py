"""Signatures of models in the form of OpenSSF's `model-signing`: a Sigstore bundle that lists every file's digest.

The library is optional (``make install-signing``) and slow to load, so it is imported when it is needed. Only
signatures by a key are verified, without any network. The files themselves are not read here: what was signed is
compared with the SHA-256 digests under which they are kept.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from approvals.words import named

if TYPE_CHECKING:
    from model_signing.hashing import Config

_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})


class CannotVerify(Exception):
    """Whether the signature is good cannot be said here; the sentence says what is needed."""


class BadSignature(Exception):
    """The signature does not vouch for these files; the sentence says why."""


def key_fingerprint(public_key: str) -> str:
    """The SHA-256 (hex) of a public key given as PEM. Raises CannotVerify when it is not one that can be used."""
    if not public_key:
        raise CannotVerify("The policy names no key: give the gate a “key”, the PEM of the signer's public key.")
    try:
        key = load_pem_public_key(public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise CannotVerify("The policy's “key” is not the PEM of a public key on the curve P-256, P-384 or P-521.")
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def verify_signature(signature: bytes, public_key: str, digests: Mapping[str, str]) -> None:
    """Check that the key's holder has signed exactly these files, given by their paths with SHA-256 digests (hex).

    Raises BadSignature, or CannotVerify when the library, the key or this kind of signature is not there for it.
    """
    key_fingerprint(public_key)
    signed = _signed_files(signature)
    try:
        from model_signing import verifying
    except ImportError as problem:
        raise CannotVerify(
            "This server cannot verify signatures: let an administrator install model-signing and pyopenssl, as "
            f"`make install-signing` does ({problem})."
        ) from problem
    known = _known_files(digests)
    with TemporaryDirectory(prefix="stagekeeper-") as folder:
        key, bundle = Path(folder, "key.pem"), Path(folder, "model.sig")
        key.write_text(public_key)
        bundle.write_bytes(signature)
        verifier = verifying.Config()  # type: ignore[no-untyped-call]
        verifier.use_elliptic_key_verifier(public_key=key).set_hashing_config(known)
        try:
            verifier.verify(folder, bundle)
        except Exception as flaw:  # the library raises all sorts of errors for what an attacker may have written
            raise BadSignature(_reason(flaw, signed, digests)) from flaw


def _signed_files(signature: bytes) -> dict[str, str]:
    """The digests that a signature lists by path, before anybody has verified it."""
    try:
        statement = json.loads(base64.b64decode(json.loads(signature)["dsseEnvelope"]["payload"]))
        serialization = statement["predicate"].get("serialization", {})
        listed = {str(file["name"]): str(file["digest"]) for file in statement["predicate"]["resources"]}
        how = (str(serialization.get("method")), str(serialization.get("hash_type")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as flaw:
        raise BadSignature("model.sig is not a signature as model-signing 1.0 and newer write it.") from flaw
    if how != ("files", "sha256"):
        raise CannotVerify(f"The signature lists {how[0]} by {how[1]}: sign again by files with SHA-256, the default.")
    return listed


def _known_files(digests: Mapping[str, str]) -> "Config":
    """What tells the library the digests of the files, in place of hashing a folder."""
    from model_signing import hashing, manifest
    from model_signing._hashing.hashing import Digest

    class KnownFiles(hashing.Config):
        def hash(self, model_path: Any, *, files_to_hash: Any = None) -> manifest.Manifest:
            items = [
                manifest.FileManifestItem(path=PurePosixPath(path), digest=Digest("sha256", bytes.fromhex(digest)))
                for path, digest in digests.items()
            ]
            kind = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
            return manifest.Manifest("", items, manifest.SerializationType.from_args(kind))

    return KnownFiles()  # type: ignore[no-untyped-call]


def _reason(flaw: Exception, signed: Mapping[str, str], digests: Mapping[str, str]) -> str:
    """Why the library refused. It compares files last, so that before it is the signature itself that is wrong."""
    if isinstance(flaw, InvalidSignature) or "Key mismatch" in str(flaw):
        return "The signature was made by another key than the policy's, or changed afterwards."
    if not str(flaw).startswith("Signature mismatch"):
        return f"model.sig cannot be verified: {type(flaw).__name__}."
    differences = {
        "were changed since": sorted(path for path in digests.keys() & signed.keys() if digests[path] != signed[path]),
        "are not signed": sorted(digests.keys() - signed.keys()),
        "are signed and not there": sorted(signed.keys() - digests.keys()),
    }
    told = [f"{named(paths)} {what}" for what, paths in differences.items() if paths]
    return f"Other files were signed: {'; '.join(told) or 'they are listed differently'}. Sign the model again."
