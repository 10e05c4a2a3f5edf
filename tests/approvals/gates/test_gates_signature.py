"""The gate about signatures: models really signed with OpenSSF's `model-signing`, and all that can be wrong there."""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from approvals.gate_types import Kind, check_value
from tests.approvals.gates.conftest import MODEL_FILES


def public_pem(key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    """The signer's key."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def sign(tmp_path: Path, key):
    """Signs files as a folder, with the library itself; returns them with the signature among them."""
    from model_signing import hashing, signing

    def make(files=MODEL_FILES, *, by=key, shards=False):
        folder, private = tmp_path / "model", tmp_path / "key.pem"
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        private.write_bytes(by.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        config = signing.Config().use_elliptic_key_signer(private_key=private)
        if shards:
            config.set_hashing_config(hashing.Config().use_shard_serialization())
        config.sign(folder, tmp_path / "model.sig")
        return {**files, "model.sig": (tmp_path / "model.sig").read_bytes()}

    return make


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_a_signed_model_passes(curve, sign, make_version, judge):
    key = ec.generate_private_key(curve)
    version = make_version(files=sign(by=key))

    result = judge(version, "signature_verified", key=public_pem(key))

    assert (result.outcome, result.observed) == ("pass", "3 files signed")
    assert result.sentence == "The holder of the policy's key has signed exactly these files."
    assert result.inputs["key"] == public_pem(key).strip()
    assert check_value(Kind.TEXT, public_pem(key)) == ""  # a policy can hold it


def test_files_in_folders_are_signed_too(sign, key, make_version, judge):
    version = make_version(files=sign(MODEL_FILES | {"code/train.py": b"pass", "data/a b.txt": b"x"}))

    assert judge(version, "signature_verified", key=public_pem(key)).outcome == "pass"


def test_a_model_signed_as_the_manual_says_passes(tmp_path, key, make_version, judge):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(b"weights")
    (folder / ".gitattributes").write_bytes(b"* -text")
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    command = "-m model_signing sign key model --private_key key.pem --signature model/model.sig --no-ignore-git-paths"
    subprocess.run([sys.executable, *command.split()], cwd=tmp_path, check=True, capture_output=True)

    version = make_version(files={path.name: path.read_bytes() for path in folder.iterdir()})

    assert judge(version, "signature_verified", key=public_pem(key)).observed == "2 files signed"


def wrong_files(signed):
    return {
        "a changed file": (signed | {"model.pkl": b"evil"}, "model.pkl were changed since"),
        "a file more": (signed | {"evil.py": b"import os"}, "evil.py are not signed"),
        "a file of git more": (signed | {".gitattributes": b"*"}, ".gitattributes are not signed"),
        "a file less": (
            {path: content for path, content in signed.items() if path != "MLmodel"},
            "MLmodel are signed and not there",
        ),
        "no signature": (dict(MODEL_FILES), "It is not signed"),
        "no signature but a text": (signed | {"model.sig": b"trust me"}, "is not a signature as model-signing"),
        "an empty signature": (signed | {"model.sig": b""}, "is not a signature as model-signing"),
        "a JSON that is no bundle": (signed | {"model.sig": b'{"dsseEnvelope": []}'}, "is not a signature"),
        "a signature cut off": (signed | {"model.sig": signed["model.sig"][:200]}, "is not a signature"),
    }


@pytest.mark.parametrize("case", wrong_files({"model.sig": b""}))
def test_wrong_files_fail_with_the_reason(case, sign, key, make_version, judge):
    files, sentence = wrong_files(sign())[case]

    result = judge(make_version(files=files), "signature_verified", key=public_pem(key))

    assert result.outcome == "fail"
    assert sentence in result.sentence


def test_a_signature_by_another_key_fails(sign, make_version, judge):
    stranger = ec.generate_private_key(ec.SECP256R1())

    result = judge(make_version(files=sign()), "signature_verified", key=public_pem(stranger))

    assert result.outcome == "fail"
    assert result.sentence == "The signature was made by another key than the policy's, or changed afterwards."


def test_a_payload_rewritten_under_the_same_signature_fails(sign, key, make_version, judge):
    signed = sign()
    bundle = json.loads(signed["model.sig"])
    payload = json.loads(b64decode(bundle["dsseEnvelope"]["payload"]))
    payload["subject"][0]["name"] = "something else"
    bundle["dsseEnvelope"]["payload"] = b64encode(json.dumps(payload).encode()).decode()

    version = make_version(files=signed | {"model.sig": json.dumps(bundle).encode()})

    assert judge(version, "signature_verified", key=public_pem(key)).outcome == "fail"


def test_a_hint_that_names_our_key_does_not_help_a_stranger(sign, key, make_version, judge):
    import hashlib

    signed = sign(by=ec.generate_private_key(ec.SECP256R1()))
    bundle = json.loads(signed["model.sig"])
    hint = hashlib.sha256(public_pem(key).encode()).hexdigest()
    bundle["verificationMaterial"]["publicKey"]["hint"] = hint

    version = make_version(files=signed | {"model.sig": json.dumps(bundle).encode()})

    assert judge(version, "signature_verified", key=public_pem(key)).outcome == "fail"


def test_signed_shards_are_an_error_that_says_how_to_sign(sign, key, make_version, judge):
    result = judge(make_version(files=sign(shards=True)), "signature_verified", key=public_pem(key))

    assert result.outcome == "error"
    assert "sign again by files with SHA-256" in result.sentence


KEYS = {
    "none": ("", "The policy names no key"),
    "a name": ("release-key", "is not the PEM of a public key"),
    "of another kind": (public_pem(ed25519.Ed25519PrivateKey.generate()), "is not the PEM of a public key"),
    "of another curve": (public_pem(ec.generate_private_key(ec.SECP256K1())), "on the curve P-256, P-384 or P-521"),
}


@pytest.mark.parametrize("case", KEYS)
def test_a_key_that_cannot_be_used_is_an_error(case, make_version, judge):
    key, sentence = KEYS[case]

    result = judge(make_version(), "signature_verified", **({"key": key} if key else {}))

    assert result.outcome == "error"
    assert sentence in result.sentence


def test_an_outside_store_is_an_error(version, key, judge):
    result = judge(version, "signature_verified", key=public_pem(key))

    assert result.outcome == "error"
    assert "this server does not keep its files there" in result.sentence


def test_no_files_fail(make_version, key, judge):
    assert judge(make_version(files={}), "signature_verified", key=public_pem(key)).observed == "no files"


@pytest.mark.parametrize("content", [b"{}", None], ids=["other bytes", "no bytes"])
def test_a_damaged_signature_fails(content, sign, key, make_version, spoil, judge):
    version = make_version(files=sign())
    spoil(version, "model.sig", content)

    result = judge(version, "signature_verified", key=public_pem(key))

    assert (result.outcome, result.observed) == ("fail", "a damaged signature")


def test_without_the_library_it_is_an_error_that_says_what_to_install(sign, key, make_version, judge, monkeypatch):
    version = make_version(files=sign())
    for name in [name for name in sys.modules if name.partition(".")[0] == "model_signing"]:
        monkeypatch.setitem(sys.modules, name, None)

    result = judge(version, "signature_verified", key=public_pem(key))

    assert result.outcome == "error"
    assert "install model-signing and pyopenssl, as `make install-signing` does" in result.sentence
