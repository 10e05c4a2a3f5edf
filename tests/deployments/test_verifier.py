"""The offline verifier: Ed25519 against the vectors of RFC 8032 and `cryptography`, and everything it must refuse."""

import base64
import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings, strategies as st

CLIENT = Path(__file__).parent.parent.parent / "client"
FILE = CLIENT / "stagekeeper" / "verify_permit.py"
spec = importlib.util.spec_from_file_location("verify_permit", FILE)
assert spec
assert spec.loader
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)

# Section 7.1 of RFC 8032: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


def vectors():
    for secret, public, message, signature in VECTORS:
        derived = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).public_key()
        raw = derived.public_bytes(Encoding.Raw, PublicFormat.Raw)
        assert raw.hex() == public
        yield raw, bytes.fromhex(message), bytes.fromhex(signature)


def test_the_vectors_of_the_rfc_hold():
    for public, message, signature in vectors():
        assert verifier.verify_signature(public, message, signature)
        assert not verifier.verify_signature(public, message + b"!", signature)


def test_no_bit_of_a_signature_can_be_changed():
    public, message, signature = next(vectors())
    for bit in range(0, 512, 7):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verifier.verify_signature(public, message, bytes(changed)), bit


def test_the_same_signature_with_the_order_added_is_not_accepted():
    for public, message, signature in vectors():
        s = int.from_bytes(signature[32:], "little") + ORDER
        assert not verifier.verify_signature(public, message, signature[:32] + s.to_bytes(32, "little"))


#: Points of small order, and encodings of one that has another: with them anything would be signed by nobody.
WEAK = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("public", WEAK)
def test_weak_and_non_canonical_keys_sign_nothing(public):
    neutral = bytes([1]) + bytes(31)
    assert not verifier.verify_signature(bytes.fromhex(public), b"anything", neutral + bytes(32))
    assert not verifier.verify_signature(bytes.fromhex(public), b"anything", bytes.fromhex(public) + bytes(32))


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 511))
def test_it_says_what_cryptography_says(secret, message, bit):
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(message)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    for each in (signature, bytes(changed)):
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(each, message)
            expected = True
        except InvalidSignature:
            expected = False
        assert verifier.verify_signature(public, message, each) is expected


@pytest.mark.parametrize(("key", "signature"), [(b"", bytes(64)), (bytes(32), b""), (bytes(31), bytes(64))])
def test_other_lengths_are_no_signature(key, signature):
    assert not verifier.verify_signature(key, b"", signature)


# --- Envelopes and the command ----------------------------------------------------------------------------------------

IMAGE = "sha256:" + "ab" * 32
PERMIT = {
    "v": 1,
    "permit": "0b5ed0f2",
    "project": "default",
    "model": "fraud",
    "version": 7,
    "content_digest": "sha256:" + "12" * 32,
    "environment": "default/prod",
    "target": "eu-1/fraud",
    "image_digest": IMAGE,
    "config_digest": "",
    "issued_at": "2026-11-21T09:00:00.000Z",
    "expires_at": "2026-11-21T09:15:00.000Z",
}
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DURING = ("--at", "2026-11-21T09:10:00Z")


def envelope(permit=PERMIT, key=KEY, kind=verifier.PAYLOAD_TYPE, **changes):
    body = permit if isinstance(permit, bytes) else json.dumps(permit).encode()
    signature = key.sign(verifier.pre_authentication_encoding(kind, body))
    signed = {"keyid": "one", "sig": base64.b64encode(signature).decode()}
    return {"payloadType": kind, "payload": base64.b64encode(body).decode(), "signatures": [signed]} | changes


@pytest.fixture
def ask(tmp_path, capsys):
    """Asks the verifier about an envelope; returns its exit code and what it said."""

    def run(content, *words, key=None):
        permit, keys = tmp_path / "permit.json", tmp_path / "pub.pem"
        permit.write_text(content if isinstance(content, str) else json.dumps(content))
        public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        keys.write_text(public if key is None else key)
        try:
            code = verifier.main([str(permit), "--key", str(keys), *words])
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_a_permit_holds_for_all_that_is_asked(ask):
    code, said = ask(
        envelope(),
        *DURING,
        *("--environment", "default/prod", "--target", "eu-1/fraud", "--image", f"registry/fraud@{IMAGE}"),
        *("--digest", "12" * 32),
    )

    assert code == 0
    assert said == "valid: default/fraud v7 at eu-1/fraud in default/prod until 2026-11-21T09:15:00.000Z\n"


def test_it_says_what_was_not_compared(ask):
    code, said = ask(envelope(), *DURING)

    assert code == 0
    assert "not compared, because it was not asked: environment, target, image, digest" in said


def test_it_prints_what_was_signed(ask):
    code, said = ask(envelope(), *DURING, "--print")

    assert code == 0
    assert json.loads(said[: said.rindex("}") + 1])["model"] == "fraud"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--at", "2026-11-21T09:15:00Z"), "expired at 2026-11-21T09:15:00.000Z"),
        (("--at", "2026-11-21T08:58:00Z"), "holds from"),
        ((*DURING, "--image", "sha256:" + "cd" * 32), "another image"),
        ((*DURING, "--environment", "default/staging"), "another environment: it says default/prod"),
        ((*DURING, "--environment", "other/prod"), "another environment"),
        ((*DURING, "--target", "us-1/fraud"), "another target"),
        ((*DURING, "--digest", "34" * 32), "another digest"),
        ((*DURING, "--config", "34" * 32), "another config: it says nothing"),
    ],
)
def test_what_the_permit_is_not_for_is_refused(ask, words, says):
    code, said = ask(envelope(), *words)

    assert (code, said.startswith("refused:")) == (1, True)
    assert says in said


def changed(**fields):
    """An envelope whose payload was changed after it had been signed."""
    body = base64.b64encode(json.dumps(PERMIT | fields).encode()).decode()
    return envelope(payload=body)


OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.mark.parametrize(
    "content",
    [
        changed(version=8),
        changed(expires_at="2099-01-01T00:00:00Z"),
        envelope(key=OTHER_KEY),
        envelope(signatures=[]),
        envelope(signatures=[{"sig": "????"}]),
        envelope(signatures=[{"keyid": "one"}]),
        envelope(signatures=["no"]),
        envelope(signatures=envelope()["signatures"] * 17),
        envelope(payload="%%%"),
        envelope(payload=None),
        envelope(kind="application/vnd.in-toto+json"),
        envelope(payloadType="text/plain"),
        envelope(b"[]"),
        envelope(b'{"v": 1, "v": 1}'),
        envelope(PERMIT | {"v": 2}),
        envelope({key: value for key, value in PERMIT.items() if key != "expires_at"}),
        envelope(PERMIT | {"issued_at": "yesterday"}),
        "not json",
        "[]",
        "[" * 100_000,
        "x" * 1_000_001,
    ],
)
def test_what_is_no_permit_is_refused(ask, content):
    code, said = ask(content, *DURING)

    assert code == 1, said


def test_a_second_signature_may_be_the_one_that_counts(ask):
    first, second = envelope(key=OTHER_KEY)["signatures"], envelope()["signatures"]

    assert ask(envelope(signatures=[*first, *second]), *DURING)[0] == 0


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ((*DURING, "--image", "fraud:latest"), None),
        ((*DURING, "--image", "fraud@"), None),
        ((*DURING, "--image", ""), None),
        ((*DURING, "--environment", ""), None),
        ((*DURING, "--environment", "prod"), None),
        ((*DURING, "--target", ""), None),
        (("--at", "noon"), None),
        (("--at", ""), None),
        (DURING, "no key"),
        (DURING, '{"keys": []}'),
        (DURING, json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "lost": True}]})),
        (DURING, '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "%%"}]}'),
        (DURING, "-----BEGIN PUBLIC KEY-----\n????\n-----END PUBLIC KEY-----"),
        (("--colour", "red"), None),
    ],
)
def test_a_question_that_makes_no_sense_is_neither(ask, words, key):
    code, said = ask(envelope(), *words, key=key)

    assert code == 2, said


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert verifier.main([str(tmp_path / "none"), "--key", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_one_file_runs_alone_and_as_a_command_of_the_client(tmp_path):
    copy, permit, key = tmp_path / "verify.py", tmp_path / "permit.json", tmp_path / "pub.pem"
    copy.write_bytes(FILE.read_bytes())
    permit.write_text(json.dumps(envelope()))
    key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    asked = [str(permit), "--key", str(key), *DURING, "--image", IMAGE]

    alone = subprocess.run([sys.executable, "-I", "-S", str(copy), *asked], check=False, cwd=tmp_path)
    command = [sys.executable, "-m", "stagekeeper", "verify-permit", *asked]
    installed = subprocess.run(command, check=False, cwd=tmp_path, env={"PYTHONPATH": str(CLIENT)})

    assert (alone.returncode, installed.returncode) == (0, 0)
