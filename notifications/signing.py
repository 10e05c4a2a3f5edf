"""The headers by which a receiver knows that a message is ours and which one it is.

MLflow's headers, and those of Standard Webhooks, whose signed text is the same.
"""

import base64
import binascii
import hashlib
import hmac

_STANDARD_PREFIX = "whsec_"


def signed_headers(delivery_id: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """Name the message and the second it was sent, and sign both with the body when there is a secret."""
    headers = {
        "X-MLflow-Delivery-Id": delivery_id,
        "X-MLflow-Timestamp": str(timestamp),
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
    }
    signed = b"%s.%d.%s" % (delivery_id.encode(), timestamp, body)
    if secret:
        headers["X-MLflow-Signature"] = _signature(secret.encode(), signed)
    if key := _standard_key(secret):
        headers["webhook-signature"] = _signature(key, signed)
    return headers


def _signature(key: bytes, signed: bytes) -> str:
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def _standard_key(secret: str) -> bytes:
    """The key that a secret in the form of Standard Webhooks stands for; empty for any other secret."""
    if not secret.startswith(_STANDARD_PREFIX):
        return b""
    try:
        return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
    except binascii.Error:
        return b""
