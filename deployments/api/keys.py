"""What hooks need to verify permits without signing in: the public keys, and the verifier itself. Both are public."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.fields import Moment
from audit.exceptions import NotFound
from deployments.keys import jwk_of
from deployments.models import SigningKey
from registry.models import now

VERIFIER: Final = Path(settings.BASE_DIR) / "client" / "stagekeeper" / "verify_permit.py"
_KID = OpenApiParameter("kid", OpenApiTypes.STR, OpenApiParameter.PATH, description="The id of the key.")


class PermitKeySerializer(serializers.Serializer[Any]):
    """A public key (RFC 8037), and since when it signs no more."""

    kty = serializers.CharField()
    crv = serializers.CharField()
    alg = serializers.CharField()
    use = serializers.CharField()
    kid = serializers.CharField()
    x = serializers.CharField()
    created_at = Moment()
    retired_at = Moment(allow_null=True)
    lost = serializers.BooleanField(help_text="Whether somebody else may have the private key.")


class PermitKeysSerializer(serializers.Serializer[Any]):
    """The public keys, the one in use first."""

    keys = PermitKeySerializer(many=True)


class KeyFilterSerializer(serializers.Serializer[Any]):
    """Which keys."""

    all = serializers.BooleanField(required=False, default=False, help_text="true: also those to be believed no more.")


class Public(APIView):
    """A view that needs no sign-in."""

    access = "public"
    authentication_classes = ()


class PermitKeysView(Public):
    """The public keys of permits."""

    @extend_schema(parameters=[KeyFilterSerializer], responses=PermitKeysSerializer)
    def get(self, request: Request) -> Response:
        """List the keys whose permits may hold now (JWKS), the one in use first; with `all` every one there was."""
        query = KeyFilterSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        keys = SigningKey.objects.order_by("-pk")
        if not query.validated_data["all"]:
            keys = keys.trusted(now())
        listed = [
            {**jwk_of(key), "created_at": key.created_at, "retired_at": key.retired_at, "lost": key.is_lost}
            for key in keys
        ]
        return Response(PermitKeysSerializer({"keys": listed}).data)


class PermitKeyView(Public):
    """One public key."""

    @extend_schema(
        operation_id="permit_key_pem", parameters=[_KID], responses={(200, "application/x-pem-file"): OpenApiTypes.STR}
    )
    def get(self, request: Request, kid: str) -> HttpResponse:
        """Show a public key as PEM."""
        key = SigningKey.objects.filter(kid=kid).first()
        if key is None:
            raise NotFound(f"There is no key {kid} of permits.")
        return HttpResponse(key.public_key, content_type="application/x-pem-file")


class PermitVerifierView(Public):
    """The verifier."""

    @extend_schema(responses={(200, "text/x-python"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Download the verifier of permits: one file that needs Python 3.9 and nothing else."""
        name = 'attachment; filename="verify_permit.py"'
        return HttpResponse(
            VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8", headers={"Content-Disposition": name}
        )
