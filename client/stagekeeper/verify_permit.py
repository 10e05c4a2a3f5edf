#!/usr/bin/env python3
"""Verifies a Stagekeeper permit without any network: `python3 verify_permit.py permit.json --key keys.json …`.

A permit is a DSSE envelope, signed with Ed25519, that says which version may run where until when. This file needs
Python 3.9 and nothing else, so that it can be copied to wherever a decision is made. It exits with 0 when the permit
holds for everything that was asked, 1 when it does not, and 2 when the question itself was wrong.

Only public values pass through the arithmetic below, so that it need not take the same time for all of them.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

VALID, REFUSED, USAGE = 0, 1, 2
PAYLOAD_TYPE = "application/vnd.stagekeeper.permit+json"

#: Longer envelopes are not looked at.
_LONGEST = 1_000_000
_MOST_SIGNATURES = 16
#: How far the clock of the signer may be ahead of this one.
_SKEW = timedelta(seconds=60)
_UTC = timezone.utc  # noqa: UP017  (Python 3.9 knows no other name for it)
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Refused(Exception):
    """The permit does not hold; the message says why."""


class Misused(Exception):
    """The question cannot be answered: a file or a value is not what it should be."""


# --- Ed25519 (RFC 8032, section 5.1) ----------------------------------------------------------------------------------

Point = tuple[int, int, int, int]

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_NEUTRAL: Point = (0, 1, 1, 0)


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's for this message. Encodings that are not canonical are not accepted."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = _decompress(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _L or _is_neutral(_multiply(8, key)):
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % _L
    x, y, z, t = key
    minus = (-x % _P, y, z, -t % _P)
    return _compress(_add(_multiply(s, _BASE), _multiply(k, minus))) == signature[:32]


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _multiply(factor: int, point: Point) -> Point:
    result = _NEUTRAL
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


def _is_neutral(point: Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0


def _compress(point: Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(encoded: bytes) -> Point | None:
    """The point of an encoding; None when it is on no curve or not the only encoding of its point."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    x = _x_of(y, sign) if y < _P else None
    return None if x is None else (x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P:
        return None
    return x if x & 1 == sign else _P - x


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


# --- Keys -------------------------------------------------------------------------------------------------------------

#: What stands before the 32 bytes of an Ed25519 public key in its DER form.
_DER = bytes.fromhex("302a300506032b6570032100")


def read_keys(text: str) -> list[bytes]:
    """The public keys in a file: PEM (several may follow each other) or the server's list of keys. Raises Misused."""
    keys = _keys_of_pem(text) if "-----BEGIN" in text else _keys_of_list(text)
    if not keys:
        raise Misused("The file of --key holds no Ed25519 public key.")
    return keys


def _keys_of_pem(text: str) -> list[bytes]:
    blocks = re.findall(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", text, re.DOTALL)
    ders = [_decoded("".join(block.split()), Misused("The PEM of --key cannot be read.")) for block in blocks]
    return [der[len(_DER) :] for der in ders if der.startswith(_DER) and len(der) == len(_DER) + 32]


def _keys_of_list(text: str) -> list[bytes]:
    try:
        listed = json.loads(text)["keys"]
        known = [key for key in listed if key.get("kty") == "OKP" and key.get("crv") == "Ed25519"]
        wanted = [key["x"] for key in known if not key.get("lost")]
        keys = [_decoded(x + "=" * (-len(x) % 4), Misused("A key of --key cannot be read.")) for x in wanted]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as flaw:
        raise Misused("The file of --key is neither PEM nor a list of keys (JWKS).") from flaw
    return [key for key in keys if len(key) == 32]


def _decoded(text: str, flaw: Exception) -> bytes:
    """Base64, of either alphabet. Raises ``flaw``."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError, AttributeError, TypeError) as error:
        raise flaw from error


# --- The envelope -----------------------------------------------------------------------------------------------------


def open_envelope(text: str, keys: list[bytes]) -> dict[str, Any]:
    """The permit in an envelope that one of the keys has signed. Raises Refused."""
    if len(text) > _LONGEST:
        raise Refused("The permit is longer than permits are.")
    envelope = _object(text, "The permit is not a DSSE envelope.")
    kind, signatures = envelope.get("payloadType"), envelope.get("signatures")
    if kind != PAYLOAD_TYPE:
        raise Refused(f"The envelope holds {str(kind)[:80]!r}, which is not a permit.")
    if not isinstance(signatures, list) or not 1 <= len(signatures) <= _MOST_SIGNATURES:
        raise Refused("The envelope is not signed.")
    body = _decoded(envelope.get("payload"), Refused("The payload of the envelope cannot be read."))  # type: ignore[arg-type]
    message = pre_authentication_encoding(PAYLOAD_TYPE, body)
    if not any(verify_signature(key, message, sig) for sig in _signatures(signatures) for key in keys):
        raise Refused("None of the keys has signed this permit.")
    return _object(body.decode("utf-8", "replace"), "What was signed is not a permit.")


def pre_authentication_encoding(kind: str, body: bytes) -> bytes:
    """What is signed of an envelope: its type and its payload with their lengths (DSSE's PAE)."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def _signatures(signatures: list[Any]) -> list[bytes]:
    unreadable = Refused("A signature of the envelope cannot be read.")
    return [_decoded(each.get("sig") if isinstance(each, dict) else None, unreadable) for each in signatures]  # type: ignore[arg-type]


def _object(text: str, otherwise: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as flaw:
        raise Refused(otherwise) from flaw
    if not isinstance(parsed, dict):
        raise Refused(otherwise)
    return parsed


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


# --- What it permits --------------------------------------------------------------------------------------------------


def check(permit: dict[str, Any], asked: argparse.Namespace, now: datetime) -> list[str]:
    """Refuse a permit that does not hold now for what is asked; return what was not compared. Raises Refused."""
    if permit.get("v") != 1:
        raise Refused("The permit is of a kind that this verifier does not know: get a newer one from the server.")
    begins, ends = _moment(permit.get("issued_at")), _moment(permit.get("expires_at"))
    if begins is None or ends is None:
        raise Refused("The permit does not say how long it holds.")
    if now + _SKEW < begins:
        raise Refused(f"The permit holds from {permit['issued_at']} on, and it is {_iso(now)}.")
    if now >= ends:
        raise Refused(f"The permit expired at {permit['expires_at']}, and it is {_iso(now)}.")
    place = str(permit.get("environment", ""))
    compared = {
        "environment": (asked.environment, {place}),
        "target": (asked.target, {str(permit.get("target", ""))}),
        "image": (asked.image, {str(permit.get("image_digest", ""))}),
        "digest": (asked.digest, {str(permit.get("content_digest", ""))}),
        "config": (asked.config, {str(permit.get("config_digest", ""))}),
    }
    for what, (wanted, permitted) in compared.items():
        if wanted and wanted not in permitted:
            says = next((each for each in sorted(permitted, reverse=True) if each), "") or "nothing"
            raise Refused(f"The permit is for another {what}: it says {says}, asked was {wanted}.")
    return [what for what, (wanted, permitted) in compared.items() if not wanted and any(permitted)]


def _moment(text: Any) -> datetime | None:
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=_UTC)
        except ValueError:
            continue
    return None


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- The command ------------------------------------------------------------------------------------------------------


_COMPARED = ("environment", "target", "image", "digest", "config", "at")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what may be asked."""
    parser.add_argument("permit", help="the file of the permit; - reads it from standard input")
    parser.add_argument("--key", required=True, help="the file of public keys: PEM, or the server's list of keys")
    parser.add_argument("--environment", help="where it is to run: project/name")
    parser.add_argument("--target", help="at which target of the environment")
    parser.add_argument("--image", help="the image that is to run: sha256:… or name@sha256:…")
    parser.add_argument("--digest", help="the content digest of the model's files")
    parser.add_argument("--config", help="the digest of the configuration")
    parser.add_argument("--at", help="at which moment, such as 2026-11-21T09:30:00Z; else now")
    parser.add_argument("--print", dest="shown", action="store_true", help="print what the permit says as JSON")


def run(asked: argparse.Namespace) -> int:
    """Verify the permit that is asked about; returns 0 valid, 1 refused, 2 misused."""
    try:
        now = _settle(asked)
        keys = read_keys(_read(asked.key))
        permit = open_envelope(_read(asked.permit), keys)
        unasked = check(permit, asked, now)
    except Refused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return REFUSED
    except Misused as misused:
        print(f"verify-permit: {misused}", file=sys.stderr)
        return USAGE
    if asked.shown:
        print(json.dumps(permit, indent=2, sort_keys=True))
    else:
        print(_summary(permit))
    if unasked:
        print(f"not compared, because it was not asked: {', '.join(unasked)}", file=sys.stderr)
    return VALID


def _settle(asked: argparse.Namespace) -> datetime:
    """Bring what is asked into the form of a permit; return the moment that is meant. Raises Misused."""
    for name in _COMPARED:
        if getattr(asked, name) == "":
            raise Misused(f"--{name} is empty: say what is to be compared, or leave the option out.")
    if asked.environment is not None and "/" not in asked.environment:
        raise Misused("--environment is project/name: other projects may have an environment of that name.")
    for name in ("image", "digest", "config"):
        if (text := getattr(asked, name)) is not None:
            setattr(asked, name, _digest(text.rpartition("@")[2], name))
    moment = _moment(asked.at) if asked.at else datetime.now(_UTC)
    if moment is None:
        raise Misused("--at is a moment in UTC, such as 2026-11-21T09:30:00Z.")
    return moment


def _summary(permit: dict[str, Any]) -> str:
    what = f"{permit.get('project')}/{permit.get('model')} v{permit.get('version')}"
    return f"valid: {what} at {permit.get('target')} in {permit.get('environment')} until {permit.get('expires_at')}"


def _digest(text: str, option: str) -> str:
    found = _SHA256.fullmatch(text.strip().lower())
    if found is None:
        raise Misused(f"--{option} is sha256: and 64 hexadecimal digits; a name or tag can mean anything.")
    return f"sha256:{found[1]}"


def _read(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read(_LONGEST + 1)
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_LONGEST + 1)
    except (OSError, UnicodeDecodeError) as flaw:
        raise Misused(f"{path} cannot be read: {getattr(flaw, 'strerror', None) or 'it is not a text'}.") from flaw


def main(words: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="verify-permit", description="Verify a Stagekeeper permit, offline.")
    add_arguments(parser)
    return run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
