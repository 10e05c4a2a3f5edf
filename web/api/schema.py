"""The OpenAPI description of the native API, beyond what drf-spectacular reads from the views."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from accounts.api.base import ReasonSerializer

_REFUSAL = {
    "description": "The request was refused; nothing was changed.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
}
_REFUSAL_SCHEMA = {
    "type": "object",
    "description": "Why a request was refused.",
    "properties": {
        "error_code": {"type": "string", "examples": ["PERMISSION_DENIED"]},
        "message": {"type": "string", "description": "A sentence that says what to do about it."},
        "fields": {
            "type": "object",
            "additionalProperties": True,
            "description": "Complaints by field, when values could not be used.",
        },
    },
    "required": ["error_code", "message"],
}
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Makes the request safe to repeat: within a day, the same key and body are answered from memory.",
)


class ApiSchema(AutoSchema):
    """Adds what every operation has: the key that makes a write repeatable, and a tag by resource."""

    def get_override_parameters(self) -> list[Any]:
        """Parameters that no view declares."""
        streams = self.method == "PUT" and getattr(self.view, "streams_body", False)
        return [] if self.method == "GET" or streams else [_IDEMPOTENCY_KEY]

    def get_summary(self) -> str:
        """The first sentence of what the operation does."""
        return str(self.get_description()).split("\n\n")[0].replace("\n", " ").removesuffix(".")

    def _get_request_body(self, direction: Any = "request") -> Any:
        if self.method != "DELETE" or self.get_request_serializer() is not ReasonSerializer:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # has no types
        self.method = "POST"  # The generator knows no other body of a deletion.
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # likewise
        finally:
            self.method = "DELETE"

    def get_tags(self) -> list[str]:
        """The resource: ``/api/v1/<resource>/…``."""
        return [self.path.removeprefix("/api/v1/").split("/")[0] or "root"]


def keep_native(endpoints: list[Any], **_: Any) -> list[Any]:
    """Describe the native API only (a preprocessing hook)."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]


def add_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Say of every operation how it refuses (a postprocessing hook)."""
    result.setdefault("components", {}).setdefault("schemas", {})["Refusal"] = _REFUSAL_SCHEMA
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["4XX"] = _REFUSAL
    return result


class PrincipalScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # has no types
    """The three ways to sign a call, for the schema."""

    target_class = "web.api.authentication.PrincipalAuthentication"
    name = ["token", "basic", "session"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        """Token, token or password by basic authentication, session cookie."""
        return [
            {"type": "http", "scheme": "bearer", "description": "A token: `Authorization: Bearer sk_…`"},
            {"type": "http", "scheme": "basic", "description": "A user name with a password or a token"},
            {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "A browser that has signed in"},
        ]
