"""What a permit says, and how it is wrapped: a DSSE envelope of JSON, signed with Ed25519.

``client/stagekeeper/verify_permit.py`` is the other half; ``docs/deployments.md`` describes both.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from deployments.keys import sign
from deployments.models import Deployment, SigningKey

PAYLOAD_TYPE: Final = "application/vnd.stagekeeper.permit+json"


def write_envelope(deployment: Deployment, uid: UUID, issued_at: int, expires_at: int, key: SigningKey) -> str:
    """The permit of a deployment, signed. Raises CannotSign."""
    body = json.dumps(_payload(deployment, uid, issued_at, expires_at), sort_keys=True).encode()
    signature = sign(key, pre_authentication_encoding(PAYLOAD_TYPE, body))
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(body).decode(),
        "signatures": [{"keyid": key.kid, "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope)


def pre_authentication_encoding(kind: str, body: bytes) -> bytes:
    """What is signed of an envelope: its type and its payload with their lengths (DSSE's PAE)."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def _payload(deployment: Deployment, uid: UUID, issued_at: int, expires_at: int) -> dict[str, Any]:
    version, environment, actor = deployment.version, deployment.environment, deployment.actor
    return {
        "v": 1,
        "permit": str(uid),
        "issuer": settings.PUBLIC_URL,
        "deployment": deployment.pk,
        "project": version.model.project.slug,
        "model": version.model.name,
        "version": version.number,
        "content_digest": f"sha256:{deployment.content_digest}" if deployment.content_digest else "",
        "environment": f"{environment.project.slug}/{environment.name}",
        "kind": environment.kind,
        "target": deployment.target,
        "image_digest": deployment.image_digest,
        "config_digest": deployment.config_digest,
        "granted_to": {
            "id": actor.uid,
            "kind": actor.kind,
            "claimed_issuer": deployment.identity_issuer,
            "claimed_subject": deployment.identity_subject,
        },
        "roll_back": deployment.rolls_back_id is not None,
        "issued_at": _iso(issued_at),
        "expires_at": _iso(expires_at),
    }


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
