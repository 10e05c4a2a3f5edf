"""A receiver can tell that a message is ours, by its own means."""

import base64
import hashlib

import pytest

from notifications.signing import signed_headers

ID, MOMENT, BODY = "0b9c7d8e-1f2a-4b3c-8d4e-5f6a7b8c9d0e", 1_767_322_800, '{"data": "é"}'.encode()


def expected(key: bytes) -> str:
    """The signature by RFC 2104's own definition of HMAC, without the library under test."""
    block = key.ljust(64, b"\0") if len(key) <= 64 else hashlib.sha256(key).digest().ljust(64, b"\0")
    inner = bytes(byte ^ 0x36 for byte in block) + f"{ID}.{MOMENT}.".encode() + BODY
    outer = bytes(byte ^ 0x5C for byte in block) + hashlib.sha256(inner).digest()
    return "v1," + base64.b64encode(hashlib.sha256(outer).digest()).decode()


@pytest.mark.parametrize("secret", ["s3cret", "ü", "a long secret " * 20])
def test_the_signature_is_what_a_receiver_computes(secret):
    assert signed_headers(ID, MOMENT, BODY, secret)["X-MLflow-Signature"] == expected(secret.encode())


def test_without_a_secret_a_message_is_named_but_not_signed():
    assert signed_headers(ID, MOMENT, BODY, "") == {
        "X-MLflow-Delivery-Id": ID,
        "X-MLflow-Timestamp": str(MOMENT),
        "webhook-id": ID,
        "webhook-timestamp": str(MOMENT),
    }


def test_a_secret_of_standard_webhooks_signs_for_its_libraries_too():
    key = b"twenty-four bytes of key"
    headers = signed_headers(ID, MOMENT, BODY, "whsec_" + base64.b64encode(key).decode())

    assert headers["webhook-signature"] == expected(key)


@pytest.mark.parametrize("secret", ["s3cret", "whsec_not base64!", "whsec_"])
def test_any_other_secret_signs_for_mlflow_alone(secret):
    headers = signed_headers(ID, MOMENT, BODY, secret)

    assert "webhook-signature" not in headers
    assert "X-MLflow-Signature" in headers
