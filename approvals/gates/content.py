"""Gates about the files of a version: whether the store has them as they were sent, and whether they were signed."""

from collections.abc import Mapping
from typing import Any, Final

from approvals.gates.base import Context, Result, error, failed, passed, warned
from approvals.gates.files import (
    NO_FILES,
    OUTSIDE,
    OUTSIDE_ALLOWED,
    digest_now,
    files_of,
    flaw_of,
    flaw_of_row,
    read_small,
)
from approvals.signing import BadSignature, CannotVerify, key_fingerprint, verify_signature
from approvals.words import named
from artifacts.models import ArtifactFile
from artifacts.stores.base import Missing
from audit.exceptions import Unavailable
from registry.models import ModelVersion

SIGNATURE_FILE: Final = "model.sig"
_LARGEST_SIGNATURE: Final = 16 << 20
_MOST_KEPT: Final = 100
#: So many bytes are read for somebody who only asks, without a request; of more just the sizes are compared.
_READ_BEFOREHAND: Final = 256 << 20


def integrity(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the store has every byte of the version as it was sent: all of them are read and hashed again.

    A version whose files lie elsewhere is an error, or a warning where the policy says ``outside: allow``.
    """
    version, expected = context.version, "every file in the store as it was sent"
    if not version.space_uid:
        if config.get("outside") == "allow":
            sentence = OUTSIDE_ALLOWED.format(location=version.location)
            return warned(sentence, observed="files kept elsewhere", expected=expected)
        return error(OUTSIDE.format(location=version.location), expected=expected)
    files = files_of(version)
    if not files:
        return failed(NO_FILES, observed="no files", expected=expected)
    asked = context.trial or context.thorough or context.request is not None
    read = asked or sum(file.size for file in files.values()) <= _READ_BEFOREHAND
    try:
        flaws = {path: flaw for path, file in files.items() if (flaw := flaw_of(file, read=read))}
    except Unavailable as problem:
        return error(f"The files could not be read: {problem}", expected=expected)
    digest = digest_now(version)
    given = {"expected": expected, "inputs": _inputs(version, files, digest) | {"flaws": _some(flaws)}}
    if flaws:
        told = named([f"{path} ({flaw})" for path, flaw in flaws.items()])
        observed = f"{len(files) - len(flaws)} of {len(files)} files as they were sent"
        return failed(f"Log these files again, they are not what was stored: {told}.", observed=observed, **given)
    observed = f"{_count(files)}, content digest {digest}"
    if version.content_digest and digest != version.content_digest:
        sentence = f"Its files are not those with which it was frozen: that was {version.content_digest}."
        return failed(sentence, observed=observed, **given)
    if not read:
        sentence = "The store has every file in its size. All bytes are read when somebody asks for the step."
        return passed(sentence, observed=observed, **given)
    return passed("The store has every file as it was sent.", observed=observed, **given)


def signature_verified(context: Context, config: Mapping[str, Any]) -> Result:
    """Whether the holder of the policy's key has signed exactly these files, in OpenSSF's form.

    The signature is compared with the digests under which the files are kept and approved; that the store still has
    the bytes of these digests is what `integrity` says.
    """
    version, key = context.version, str(config.get("key", "")).strip()
    try:
        expected = f"{SIGNATURE_FILE} by the key {key_fingerprint(key)[:16]}"
    except CannotVerify as problem:
        return error(str(problem), expected=SIGNATURE_FILE)
    if not version.space_uid:
        return error(OUTSIDE.format(location=version.location), expected=expected)
    files = files_of(version)
    if not files:
        return failed(NO_FILES, observed="no files", expected=expected)
    inputs = _inputs(version, files, digest_now(version)) | {"key": key}
    return _judge_signature(files, key, {"expected": expected, "inputs": inputs})


def _judge_signature(files: dict[str, ArtifactFile], key: str, given: dict[str, Any]) -> Result:
    signature = files.get(SIGNATURE_FILE)
    if signature is None:
        sentence = f"It is not signed: sign the folder of the model, and log {SIGNATURE_FILE} beside its files."
        return failed(sentence, observed="no signature", **given)
    if unknown := [f"{path} ({flaw})" for path, file in files.items() if (flaw := flaw_of_row(file))]:
        sentence = f"Nobody can say what these files hold: {named(unknown)}."
        return failed(sentence, observed="files without a digest", **given)
    if signature.size > _LARGEST_SIGNATURE:
        return failed(f"{SIGNATURE_FILE} is too large to be a signature.", observed="no signature", **given)
    digests = {path: file.sha256 for path, file in files.items() if path != SIGNATURE_FILE}
    try:
        if flaw := flaw_of(signature):
            return failed(f"{SIGNATURE_FILE} is {flaw}: log it again.", observed="a damaged signature", **given)
        verify_signature(read_small(signature), key, digests)
    except BadSignature as flaw:
        return failed(str(flaw), observed="a signature that does not hold", **given)
    except CannotVerify as problem:
        return error(str(problem), **given)
    except (Unavailable, Missing) as problem:
        return error(f"{SIGNATURE_FILE} could not be read: {problem}", **given)
    sentence = "The holder of the policy's key has signed exactly these files."
    return passed(sentence, observed=f"{len(digests)} files signed", **given)


def _inputs(version: ModelVersion, files: dict[str, ArtifactFile], digest: str) -> dict[str, Any]:
    size = sum(file.size for file in files.values())
    return {"space": version.space_uid, "prefix": version.prefix, "files": len(files), "bytes": size, "digest": digest}


def _count(files: dict[str, ArtifactFile]) -> str:
    return f"{len(files)} file{'s' if len(files) != 1 else ''}"


def _some(flaws: dict[str, str]) -> dict[str, str]:
    return dict(list(flaws.items())[:_MOST_KEPT])
